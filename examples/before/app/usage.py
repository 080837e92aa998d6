"""Counts what users do, in a database of its own (the first part that went async)."""

from datetime import datetime
from typing import Optional

from sqlalchemy import DateTime, String, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from app.config import USAGE_DATABASE_URL


class UsageBase(DeclarativeBase):
    pass


class UsageEvent(UsageBase):
    __tablename__ = "usage_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(DateTime, default=datetime.utcnow)


engine: Optional[AsyncEngine] = None
session_factory = None


async def connect() -> None:
    """Open the usage database, once."""
    global engine, session_factory
    if engine is not None:
        return
    engine = create_async_engine(USAGE_DATABASE_URL)
    session_factory = sessionmaker(engine, class_=AsyncSession)
    async with engine.begin() as connection:
        await connection.run_sync(UsageBase.metadata.create_all)


async def record(action: str) -> None:
    """Store one event."""
    await connect()
    async with session_factory() as session:
        session.add(UsageEvent(action=action))
        await session.commit()


if "sqlite" in USAGE_DATABASE_URL:
    tuned_engine = create_engine(USAGE_DATABASE_URL.replace("+aiosqlite", ""))

    @event.listens_for(tuned_engine, "connect")
    def set_pragmas(dbapi_connection, connection_record):
        """WAL, so that readers do not wait for the writer."""
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
