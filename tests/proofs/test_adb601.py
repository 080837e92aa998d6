"""ADB601 missing-lifespan."""

from __future__ import annotations

import pytest
from apps import create_tables, until
from harness import Database, Loader, serving

OBSERVED = (
    "after the application's shutdown its connection is still open in PostgreSQL; with the lifespan there is none"
)


@pytest.mark.asyncio
async def test_nothing_closes_the_pool(load: Loader, database: Database) -> None:
    create_tables(database)
    bad = load("ADB601", "Bad")
    async with serving(bad.app) as client:
        assert (await client.get("/users/count")).json() == 0
    assert bad.engine.pool.checkedin() == database.connections() == 1


@pytest.mark.asyncio
async def test_the_lifespan_closes_it(load: Loader, database: Database) -> None:
    create_tables(database)
    good = load("ADB601", "Good")
    async with serving(good.app) as client:
        assert (await client.get("/users/count")).json() == 0
        assert database.connections() == 1
    assert good.engine.pool.checkedin() == 0
    until(lambda: database.connections() == 0)
