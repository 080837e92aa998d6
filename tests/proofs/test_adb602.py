"""ADB602 deprecated-on-event, with Starlette before and after 1.0."""

from __future__ import annotations

import pytest
from apps import STARLETTE
from fastapi import FastAPI
from harness import Loader, serving
from starlette.applications import Starlette

OBSERVED = "DeprecationWarning at import; in Starlette 1.0 AttributeError, and TypeError for `on_startup=`"


@pytest.mark.asyncio
async def test_the_hook_is_deprecated(load: Loader) -> None:
    with pytest.warns(DeprecationWarning, match="on_event is deprecated, use lifespan event handlers instead"):
        load("ADB602", "Bad")


@pytest.mark.asyncio
async def test_the_lifespan_is_not(load: Loader) -> None:
    async with serving(load("ADB602", "Good").app):
        pass


def test_starlette_has_removed_the_others() -> None:
    async def close() -> None: ...

    if STARLETTE >= (1, 0):
        with pytest.raises(AttributeError):
            Starlette().on_event("shutdown")
        with pytest.raises(AttributeError):
            FastAPI().add_event_handler("shutdown", close)
        with pytest.raises(TypeError, match="on_startup"):
            Starlette(on_startup=[close])
    else:
        with pytest.warns(DeprecationWarning, match="on_event"):
            Starlette().on_event("shutdown")(close)
        FastAPI().add_event_handler("shutdown", close)
        with pytest.warns(DeprecationWarning, match="on_startup"):
            Starlette(on_startup=[close])
