from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from app.config import settings

first = create_engine("postgresql://db/app", echo=True, pool_pre_ping=True)  # ADB293
second = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, echo="debug")  # ADB293
off = create_engine("postgresql://db/app", echo=False, pool_pre_ping=True)
setting = create_engine("postgresql://db/app", echo=settings.debug, pool_pre_ping=True)
other(echo=True)
