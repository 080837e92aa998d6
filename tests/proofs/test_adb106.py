"""ADB106 session-shared-by-tasks."""

from __future__ import annotations

import asyncio

import pytest
from harness import Database, Loader
from sqlalchemy.exc import IllegalStateChangeError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "InvalidRequestError: concurrent operations are not permitted; closing the session fails too"


@pytest.mark.asyncio
async def test_two_tasks_on_one_session_fail(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    with pytest.raises(InvalidRequestError, match="concurrent operations are not permitted"):
        await load("ADB106", "Bad").overview(session)
    with pytest.raises(IllegalStateChangeError, match=r"can't be called here"):
        await session.close()
    left_over = asyncio.all_tasks() - {asyncio.current_task()}
    assert await asyncio.gather(*left_over) == [0]


@pytest.mark.asyncio
async def test_one_query_after_the_other_passes(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    assert await load("ADB106", "Good").overview(session) == (0, 0)
