"""ADB604 engine-not-disposed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import ModuleType

import pytest
from apps import create_tables, until
from harness import Database, Loader, serving

OBSERVED = "PostgreSQL counts the connection as abandoned when the process has ended; disposed of, it does not"

SERVE = """
import asyncio
from app import app, count_users

async def serve():
    async with app.router.lifespan_context(app):
        await count_users()

asyncio.run(serve())
"""


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "left"), [("Bad", 1), ("Good", 0)])
async def test_connections_when_the_process_goes_on(load: Loader, database: Database, section: str, left: int) -> None:
    create_tables(database)
    example = load("ADB604", section)
    async with serving(example.app) as client:
        assert (await client.get("/users/count")).json() == 0
        assert database.connections() == 1
    assert example.engine.pool.checkedin() == left
    until(lambda: database.connections() == left)


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "abandoned"), [("Bad", 1), ("Good", 0)])
async def test_connections_when_the_process_ends(
    load: Loader, database: Database, section: str, abandoned: int
) -> None:
    create_tables(database)
    await serve(load("ADB604", section))
    until(lambda: database.connections() == 0)
    statistics = f"select sessions_abandoned from pg_stat_database where datname = '{database.name}'"
    assert database.scalar(statistics) == abandoned


async def serve(example: ModuleType) -> None:
    """Serve one request in a process of its own."""
    assert example.__file__
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, cwd=Path(example.__file__).parent, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
