"""SQLite: PRAGMAs on every connection of the serving engine, and transactions that begin explicitly."""

from __future__ import annotations

from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

BEGIN_OPTION = "sqlite_begin"
"""Execution option that says how a transaction begins: `IMMEDIATE` (the default here) or `DEFERRED`."""


def is_memory(url: URL) -> bool:
    """Whether `url` names a SQLite database in memory, which lives in one connection and dies with it."""
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"


def configure_sqlite(engine: AsyncEngine, *, busy_timeout_ms: int, cache_kib: int) -> None:
    """Set the PRAGMAs on each new connection of `engine`, and begin its transactions explicitly.

    The listeners are on `engine.sync_engine`: an `AsyncEngine` takes no events, and a second engine made for
    the listeners would leave this one without them. They ask nothing about the connection's class: under
    aiosqlite it is an adapter, not a `sqlite3.Connection`.

    The engine must have `connect_args={"isolation_level": None}`, so that the driver begins nothing of its
    own. A transaction that may write takes the write lock at once (`BEGIN IMMEDIATE`). A deferred one that
    reads first and then writes fails with "database is locked" as soon as another writer committed in
    between, whatever the busy timeout (https://www.sqlite.org/rescode.html#busy_snapshot), and the driver's
    own mode loses updates there, because its reads run outside of any transaction.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(dbapi_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        cursor = dbapi_connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_timeout_ms:d}")  # first: the change to WAL may have to wait
        cursor.execute("PRAGMA journal_mode = WAL")  # readers and one writer do not block each other
        cursor.execute("PRAGMA synchronous = NORMAL")  # with WAL: safe but for the last commits on power loss
        cursor.execute(f"PRAGMA cache_size = -{cache_kib:d}")  # negative: KiB, not pages
        cursor.execute("PRAGMA temp_store = MEMORY")
        cursor.execute("PRAGMA foreign_keys = ON")  # off by default, in every SQLite
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get(BEGIN_OPTION, "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")
