"""ADB605 import-time-io."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import Database, Loader, Server, serving
from sqlalchemy.exc import OperationalError

OBSERVED = "importing the module creates its table; without a database the import is an OperationalError"

TABLES = "select tablename from pg_tables where schemaname = 'public'"


@pytest.fixture
def load_without_database(server: Server, tmp_path: Path) -> Loader:
    """Loads examples that find no database where their URL says."""
    return Loader(tmp_path / "nowhere", Database(server, "nowhere"))


@pytest.mark.asyncio
async def test_the_import_talks_to_the_database(load: Loader, database: Database) -> None:
    load("ADB605", "Bad")
    assert database.sql(TABLES) == [("users",)]


@pytest.mark.asyncio
async def test_without_a_database_nothing_is_imported(load_without_database: Loader) -> None:
    with pytest.raises(OperationalError, match='database "nowhere" does not exist'):
        load_without_database("ADB605", "Bad")
    await load_without_database.close()


@pytest.mark.asyncio
async def test_the_lifespan_talks_to_it(load: Loader, database: Database, load_without_database: Loader) -> None:
    load_without_database("ADB605", "Good")
    await load_without_database.close()
    good = load("ADB605", "Good")
    assert database.sql(TABLES) == []
    async with serving(good.app):
        assert database.sql(TABLES) == [("users",)]
