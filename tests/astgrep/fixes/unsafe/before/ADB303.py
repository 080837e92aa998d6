from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
one = async_sessionmaker(engine)
trailing_comma = async_sessionmaker(engine,)
keywords = async_sessionmaker(bind=engine, autoflush=False)
empty = async_sessionmaker()
lines = async_sessionmaker(
    engine,  # the engine
    autoflush=False,  # by hand
)
typed = async_sessionmaker[AsyncSession](engine)
switched_on = async_sessionmaker(engine, expire_on_commit=True)  # stays


async def work() -> None:
    async with AsyncSession(engine) as session:
        await session.commit()
