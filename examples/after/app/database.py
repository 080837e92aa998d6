"""The engine of the service, and a session for each request."""

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import URL, event, make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.config import DATABASE_URL
from app.models import Base

ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+psycopg2": "postgresql+asyncpg",
}


def async_url(address: str) -> URL:
    """The same database through its async driver."""
    url = make_url(address)
    return url.set(drivername=ASYNC_DRIVERS.get(url.drivername, url.drivername))


engine = create_async_engine(async_url(DATABASE_URL), pool_pre_ping=True)
session_factory = async_sessionmaker(engine, expire_on_commit=False)


if engine.dialect.name == "sqlite":

    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(dbapi_connection: Any, connection_record: Any) -> None:
        """WAL, so that readers do not wait for the writer; foreign keys, which SQLite leaves unchecked."""
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


async def create_tables() -> None:
    """Make the tables that are not there yet."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


async def get_db() -> AsyncIterator[AsyncSession]:
    """A session that commits at the end and rolls back on an error."""
    async with session_factory() as session:
        try:
            yield session
            await session.commit()
        except Exception:
            await session.rollback()
            raise
