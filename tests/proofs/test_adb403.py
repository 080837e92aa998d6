"""ADB403 naive-default."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta, timezone

import pytest
from harness import Database, Loader
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

OBSERVED = "with the client (asyncpg) or the server (psycopg) in Tokyo the stored time is 9 hours off, silently"

TOKYO = timedelta(hours=9)
SCHEMES = ["postgresql+asyncpg", "postgresql+psycopg"]


@pytest.fixture
def in_tokyo(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set the client's and the server's clock to a zone that is not UTC."""
    database.sql(f"alter database {database.name} set timezone to 'Asia/Tokyo'")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


def deprecated() -> AbstractContextManager[object]:
    """Expect the warning of `utcnow()`, which Python 3.12 deprecated."""
    return pytest.warns(DeprecationWarning, match="utcnow") if sys.version_info >= (3, 12) else nullcontext()


async def off(message: object, url: str) -> timedelta:
    """Store a message; how far its time is from the present, in whole hours."""
    now = datetime.now(timezone.utc)
    async with AsyncSession(create_async_engine(url, poolclass=NullPool)) as session:
        session.add(message)
        await session.commit()
        await session.refresh(message)
    return timedelta(hours=round((now - message.sent_at) / timedelta(hours=1)))


@pytest.mark.asyncio
@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_naive_time_is_taken_for_local_time(load: Loader, database: Database, scheme: str) -> None:
    bad = load("ADB403", "Bad")
    database.create_all(bad.Base.metadata)
    with deprecated():
        assert await off(bad.Message(), database.url(scheme)) == TOKYO


@pytest.mark.asyncio
@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_an_aware_time_is_the_present(load: Loader, database: Database, scheme: str) -> None:
    good = load("ADB403", "Good")
    database.create_all(good.Base.metadata)
    assert await off(good.Message(), database.url(scheme)) == timedelta(0)
