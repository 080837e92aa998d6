"""ADB104 awaited-sync-method."""

from __future__ import annotations

import pytest
from harness import Database, Loader, User
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

OBSERVED = "TypeError (NoneType can't be awaited) after the add and before the commit: no row"


@pytest.mark.asyncio
async def test_awaiting_add_raises_before_the_commit(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    with pytest.raises(TypeError, match=r"NoneType.* can't be (used in 'await' expression|awaited)"):
        await load("ADB104", "Bad").add_user(session, User(id=1, name="lost"))
    await session.close()
    assert database.sql("select id from users") == []


@pytest.mark.asyncio
async def test_add_alone_stores_the_row(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    await load("ADB104", "Good").add_user(session, User(id=1, name="kept"))
    assert database.sql("select id from users") == [(1,)]


@pytest.mark.asyncio
async def test_awaiting_the_begin_of_an_engine_raises() -> None:
    engine = create_async_engine("sqlite+aiosqlite://")
    with pytest.raises(TypeError, match="_AsyncGeneratorContextManager"):
        await engine.begin()
