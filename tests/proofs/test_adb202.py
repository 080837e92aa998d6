"""ADB202 missing-pool-pre-ping."""

from __future__ import annotations

import pytest
from harness import Database, Loader
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

OBSERVED = "after the server has ended the connections, the next request fails: DBAPIError, connection is closed"


async def ask(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(text("select 1"))


@pytest.mark.asyncio
async def test_a_connection_that_the_server_closed_fails_the_request(load: Loader, database: Database) -> None:
    engine = load("ADB202", "Bad").engine
    assert await ask(engine) == 1
    assert database.terminate() == 1
    with pytest.raises(DBAPIError, match=r"connection (is|was) closed|terminating") as failed:
        await ask(engine)
    assert failed.value.connection_invalidated


@pytest.mark.asyncio
async def test_pre_ping_replaces_it(load: Loader, database: Database) -> None:
    engine = load("ADB202", "Good").engine
    assert await ask(engine) == 1
    assert database.terminate() == 1
    assert await ask(engine) == 1
