"""The slow-query log: what is slow is in it, what was bound is not."""

from __future__ import annotations

import asyncio
import logging
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flake8_asyncdb.reference import slow_queries

from .conftest import until

pytestmark = pytest.mark.asyncio
LOGGER = "flake8_asyncdb.reference.slow_queries"


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER]


async def test_only_what_takes_long_is_logged(start, postgres, caplog, monkeypatch):
    times = iter([0.0, 0.4, 1.0, 1.5, 2.0, 9.0])
    async with start(postgres.url(), slow_query_seconds=0.5) as service:
        monkeypatch.setattr(slow_queries, "time", SimpleNamespace(perf_counter=lambda: next(times)))
        async with service.app.state.engine.connect() as connection:
            for number in (1, 2, 3):
                await connection.execute(text(f"SELECT {number}\n  AS number"))
    assert messages(caplog) == [
        "slow query, done after 0.500 s: SELECT 2 AS number",
        "slow query, done after 7.000 s: SELECT 3 AS number",
    ]
    assert {record.levelno for record in caplog.records if record.name == LOGGER} == {logging.WARNING}


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_query_that_sleeps_is_logged(start, postgres, caplog, driver):
    async with (
        start(postgres.url(driver), slow_query_seconds=0.05) as service,
        service.app.state.engine.connect() as connection,
    ):
        await connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": 0.1})
    assert any("pg_sleep" in message for message in messages(caplog))


async def test_requests_are_logged_without_their_values(start, url, caplog):
    async with start(url, slow_query_seconds=0) as service:
        chat = await service.chat()
        await service.ok("POST", f"/chat-sessions/{chat}/messages", {"content": "a private matter"})
        await service.ok("GET", "/users")
    logged = "\n".join(messages(caplog))
    assert "INSERT INTO messages" in logged
    assert "SELECT users.id" in logged
    for value in ("private", "example.org", "Ada"):
        assert value not in logged
    assert all(len(message) < 2100 for message in messages(caplog))


async def test_nothing_is_logged_below_the_threshold(start, url, caplog):
    async with start(url, slow_query_seconds=3600) as service:
        await service.chat()
    assert messages(caplog) == []


async def test_a_query_that_fails_is_logged(start, url, caplog):
    async with start(url, slow_query_seconds=0) as service:
        with pytest.raises(DBAPIError):
            async with service.app.state.engine.connect() as connection:
                await connection.execute(text("SELECT nonsense"))
    (failed,) = (message for message in messages(caplog) if "nonsense" in message)
    assert failed.startswith("slow query, failed after ")


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_query_that_is_cancelled_is_logged(start, postgres, caplog, driver):
    running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND usename = 'app'"
    async with start(postgres.url(driver), slow_query_seconds=0) as service:

        async def sleep() -> None:
            async with service.app.state.engine.connect() as connection:
                await connection.execute(text("SELECT pg_sleep(3600)"))

        task = asyncio.create_task(sleep())
        await until(lambda: postgres.admin(running) == [(1,)])
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
    (failed,) = (message for message in messages(caplog) if "pg_sleep" in message)
    assert failed.startswith("slow query, failed after ")


async def test_both_kinds_of_session_are_watched(start, sqlite_url, caplog):
    async with start(sqlite_url, slow_query_seconds=0) as service:
        caplog.clear()
        for factory in (service.app.state.session_factories.read, service.app.state.session_factories.write):
            async with factory() as session:
                await session.execute(text("SELECT 1"))
    begun = [message.rpartition(": ")[2] for message in messages(caplog)]
    assert begun == ["BEGIN DEFERRED", "SELECT 1", "BEGIN IMMEDIATE", "SELECT 1"]
