"""The one engine of the process."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Dialect, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

from .errors import DatabaseUnavailableError
from .settings import Settings
from .slow_queries import log_slow_queries
from .sqlite import configure_sqlite, is_memory
from .urls import to_async_url


def create_engine_from(settings: Settings) -> AsyncEngine:
    """Return the engine for `settings`. Call it in the lifespan, and dispose of it there.

    Nothing connects yet. `pool_pre_ping` replaces a connection that the server has closed before a request
    gets it; `hide_parameters` keeps bound values out of SQLAlchemy's errors and logs.

    Raises `UnsupportedDatabaseURLError`; `ModuleNotFoundError` when the URL's driver is not installed.
    """
    url = to_async_url(settings.url.get_secret_value())
    if url.get_backend_name() == "sqlite":
        engine = _create_sqlite_engine(url, settings)
    else:
        engine = create_async_engine(
            url,
            pool_pre_ping=True,
            pool_size=settings.pool_size,
            max_overflow=settings.max_overflow,
            pool_timeout=settings.pool_timeout_seconds,
            pool_recycle=settings.pool_recycle_seconds,
            hide_parameters=True,
        )
    _name_connect_errors(engine)
    log_slow_queries(engine, settings.slow_query_seconds)
    return engine


def _create_sqlite_engine(url: URL, settings: Settings) -> AsyncEngine:
    """Return an engine on a SQLite file or on memory.

    A database in memory gets exactly one connection, which requests take in turn. SQLAlchemy's default,
    `StaticPool`, gives the same connection to all of them at once: their transactions run into each other.
    No `pool_recycle`: nothing stands between the process and a file, and memory must keep its connection.
    """
    memory = is_memory(url)
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_pre_ping=True,
        pool_size=1 if memory else settings.pool_size,
        max_overflow=0 if memory else settings.max_overflow,
        pool_timeout=settings.pool_timeout_seconds,
        connect_args={"isolation_level": None},
        hide_parameters=True,
    )
    configure_sqlite(engine, busy_timeout_ms=settings.sqlite_busy_timeout_ms, cache_kib=settings.sqlite_cache_kib)
    return engine


def _name_connect_errors(engine: AsyncEngine) -> None:
    """Raise `DatabaseUnavailableError` from whatever keeps `engine` from connecting.

    Left alone, that is an `OperationalError` with psycopg, a bare `OSError` with asyncpg, and with SQLAlchemy
    2.0 also asyncpg's own exceptions, which are none of SQLAlchemy's.
    """

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(
        dialect: Dialect, record: ConnectionPoolEntry, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> DBAPIConnection:
        try:
            return dialect.connect(*arguments, **options)
        except Exception as error:
            raise DatabaseUnavailableError(f"cannot connect to {dialect.name}: {error}") from error
