"""ADB903 module-level-session."""

from __future__ import annotations

import pytest
from harness import Database, Loader, serving

OBSERVED = "after one request that fails every other one is a 500: current transaction is aborted"

LIMITS = (1, -1, 1, 1)


async def statuses(example: object) -> list[int]:
    """The answers to good requests after a bad one."""
    async with serving(example.app, raise_app_exceptions=False) as client:
        return [(await client.get("/users", params={"limit": limit})).status_code for limit in LIMITS]


@pytest.mark.asyncio
async def test_one_error_stops_everybody(load: Loader, database: Database) -> None:
    database.create_all()
    bad = load("ADB903", "Bad")
    assert await statuses(bad) == [200, 500, 500, 500]
    with pytest.raises(Exception, match="current transaction is aborted"):
        bad.list_users(1)
    bad.db.close()


@pytest.mark.asyncio
async def test_a_session_per_request_recovers(load: Loader, database: Database) -> None:
    database.create_all()
    assert await statuses(load("ADB903", "Good")) == [200, 500, 200, 200]
