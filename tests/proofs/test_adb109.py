"""ADB109 event-loop-in-async-function."""

from __future__ import annotations

import asyncio

import pytest
from harness import Database, Loader
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "RuntimeError: asyncio.run() cannot be called from a running event loop, and a coroutine never awaited"


@pytest.mark.asyncio
async def test_a_loop_cannot_run_in_a_loop(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    with (
        pytest.warns(RuntimeWarning, match="coroutine 'count_users' was never awaited"),
        pytest.raises(RuntimeError, match=r"asyncio\.run\(\) cannot be called from a running event loop"),
    ):
        await load("ADB109", "Bad").report(session)
    assert await load("ADB109", "Good").report(session) == "0 users"


@pytest.mark.asyncio
async def test_nor_can_the_running_loop_be_run_until_complete(load: Loader, session: AsyncSession) -> None:
    coroutine = load("ADB109", "Good").count_users(session)
    with pytest.raises(RuntimeError, match="This event loop is already running"):
        asyncio.get_running_loop().run_until_complete(coroutine)
    coroutine.close()
