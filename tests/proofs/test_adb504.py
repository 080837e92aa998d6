"""ADB504 called-dependency."""

from __future__ import annotations

import pytest
from apps import application
from harness import Database, Loader, serving

OBSERVED = "TypeError at import: the generator is not a callable object"


@pytest.mark.asyncio
async def test_a_called_provider_fails_at_import(load: Loader) -> None:
    with pytest.raises(TypeError, match=r"async_generator object get_db at .* is not a callable object"):
        load("ADB504", "Bad")


@pytest.mark.asyncio
async def test_a_named_provider_provides(load: Loader, database: Database) -> None:
    database.create_all()
    async with serving(application(load("ADB504", "Good"))) as client:
        assert (await client.get("/users/count")).json() == 0
