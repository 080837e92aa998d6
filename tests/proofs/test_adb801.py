"""ADB801 sync-driver-url, on SQLAlchemy 2.0 and 2.1."""

from __future__ import annotations

import pytest
from harness import SQLALCHEMY, Database, Loader
from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import create_async_engine

OBSERVED = "InvalidRequestError at import: the loaded 'psycopg2' is not async"


@pytest.mark.asyncio
async def test_the_engine_is_refused(load: Loader) -> None:
    with pytest.raises(InvalidRequestError, match=r"requires an async driver.*'psycopg2' is not async"):
        load("ADB801", "Bad")


@pytest.mark.asyncio
async def test_with_an_async_driver_it_connects(load: Loader) -> None:
    async with load("ADB801", "Good").engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1


@pytest.mark.asyncio
async def test_the_default_driver_depends_on_the_version(database: Database) -> None:
    url = database.url("postgresql")
    if SQLALCHEMY < (2, 1):
        with pytest.raises(InvalidRequestError, match="'psycopg2' is not async"):
            create_async_engine(url)
    else:
        engine = create_async_engine(url)
        assert engine.driver == "psycopg"
        async with engine.connect() as connection:
            assert await connection.scalar(text("select 1")) == 1
        await engine.dispose()
