"""ADB603 ignored-on-event."""

from __future__ import annotations

import pytest
from harness import Database, Loader, serving

OBSERVED = "the application starts without an error, and without the table that the hook should have made"

TABLES = "select tablename from pg_tables where schemaname = 'public'"


@pytest.mark.asyncio
async def test_the_hook_never_runs(load: Loader, database: Database) -> None:
    with pytest.warns(DeprecationWarning, match="on_event is deprecated"):
        bad = load("ADB603", "Bad")
    async with serving(bad.app):
        assert database.sql(TABLES) == []


@pytest.mark.asyncio
async def test_the_lifespan_runs(load: Loader, database: Database) -> None:
    async with serving(load("ADB603", "Good").app):
        assert database.sql(TABLES) == [("users",)]
