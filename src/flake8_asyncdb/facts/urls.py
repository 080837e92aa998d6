"""Database URLs as far as they are known: dialect, driver, and whether they name a file of SQLite."""

from __future__ import annotations

import re
from typing import NamedTuple

from flake8_asyncdb.model.texts import Text
from flake8_asyncdb.model.values import Tri

_SCHEME = re.compile(r"(?P<dialect>[A-Za-z][\w]*)(?:\+(?P<driver>\w+))?:")

ASYNC_ONLY_DRIVERS = frozenset(
    {"aiosqlite", "asyncpg", "aiomysql", "asyncmy", "aioodbc", "psycopg_async", "oracledb_async"}
)
DUAL_DRIVERS = frozenset({"psycopg", "oracledb"})
SYNC_ONLY_DRIVERS = frozenset(
    """pysqlite pysqlcipher psycopg2 psycopg2cffi pg8000 mysqldb pymysql mysqlconnector cymysql
    mariadbconnector cx_oracle pyodbc pymssql""".split()
)
SYNC_DEFAULTS = frozenset({"sqlite", "mysql", "mariadb", "mssql"})
"""Dialects whose default driver is sync in SQLAlchemy 2.0 and 2.1 alike."""


ASYNC_DRIVER_FOR = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql",
    "mariadb": "mariadb+aiomysql",
    "mssql": "mssql+aioodbc",
    "oracle": "oracle+oracledb",
}


class DatabaseUrl(NamedTuple):
    """One URL that an engine may be made with."""

    text: Text

    @property
    def scheme(self) -> str | None:
        """What stands before the colon, when all of it is known."""
        match = _SCHEME.match(self.text.prefix)
        return match[0][:-1] if match else None

    @property
    def dialect(self) -> str | None:
        """`sqlite`, `postgresql`, ..."""
        match = _SCHEME.match(self.text.prefix)
        return match["dialect"].lower() if match else None

    @property
    def driver(self) -> str | None:
        """The driver that is written out; None for the dialect's default."""
        match = _SCHEME.match(self.text.prefix)
        return match["driver"] if match else None

    @property
    def is_postgres_alias(self) -> bool:
        """Whether it uses `postgres`, a name that SQLAlchemy dropped."""
        return self.dialect == "postgres"

    @property
    def is_sqlite(self) -> bool:
        """Known to be SQLite, by its text or by a branch that tested for it."""
        return self.text.prefix.startswith("sqlite")

    @property
    def is_sqlite_file(self) -> bool:
        """Known to name a database file, not a database in memory."""
        in_memory = ":memory:" in self.text.prefix or "mode=memory" in self.text.prefix
        if self.dialect != "sqlite" or in_memory or self.text.assumed:
            return False
        _, separator, rest = self.text.prefix.partition("://")
        path = rest[1:].partition("?")[0] if rest.startswith("/") else ""
        return bool(separator) and (bool(path) or (rest.startswith("/") and not self.text.exact))

    @property
    def is_async(self) -> Tri:
        """Whether an async engine accepts the driver; unknown where that depends on SQLAlchemy's version."""
        if self.dialect is None:
            return Tri.UNKNOWN
        driver = (self.driver or "").lower()
        if driver in ASYNC_ONLY_DRIVERS or driver in DUAL_DRIVERS:
            return Tri.YES
        if driver in SYNC_ONLY_DRIVERS or (not driver and self.dialect in SYNC_DEFAULTS):
            return Tri.NO
        return Tri.UNKNOWN

    @property
    def is_async_only(self) -> bool:
        """Whether a sync engine cannot use the driver; `async_fallback` of SQLAlchemy 1.4 and 2.0 lets it."""
        return "async_fallback" not in self.text.prefix and (self.driver or "").lower() in ASYNC_ONLY_DRIVERS
