"""SQLite: PRAGMAs where they count, and writers that do not get in each other's way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from flake8_asyncdb.reference.models import ChatSession
from flake8_asyncdb.reference.schemas import UserCreate
from flake8_asyncdb.reference.services import UserService
from flake8_asyncdb.reference.sessions import DBSession

from .conftest import sqlite_threads, until

pytestmark = pytest.mark.asyncio
PRAGMAS = ("journal_mode", "synchronous", "cache_size", "temp_store", "busy_timeout", "foreign_keys")


async def read_pragmas(connection) -> tuple[object, ...]:
    return tuple([(await connection.execute(text(f"PRAGMA {name}"))).scalar_one() for name in PRAGMAS])


async def test_pragmas_on_every_connection_that_serves(start, sqlite_url):
    async with start(sqlite_url, sqlite_busy_timeout_ms=1234, sqlite_cache_kib=5678) as service:
        factories = service.app.state.session_factories
        async with (
            service.app.state.engine.connect() as held,
            factories.read() as one,
            factories.read() as two,
        ):
            await held.rollback()
            driver_connection = (await held.get_raw_connection()).driver_connection
            assert driver_connection.isolation_level is None  # begins nothing of its own
            expected = ("wal", 1, -5678, 2, 1234, 1)
            assert await read_pragmas(one) == await read_pragmas(two) == expected
            assert service.in_use == 3
        async with factories.write() as writer:
            assert await read_pragmas(writer) == expected


async def test_pragmas_in_memory(start):
    async with start("sqlite://") as service, service.app.state.session_factories.write() as session:
        assert await read_pragmas(session) == ("memory", 1, -64000, 2, 10000, 1)


async def append(service, chat: int, count: int) -> list[int]:
    path = f"/chat-sessions/{chat}/messages"
    answers = await asyncio.gather(
        *(service.request("POST", path, json={"content": str(number)}) for number in range(count))
    )
    return [answer.status_code for answer in answers]


async def check_complete(service, chat: int, count: int) -> None:
    """Every message has been stored, under a position of its own."""
    assert (await service.ok("GET", f"/chat-sessions/{chat}"))["message_count"] == count
    turns = (await service.ok("GET", f"/chat-sessions/{chat}/messages?limit=100"))["items"]
    assert [turn["position"] for turn in turns] == list(range(1, count + 1))


async def test_concurrent_writers_lose_nothing(start, url, caplog):
    """Each writer reads a counter, adds one and writes it back, on 15 connections (on one in memory)."""
    async with start(url) as service:
        chat = await service.chat()
        assert await append(service, chat, 60) == [201] * 60
        await check_complete(service, chat, 60)
    assert "locked" not in caplog.text


async def test_concurrent_writers_of_several_processes_lose_nothing(start, sqlite_url, caplog):
    """As seen by SQLite: two engines on one file share nothing but the file."""
    async with start(sqlite_url) as one, start(sqlite_url) as two:
        chat = await one.chat()
        codes = await asyncio.gather(append(one, chat, 30), append(two, chat, 30))
        assert codes == [[201] * 30] * 2
        await check_complete(two, chat, 60)
    assert "locked" not in caplog.text


async def read_then_write(factory, has_read: asyncio.Event, go_on: asyncio.Event) -> None:
    async with factory.begin() as session:
        count = (await session.execute(text("SELECT message_count FROM chat_sessions"))).scalar_one()
        has_read.set()
        await go_on.wait()
        await session.execute(text("UPDATE chat_sessions SET message_count = :n"), {"n": count + 1})


async def test_why_writers_begin_immediately(start, sqlite_url):
    async with start(sqlite_url) as service:
        await service.chat()
        factories = service.app.state.session_factories

        async def race(factory) -> asyncio.Task[None]:
            """Start one writer, and let another overtake it if it can."""
            first_has_read, second_has_read, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()
            first = asyncio.create_task(read_then_write(factory, first_has_read, go_on))
            await first_has_read.wait()
            go_on_at_once = asyncio.Event()
            go_on_at_once.set()
            second = asyncio.create_task(read_then_write(factory, second_has_read, go_on_at_once))
            if factory is factories.read:
                await second
            else:
                await until(lambda: service.in_use == 2)  # the second waits in its BEGIN IMMEDIATE
                assert not second_has_read.is_set()
            go_on.set()
            await asyncio.wait([first])
            await second
            return first

        deferred = await race(factories.read)
        assert isinstance(deferred.exception(), OperationalError)
        assert "database is locked" in str(deferred.exception())
        assert (await service.ok("GET", "/chat-sessions/1"))["message_count"] == 1

        immediate = await race(factories.write)
        assert immediate.exception() is None
        assert (await service.ok("GET", "/chat-sessions/1"))["message_count"] == 3


def add_slow_writer(app: FastAPI) -> None:
    app.state.writing = asyncio.Event()
    app.state.release = asyncio.Event()

    @app.post("/write")
    async def write(db: DBSession) -> None:
        await UserService(db).create(UserCreate(name="Eve", email="eve@example.org"))
        app.state.writing.set()
        await app.state.release.wait()


async def test_readers_do_not_wait_for_a_writer(start, sqlite_url):
    async with start(sqlite_url, add_slow_writer) as service:
        await service.user("a@example.org")
        writer = asyncio.create_task(service.request("POST", "/write"))
        await service.app.state.writing.wait()
        assert await service.emails() == ["a@example.org"]
        assert (await service.request("GET", "/health")).status_code == 200
        assert not writer.done()
        service.app.state.release.set()
        assert (await writer).status_code == 200
        assert await service.emails() == ["a@example.org", "eve@example.org"]


async def test_a_writer_that_cannot_wait_longer_is_told(start, sqlite_url):
    async with start(sqlite_url, add_slow_writer, sqlite_busy_timeout_ms=20) as service:
        writer = asyncio.create_task(service.request("POST", "/write"))
        await service.app.state.writing.wait()
        refused = await service.request("POST", "/users", json={"name": "x", "email": "x@example.org"})
        assert (refused.status_code, refused.json()) == (503, {"detail": "database unavailable"})
        service.app.state.release.set()
        assert (await writer).status_code == 200
        await service.user("x@example.org")


async def test_a_request_cancelled_while_it_waits_for_the_lock(start, sqlite_url):
    """Its thread may still get the lock later; nobody must be locked out by that."""
    begun: list[str] = []
    async with start(sqlite_url, add_slow_writer) as service:
        writer = asyncio.create_task(service.request("POST", "/write"))
        await service.app.state.writing.wait()

        @event.listens_for(service.app.state.engine.sync_engine, "before_cursor_execute")
        def seen(_connection, _cursor, statement, *_) -> None:
            if statement.startswith("BEGIN"):
                begun.append(statement)

        waiting = [
            asyncio.create_task(service.request("POST", "/users", json={"name": "x", "email": "x@y"})) for _ in range(3)
        ]
        # Not earlier: aiosqlite does not close a connection whose opening was cancelled.
        await until(lambda: begun == ["BEGIN IMMEDIATE"] * 3)
        for request in waiting:
            request.cancel()
        service.app.state.release.set()
        await asyncio.wait(waiting)
        assert (await writer).status_code == 200
        await until(lambda: service.in_use == 0)
        await service.user("later@example.org")
        assert await service.emails() == ["eve@example.org", "later@example.org"]


async def test_foreign_keys_hold(start, sqlite_url):
    async with start(sqlite_url) as service:
        with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
            async with service.app.state.session_factories.write.begin() as db:
                db.add(ChatSession(user_id=4711, title="nobody's"))


async def test_savepoints_roll_back(start, sqlite_url):
    """With the driver's own transactions they would not: it knows no SAVEPOINT."""
    async with start(sqlite_url) as service:
        async with service.app.state.session_factories.write.begin() as db:
            async with db.begin_nested():
                await UserService(db).create(UserCreate(name="a", email="a@example.org"))
            savepoint = await db.begin_nested()
            await UserService(db).create(UserCreate(name="b", email="b@example.org"))
            await savepoint.rollback()
        assert await service.emails() == ["a@example.org"]
        async with service.app.state.session_factories.write() as db:
            async with db.begin_nested():
                await UserService(db).create(UserCreate(name="c", email="c@example.org"))
            await db.rollback()
        assert await service.emails() == ["a@example.org"]


async def test_a_stopped_application_leaves_nothing_open(start, sqlite_url):
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    async with start(sqlite_url) as service:
        await asyncio.gather(*(service.request("GET", "/users") for _ in range(5)))
        assert path.with_name("chat.db-wal").exists()
        assert sqlite_threads()
    assert not path.with_name("chat.db-wal").exists()  # SQLite removes it with the last connection
    assert not sqlite_threads()


async def test_memory_is_shared_by_the_requests_and_gone_afterwards(start):
    async with start("sqlite://") as service:
        await asyncio.gather(*(service.user(f"{number}@example.org") for number in range(10)))
        assert len(await service.emails()) == 10
    async with start("sqlite://") as service:
        assert await service.emails() == []
