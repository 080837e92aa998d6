"""What the proofs share: a PostgreSQL of their own, the rules' examples as modules, a ticker, an app over HTTP.

A proof takes a rule's `Bad` and `Good` examples from its documentation and runs them. Only the database URLs in
them are rewritten: `postgresql+driver://db/app` becomes the test's own database, `sqlite+driver:///app.db` a file of
the test. See conftest.py for the fixtures `server`, `database` and `load`.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import re
import subprocess
import sys
import time
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import psycopg
import sqlalchemy
from psycopg import sql
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from flake8_asyncdb import catalog
from flake8_asyncdb.documentation import page

SQLALCHEMY = tuple(int(part) for part in sqlalchemy.__version__.split(".")[:2])
PAUSE = 0.4

_RULES = catalog.all_rules()
_POSTGRES = re.compile(r"(?P<scheme>postgres(?:ql)?(?:\+\w+)?)://db/app(?:\?(?P<query>[^\"'\s]*))?")
_SQLITE = re.compile(r"(?P<scheme>sqlite(?:\+\w+)?):///(?P<file>[\w.]+)")


class Base(DeclarativeBase):
    """The tables that the examples' SQL names."""


class User(Base):
    """A row to write and read."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Chat(Base):
    """A row of a second table."""

    __tablename__ = "chats"

    id: Mapped[int] = mapped_column(primary_key=True)


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL that listens on a Unix socket and trusts everyone."""

    socket: str

    def connect(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """A connection of the test's own, apart from what the examples open."""
        return psycopg.connect(host=self.socket, user="postgres", dbname=name, autocommit=True)


@dataclass(frozen=True)
class Database:
    """An empty database of one test."""

    server: Server
    name: str

    def url(self, scheme: str = "postgresql+asyncpg", query: str | None = None) -> str:
        """The URL of this database for a driver."""
        text = f"{scheme}://postgres@/{self.name}?host={self.server.socket}"
        return f"{text}&{query}" if query else text

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement on a connection of the test's own; the rows, if it has any."""
        with self.server.connect(self.name) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def scalar(self, statement: str) -> Any:
        """The first value that a statement gives."""
        return self.sql(statement)[0][0]

    def create_all(self, metadata: MetaData = Base.metadata) -> None:
        """Create the tables of a metadata: by default `users` and `chats`."""
        engine = create_engine(self.url("postgresql+psycopg"), poolclass=NullPool)
        metadata.create_all(engine)

    def create_slow_users(self) -> None:
        """Make `users` a view that takes as long to read as `pause()` says, at first no time."""
        self.sql("create table pause (seconds float8 not null)")
        self.sql("insert into pause values (0)")
        self.sql("create view users as select 1 as id from pause, lateral pg_sleep(pause.seconds)")

    def pause(self, seconds: float = PAUSE) -> None:
        """Let every query of the slow `users` take `seconds` on the server."""
        self.sql(f"update pause set seconds = {seconds}")

    def connections(self) -> int:
        """How many connections the server has to this database, those of the harness not counted."""
        return len(self._backends("pid"))

    def terminate(self) -> int:
        """End every connection to this database, as a restart of the server does; how many there were."""
        return len(self._backends("pg_terminate_backend(pid, 5000)"))

    def _backends(self, column: str) -> list[tuple[Any, ...]]:
        query = sql.SQL("select {} from pg_stat_activity where datname = {} and backend_type = 'client backend'")
        with self.server.connect() as connection:
            return connection.execute(query.format(sql.SQL(column), sql.Literal(self.name))).fetchall()


class Loader:
    """Runs examples as modules, and closes afterwards what their engines left open."""

    def __init__(self, root: Path, database: Database) -> None:
        self.root = root
        self.database = database
        self.engines: weakref.WeakSet[Engine] = weakref.WeakSet()
        self._names: set[str] = set()
        self._paths: list[str] = []

    def write(self, code: str, section: str) -> Path:
        """Write the files of a rule's example into a directory of their own, for a process that runs them."""
        root = self.root / f"{code}-{section.lower()}"
        for name, text in example(code, section).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.point(text), encoding="utf-8")
        return root

    def __call__(self, code: str, section: str, module: str = "app") -> ModuleType:
        """The module `module` of a rule's example; those that it imports are imported too."""
        root = self.write(code, section)
        self._forget()
        self._names = {path.stem for path in root.iterdir()}
        self._paths.append(str(root))
        sys.path.insert(0, str(root))
        importlib.invalidate_caches()
        return importlib.import_module(module)

    def point(self, text: str) -> str:
        """The example's text, its database URLs pointed at the test's databases."""
        text = _POSTGRES.sub(lambda match: self.database.url(match["scheme"], match["query"]), text)
        return _SQLITE.sub(lambda match: f"{match['scheme']}:///{self.root / match['file']}", text)

    def seen(self, connection: Connection) -> None:
        """Remember an engine, weakly: the proof may be about one that nobody keeps."""
        self.engines.add(connection.engine)

    async def close(self) -> None:
        """Dispose of the engines that are still there."""
        self._forget()
        for path in self._paths:
            sys.path.remove(path)
        await self.dispose()

    async def dispose(self) -> None:
        """Dispose of every engine that connected so far and is still there."""
        for engine in list(self.engines):
            if engine.dialect.is_async:
                await AsyncEngine(engine).dispose()
            else:
                engine.dispose()
        self.engines.clear()

    def _forget(self) -> None:
        for name in list(sys.modules):
            if name.partition(".")[0] in self._names:
                del sys.modules[name]


@contextmanager
def watched(loader: Loader) -> Iterator[Loader]:
    """Tell `loader` of every engine that connects."""
    event.listen(Engine, "engine_connect", loader.seen)
    try:
        yield loader
    finally:
        event.remove(Engine, "engine_connect", loader.seen)


class Ticker:
    """A task that turns with the event loop, to see how long the loop stands still.

    `async with Ticker() as ticker: ...`, then `ticks`, how often it had its turn, and `worst_gap`, the longest
    time between two turns. Hold two tickers against each other, never one against a clock.
    """

    INTERVAL = 0.005

    def __init__(self) -> None:
        self.ticks = 0
        self.worst_gap = 0.0
        self._last = 0.0

    async def __aenter__(self) -> Ticker:
        self._task = asyncio.create_task(self._tick())
        await asyncio.sleep(0)  # the task takes its first turn
        self.ticks = 0
        return self

    async def __aexit__(self, *_: object) -> None:
        self._turn()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _tick(self) -> None:
        self._last = time.perf_counter()
        while True:
            self._turn()
            await asyncio.sleep(self.INTERVAL)

    def _turn(self) -> None:
        now = time.perf_counter()
        self.worst_gap = max(self.worst_gap, now - self._last)
        self._last = now
        self.ticks += 1

    def stood_still(self, control: Ticker) -> bool:
        """Whether the loop stood still under this ticker while it turned under `control`, beside the same work."""
        return self.worst_gap > control.worst_gap and 4 * self.ticks < control.ticks


@asynccontextmanager
async def serving(app: Any, *, raise_app_exceptions: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    """A client of `app`, whose lifespan runs meanwhile."""
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=raise_app_exceptions)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


@contextmanager
def garbage_kept() -> Iterator[None]:
    """Keep the garbage collector away, so that what a program left open stays open until somebody looks."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


def type_checked(root: Path, files: dict[str, str]) -> list[str]:
    """What mypy says of files, in the order of their names, as `bad.py:6: error: ...  [call-overload]`."""
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    cache = root.parent / "mypy"  # of this test process: what mypy learned about SQLAlchemy
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", *sorted(files)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return sorted(done.stdout.splitlines())


def example(code: str, section: str) -> dict[str, str]:
    """The files of a rule's example as the documentation has them."""
    return page(_RULES[code]).example(section)
