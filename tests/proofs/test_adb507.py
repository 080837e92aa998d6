"""ADB507 session-held-by-stream."""

from __future__ import annotations

import pytest
from apps import Exchange, application, listening, transactions
from harness import Database, Loader
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

OBSERVED = "15 listeners leave all 15 connections of the pool idle in a transaction, the next request is a TimeoutError"
VERSIONS = "SQLAlchemy 2.0 and 2.1, FastAPI 0.121 and newer (since 0.118; from 0.106 to 0.117 not)"

LISTENERS = 15


@pytest.mark.asyncio
async def test_listeners_use_up_the_pool(load: Loader, database: Database) -> None:
    database.create_all()
    bad = load("ADB507", "Bad")
    app = application(bad)
    async with listening(app, "/chat", LISTENERS):
        assert bad.engine.pool.checkedout() == transactions(database) == LISTENERS
        with pytest.raises(PoolTimeoutError, match="QueuePool limit of size 5 overflow 10 reached"):
            await Exchange(app, "GET", "/chat").run()
    assert bad.engine.pool.checkedout() == transactions(database) == 0


@pytest.mark.asyncio
async def test_listeners_of_a_function_scoped_session_hold_nothing(load: Loader, database: Database) -> None:
    database.create_all()
    good = load("ADB507", "Good")
    app = application(good)
    async with listening(app, "/chat", LISTENERS):
        assert good.engine.pool.checkedout() == transactions(database) == 0
        exchange = Exchange(app, "GET", "/chat")
        await exchange.run()
        assert exchange.body == b"hello None"
