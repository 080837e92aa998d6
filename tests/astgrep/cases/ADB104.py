from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)


async def awaited(session: AsyncSession, plain: Session, row):
    await session.add(row)  # ADB104
    await session.add_all([row])  # ADB104
    await session.commit()
    await session.begin()
    await plain.add(row)
    if await session.in_transaction():  # ADB104
        await session.expunge(  # ADB104
            row  # one
        )
    await engine.clear_compiled_cache()  # ADB104
    await engine.connect()


async def shadowed(session: AsyncSession, rows):
    def inner(session):
        return session.add(1)

    for session in rows:
        await session.add(1)
