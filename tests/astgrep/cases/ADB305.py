from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def get_db() -> AsyncSession:  # ADB305
    async with SessionLocal() as session:
        yield session


def get_sync_db(  # ADB305
    factory,
) -> Session:
    with factory() as session:
        yield session


@asynccontextmanager
async def scope() -> AsyncSession:  # ADB305
    async with SessionLocal() as session:
        yield session


async def right() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session


async def returns() -> AsyncSession:
    def numbers():
        yield 1

    return SessionLocal()
