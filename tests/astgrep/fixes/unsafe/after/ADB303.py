from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
one = async_sessionmaker(engine, expire_on_commit=False)
trailing_comma = async_sessionmaker(engine, expire_on_commit=False,)
keywords = async_sessionmaker(bind=engine, autoflush=False, expire_on_commit=False)
empty = async_sessionmaker(expire_on_commit=False)
lines = async_sessionmaker(
    engine,  # the engine
    autoflush=False, expire_on_commit=False,  # by hand
)
typed = async_sessionmaker[AsyncSession](engine, expire_on_commit=False)
switched_on = async_sessionmaker(engine, expire_on_commit=True)  # stays


async def work() -> None:
    async with AsyncSession(engine, expire_on_commit=False) as session:
        await session.commit()
