from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql://db/app", future=True, pool_pre_ping=True)  # ADB292
second = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, future=True)  # ADB292
SessionLocal = sessionmaker(
    engine,
    future=True,  # ADB292
)
off = create_engine("postgresql://db/app", future=False, pool_pre_ping=True)
setting = create_engine("postgresql://db/app", future=flag, pool_pre_ping=True)
other(future=True)
