"""ADB301 sync-sessionmaker."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from harness import Database, Loader, Ticker, serving

OBSERVED = "the event loop stood still for the whole query of a request; with async sessions it turned all the time"


@pytest.mark.asyncio
async def test_a_request_in_a_sync_session_stops_the_loop(load: Loader, database: Database) -> None:
    database.create_slow_users()
    bad, good = FastAPI(), FastAPI()
    bad.include_router(load("ADB301", "Bad").router)
    good.include_router(load("ADB301", "Good").router)
    async with serving(bad) as to_bad, serving(good) as to_good:
        assert (await to_bad.get("/users/count")).json() == (await to_good.get("/users/count")).json() == 1
        database.pause()
        async with Ticker() as blocked:
            await to_bad.get("/users/count")
        async with Ticker() as free:
            await to_good.get("/users/count")
    assert blocked.stood_still(free)
