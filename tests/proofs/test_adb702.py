"""ADB702 inert-pragmas."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from types import ModuleType

import pytest
from harness import Loader
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine

OBSERVED = (
    "the serving engine keeps SQLite's defaults (journal_mode delete, synchronous 2), with the listener on it wal, 1"
)

PRAGMAS = ("journal_mode", "synchronous", "cache_size")


async def pragmas(example: ModuleType) -> list[str | int]:
    """What the engine that serves says of itself."""
    async with example.SessionLocal() as session:
        connection = await session.connection()
        return [(await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in PRAGMAS]


def defaults(path: Path) -> list[str | int]:
    """What SQLite does by itself."""
    with closing(sqlite3.connect(path)) as connection:
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS]


@pytest.mark.asyncio
async def test_the_serving_engine_keeps_the_defaults(load: Loader, tmp_path: Path) -> None:
    assert await pragmas(load("ADB702", "Bad")) == defaults(tmp_path / "other.db") != ["wal", 1, -64000]


@pytest.mark.asyncio
async def test_on_its_sync_engine_the_listener_acts(load: Loader) -> None:
    assert await pragmas(load("ADB702", "Good")) == ["wal", 1, -64000]


@pytest.mark.asyncio
async def test_no_connection_of_aiosqlite_is_one_of_sqlite3() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    seen = []

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: object, _record: object) -> None:
        seen.append(isinstance(connection, sqlite3.Connection))

    async with engine.connect():
        pass
    await engine.dispose()
    assert seen == [False]
