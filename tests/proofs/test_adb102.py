"""ADB102 sync-connection-in-async-function."""

from __future__ import annotations

import pytest
from harness import Database, Loader, Ticker

OBSERVED = "the event loop stood still for the whole query; with the AsyncEngine it turned all the time"


@pytest.mark.asyncio
async def test_a_sync_connection_stops_the_loop(load: Loader, database: Database) -> None:
    database.create_slow_users()
    bad, good = load("ADB102", "Bad"), load("ADB102", "Good")
    assert await bad.count_users() == await good.count_users() == 1
    database.pause()
    async with Ticker() as blocked:
        await bad.count_users()
    async with Ticker() as free:
        await good.count_users()
    assert blocked.stood_still(free)
