"""ADB401 naive-datetime-column."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from harness import Database, Loader
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

OBSERVED = "asyncpg: DBAPIError, can't subtract offset-naive and offset-aware datetimes; psycopg: naive, 9 hours off"

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
TOKYO = timedelta(hours=9)


async def store(message: object, url: str) -> datetime:
    """Store a message of noon, and read its time back."""
    async with AsyncSession(create_async_engine(url, poolclass=NullPool)) as session:
        session.add(message)
        await session.commit()
        await session.refresh(message)
        return message.sent_at


@pytest.mark.asyncio
async def test_asyncpg_refuses_an_aware_value(load: Loader, database: Database) -> None:
    bad = load("ADB401", "Bad")
    database.create_all(bad.Base.metadata)
    with pytest.raises(DBAPIError, match="can't subtract offset-naive and offset-aware datetimes"):
        await store(bad.Message(sent_at=NOON), database.url())


@pytest.mark.asyncio
async def test_psycopg_drops_the_zone(load: Loader, database: Database) -> None:
    bad = load("ADB401", "Bad")
    database.create_all(bad.Base.metadata)
    database.sql(f"alter database {database.name} set timezone to 'Asia/Tokyo'")
    back = await store(bad.Message(sent_at=NOON), database.url("postgresql+psycopg"))
    assert back == NOON.replace(tzinfo=None) + TOKYO


@pytest.mark.asyncio
@pytest.mark.parametrize("scheme", ["postgresql+asyncpg", "postgresql+psycopg"])
async def test_a_column_with_a_zone_gives_the_moment_back(load: Loader, database: Database, scheme: str) -> None:
    good = load("ADB401", "Good")
    database.create_all(good.Base.metadata)
    database.sql(f"alter database {database.name} set timezone to 'Asia/Tokyo'")
    back = await store(good.Message(sent_at=NOON), database.url(scheme))
    assert back == NOON
    assert back.tzinfo is not None
