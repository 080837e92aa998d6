"""ADB110 raw-sql-string."""

from __future__ import annotations

import pytest
from harness import Database, Loader
from sqlalchemy.exc import ArgumentError, ObjectNotExecutableError
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "a session raises ArgumentError, a connection ObjectNotExecutableError: no statement runs"


@pytest.mark.asyncio
async def test_a_session_refuses_a_plain_string(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    with pytest.raises(ArgumentError, match=r"should be explicitly declared as text\("):
        await load("ADB110", "Bad").count_users(session)
    assert await load("ADB110", "Good").count_users(session) == 0


@pytest.mark.asyncio
async def test_a_connection_refuses_it_too(session: AsyncSession) -> None:
    connection = await session.connection()
    with pytest.raises(ObjectNotExecutableError, match="Not an executable object: 'select 1'"):
        await connection.scalar("select 1")
