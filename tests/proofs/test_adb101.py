"""ADB101 sync-session-in-async-function."""

from __future__ import annotations

import pytest
from harness import Database, Loader, Ticker
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "the event loop stood still for the whole query; beside the AsyncSession it turned all the time"


@pytest.mark.asyncio
async def test_a_sync_session_stops_the_loop(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_slow_users()
    bad, good = load("ADB101", "Bad"), load("ADB101", "Good")
    assert await bad.count_users() == await good.count_users(session) == 1
    database.pause()
    async with Ticker() as blocked:
        await bad.count_users()
    async with Ticker() as free:
        await good.count_users(session)
    assert blocked.stood_still(free)
