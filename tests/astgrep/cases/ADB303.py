from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

from app.sessions import OwnSession, settings

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
first = async_sessionmaker(engine)  # ADB303
second = async_sessionmaker(engine, expire_on_commit=True, class_=AsyncSession)  # ADB303
third = async_sessionmaker[AsyncSession](bind=engine)  # ADB303
fourth = async_sessionmaker()  # ADB303
right = async_sessionmaker(engine, expire_on_commit=False)
setting = async_sessionmaker(engine, expire_on_commit=settings.expire)
unknown = async_sessionmaker(engine, **settings.options)
own = async_sessionmaker(engine, class_=OwnSession)
sync = sessionmaker(engine)


async def open_one():
    async with AsyncSession(engine) as session:  # ADB303
        return session
