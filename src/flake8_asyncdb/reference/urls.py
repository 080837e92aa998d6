"""Database URLs: from what people and platforms hand out to the driver that asyncio needs."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVERS = {
    "sqlite": ("aiosqlite",),
    "postgresql": ("asyncpg", "psycopg", "psycopg_async"),
    "mysql": ("aiomysql", "asyncmy"),
    "mariadb": ("aiomysql", "asyncmy"),
}
"""Async drivers by backend, the default first. `psycopg` is version 3, which serves both styles."""

SYNC_DRIVERS = {
    "sqlite": ("pysqlite",),
    "postgresql": ("psycopg2", "pg8000"),
    "mysql": ("pymysql", "mysqldb", "mysqlconnector"),
    "mariadb": ("pymysql", "mysqldb", "mysqlconnector", "mariadbconnector"),
}
"""Sync drivers that are replaced by the backend's default: the server and its data are the same."""


class UnsupportedDatabaseURLError(ValueError):
    """A URL without a known async driver. The message never contains the URL, only its scheme."""


def to_async_url(raw: str | URL) -> URL:
    """Return `raw` with the async driver of its backend; everything else is kept, the password included.

    - `sqlite:///chat.db` becomes `sqlite+aiosqlite:///chat.db`
    - `postgres://` (Heroku's spelling) and `postgresql://` become `postgresql+asyncpg://`
    - `mysql://` and `mariadb://` get `+aiomysql`
    - a sync driver (`+psycopg2`, `+pymysql`, ...) gives way to the default, an async driver is kept

    Use the returned object as it is: `str()` of a URL masks the password, and an engine made from that text
    cannot log in.

    Raises `UnsupportedDatabaseURLError` for a text that is no URL, an unknown backend or driver, and
    `channel_binding=require` with asyncpg, which cannot do it.
    """
    try:
        url = make_url(raw)
    except (ArgumentError, ValueError):
        raise UnsupportedDatabaseURLError(
            "not a database URL: expected backend://user:password@host:port/name, "
            "special characters in user and password percent-encoded"
        ) from None
    backend, _, driver = url.drivername.partition("+")
    backend = {"postgres": "postgresql"}.get(backend, backend)
    if backend not in DRIVERS:
        raise UnsupportedDatabaseURLError(
            f"unsupported database {url.drivername!r}: expected one of {', '.join(DRIVERS)}"
        )
    if not driver or driver in SYNC_DRIVERS[backend]:
        driver = DRIVERS[backend][0]
    if driver not in DRIVERS[backend]:
        raise UnsupportedDatabaseURLError(
            f"no async driver {url.drivername!r}: expected one of {', '.join(DRIVERS[backend])}"
        )
    url = url.set(drivername=f"{backend}+{driver}")
    return _asyncpg_query(url) if driver == "asyncpg" else url


def _asyncpg_query(url: URL) -> URL:
    """Say libpq's `sslmode=` as asyncpg says it, `ssl=`, and settle `channel_binding=`, which asyncpg lacks.

    Managed PostgreSQL services put both into the URLs that they hand out; asyncpg would fail on either with a
    TypeError at the first connection.
    """
    query = dict(url.query)
    if query.pop("channel_binding", "prefer") == "require":
        raise UnsupportedDatabaseURLError(
            "asyncpg has no channel_binding=require: use postgresql+psycopg://, or drop the parameter"
        )
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return url.set(query=query)
