"""ADB205 async-event-target."""

from __future__ import annotations

import pytest
from harness import Loader
from sqlalchemy import event, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

OBSERVED = "NotImplementedError: asynchronous events are not implemented"


@pytest.mark.asyncio
async def test_an_async_engine_takes_no_listener(load: Loader) -> None:
    with pytest.raises(NotImplementedError, match=r"asynchronous events are not implemented"):
        load("ADB205", "Bad")


@pytest.mark.asyncio
async def test_its_sync_engine_does(load: Loader) -> None:
    good = load("ADB205", "Good")
    assert event.contains(good.engine.sync_engine, "connect", good.on_connect)
    async with good.engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1


@pytest.mark.parametrize("target", [AsyncSession, AsyncSession(), async_sessionmaker()])
def test_sessions_and_factories_take_none_either(target: object) -> None:
    with pytest.raises((InvalidRequestError, NotImplementedError), match=r"No such event|not implemented"):
        event.listen(target, "after_commit", print)
