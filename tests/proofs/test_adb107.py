"""ADB107 blocking-call-in-async-function."""

from __future__ import annotations

import pytest
from harness import Database, Loader, Ticker

OBSERVED = "the event loop stood still for the query two calls away; with the call in a thread it turned all the time"


@pytest.mark.asyncio
async def test_a_sync_call_of_the_project_stops_the_loop(load: Loader, database: Database) -> None:
    database.create_slow_users()
    bad, good = load("ADB107", "Bad"), load("ADB107", "Good")
    assert await bad.report(bad.Users()) == await good.report(good.Users()) == "1 users"
    database.pause()
    async with Ticker() as blocked:
        await bad.report(bad.Users())
    async with Ticker() as free:
        await good.report(good.Users())
    assert blocked.stood_still(free)
