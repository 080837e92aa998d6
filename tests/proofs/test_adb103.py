"""ADB103 missing-await."""

from __future__ import annotations

import pytest
from harness import Database, Loader, User
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "a RuntimeWarning and no exception; the row is not in the table"


@pytest.mark.asyncio
async def test_a_commit_that_nobody_awaits_loses_the_row(
    load: Loader, database: Database, session: AsyncSession
) -> None:
    database.create_all()
    with pytest.warns(RuntimeWarning, match=r"coroutine 'AsyncSession\.commit' was never awaited"):
        await load("ADB103", "Bad").add_user(session, User(id=1, name="lost"))
    await session.close()
    assert database.sql("select id from users") == []


@pytest.mark.asyncio
async def test_an_awaited_commit_stores_it(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    await load("ADB103", "Good").add_user(session, User(id=1, name="kept"))
    await session.close()
    assert database.sql("select id from users") == [(1,)]
