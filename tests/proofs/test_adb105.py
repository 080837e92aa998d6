"""ADB105 query-on-async-session."""

from __future__ import annotations

import pytest
from harness import Database, Loader, User
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "AttributeError: 'AsyncSession' object has no attribute 'query'"


@pytest.mark.asyncio
async def test_an_async_session_has_no_query(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    database.sql("insert into users (id, name) values (1, 'kept')")
    with pytest.raises(AttributeError, match="'AsyncSession' object has no attribute 'query'"):
        await load("ADB105", "Bad").list_users(session, User)
    assert [user.id for user in await load("ADB105", "Good").list_users(session, User)] == [1]
