"""A module with a docstring."""
from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)


class Base(DeclarativeBase):
    pass


SessionLocal = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
Others = sessionmaker(  # with a comment
    bind=engine,
    class_=AsyncSession,  # async
    expire_on_commit=False,
)
Sync = sessionmaker()
