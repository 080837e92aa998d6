"""Aware timestamps on every backend."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import DateTime, Dialect
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator, TypeEngine


def utc_now() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(timezone.utc)


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time: takes aware datetimes only, stores UTC, gives back aware datetimes in UTC.

    `DateTime(timezone=True)` alone is not enough: SQLite and MySQL have no time zones and give back naive
    datetimes even from such a column, after storing whatever wall clock they were given; PostgreSQL gives
    back the session's time zone. MySQL would also drop the fraction of a second.

    Raises `ValueError`, which SQLAlchemy wraps into a `StatementError`, when a naive datetime is bound.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """Return the backend's type: microseconds have to be asked for on MySQL."""
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert an aware `value` to UTC."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("naive datetime: give it a time zone, for example datetime.now(timezone.utc)")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Make the stored `value`, which is UTC, aware where the backend did not."""
        if value is None:
            return None
        if value.utcoffset() is None:
            return value.replace(tzinfo=timezone.utc)
        return value.astimezone(timezone.utc)
