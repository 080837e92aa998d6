from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
sync_engine = create_engine("postgresql://db/app", pool_pre_ping=True)
SyncLocal = sessionmaker(sync_engine)


async def wrong(session: AsyncSession):
    with SessionLocal() as opened:  # ADB307
        print(opened)
    with engine.begin():  # ADB307
        pass
    with AsyncSession(engine, expire_on_commit=False) as opened, open("log") as log:  # ADB307
        print(opened, log)
    async with SyncLocal() as opened:  # ADB307
        print(opened)
    async with sync_engine.connect() as connection:  # ADB307
        print(connection)
    with session:  # ADB307
        pass


async def right():
    async with SessionLocal.begin() as session, engine.connect():
        print(session)
    with SyncLocal() as session, Session(sync_engine):
        print(session)


def shadowed(SessionLocal):
    with SessionLocal() as session:
        print(session)
