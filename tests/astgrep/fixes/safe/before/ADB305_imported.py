from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

SessionLocal = async_sessionmaker(expire_on_commit=False)


async def numbers() -> AsyncIterator[int]:
    yield 1


async def get_db() -> AsyncSession:
    async with SessionLocal() as session:
        yield session
