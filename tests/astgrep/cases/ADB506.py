from collections.abc import AsyncIterator

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
SyncLocal = sessionmaker(create_engine("postgresql://db/app", pool_pre_ping=True))


async def get_db() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session


def get_sync_db():
    with SyncLocal() as session:
        yield session


async def numbers():
    yield 1


async def drive():
    async for session in get_db():  # ADB506
        return session
    async for number in numbers():
        print(number)
    for session in get_sync_db():  # ADB506
        print(session)
    return await anext(get_db())  # ADB506


def first():
    return next(get_sync_db())  # ADB506


def shadowed(get_sync_db):
    return next(get_sync_db())


async def get_bare_db() -> AsyncIterator[AsyncSession]:
    session = SessionLocal()
    yield session


async def get_committed_db() -> AsyncIterator[AsyncSession]:
    session = SessionLocal()
    yield session
    await session.commit()


async def drive_others():
    async for session in get_bare_db():
        return session
    async for session in get_committed_db():  # ADB506
        return session
