"""What the proofs of the rows 5 to 9 share: applications, requests seen message by message, SQLite's locks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import ModuleType
from typing import Any

import starlette
from fastapi import FastAPI
from harness import Database
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

STARLETTE = tuple(int(part) for part in starlette.__version__.split(".")[:2])
PATIENCE = 30


def application(module: ModuleType) -> FastAPI:
    """An application of an example's router."""
    app = FastAPI()
    app.include_router(module.router)
    return app


class Exchange:
    """One request to an application, and what a server would have sent to the client.

    A client that listens takes the first piece of the answer and then nothing until it leaves.
    """

    def __init__(self, app: Any, method: str, target: str, *, listens: bool = False) -> None:
        path, _, query = target.partition("?")
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", b"test")],
            "server": ("test", 80),
            "client": ("client", 1234),
        }
        self.app = app
        self.status: int | None = None
        self.is_answered = False
        self.body = b""
        self.has_body = asyncio.Event()
        self.leaves = asyncio.Event()
        self._is_asked = False
        if not listens:
            self.leaves.set()

    async def run(self) -> None:
        """Everything that the application does for the request, also after its answer."""
        await self.app(self.scope, self._receive, self._send)

    async def _receive(self) -> MutableMapping[str, Any]:
        if self._is_asked:
            await self.leaves.wait()
            return {"type": "http.disconnect"}
        self._is_asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message["body"]
            self.has_body.set()
            await self.leaves.wait()
            self.is_answered = not message.get("more_body", False)


@asynccontextmanager
async def listening(app: Any, path: str, clients: int) -> AsyncIterator[None]:
    """So many clients that have the first piece of the answer and stay."""
    async with AsyncExitStack() as stack:
        await asyncio.gather(*[stack.enter_async_context(_listener(app, path)) for _ in range(clients)])
        yield


@asynccontextmanager
async def _listener(app: Any, path: str) -> AsyncIterator[None]:
    exchange = Exchange(app, "GET", path, listens=True)
    request = asyncio.ensure_future(exchange.run())
    started = asyncio.ensure_future(exchange.has_body.wait())
    await asyncio.wait({request, started}, return_when=asyncio.FIRST_COMPLETED)
    if not exchange.has_body.is_set():
        started.cancel()
        await request
    yield
    exchange.leaves.set()
    await request


def transactions(database: Database) -> int:
    """How many of the server's connections wait for a client in the middle of a transaction."""
    states = (
        "select count(*) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()"
    )
    return int(database.scalar(states))


def until(condition: Callable[[], bool]) -> None:
    """Ask again until the server says so: a backend ends a little later than its client has left."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "never came true"


def create_tables(database: Database) -> None:
    """The harness's tables, and nobody connected any more: from here on the connections are the example's."""
    database.create_all()
    until(lambda: database.connections() == 0)


async def create_users_and_chats(engine: AsyncEngine) -> None:
    """Tables in a SQLite file: a hundred users, and chats that refer to users."""
    async with engine.begin() as connection:
        await connection.execute(text("create table users (id integer primary key)"))
        await connection.execute(text("create table chats (user_id integer references users (id))"))
        for _ in range(100):
            await connection.execute(text("insert into users default values"))


async def commit_beside_a_reader(engine: AsyncEngine) -> None:
    """Commit a row while another session is half way through the rows that it reads.

    The writer does not wait: the reader would not go on before SQLite's five seconds are over either.
    """
    async with AsyncSession(engine) as reader, AsyncSession(engine) as writer:
        rows = await reader.stream(text("select id from users"))
        assert await rows.fetchone() == (1,)
        await writer.execute(text("PRAGMA busy_timeout=0"))
        await writer.execute(text("insert into users default values"))
        try:
            await writer.commit()
        finally:
            await rows.close()


async def add_orphan(engine: AsyncEngine) -> None:
    """Store a chat of a user that does not exist."""
    async with engine.begin() as connection:
        await connection.execute(text("insert into chats (user_id) values (1000)"))
