import sqlalchemy.pool
from sqlalchemy import NullPool, QueuePool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, SingletonThreadPool

URL = "postgresql+asyncpg://db/app"
first = create_async_engine(URL, pool_pre_ping=True, poolclass=QueuePool)  # ADB204
second = create_async_engine(
    URL,
    pool_pre_ping=True,
    poolclass=SingletonThreadPool,  # ADB204
)
third = create_async_engine(URL, poolclass=sqlalchemy.pool.QueuePool, pool_pre_ping=True)  # ADB204
right = create_async_engine(URL, pool_pre_ping=True, poolclass=AsyncAdaptedQueuePool)
unpooled = create_async_engine(URL, poolclass=NullPool)
sync = create_engine("postgresql://db/app", poolclass=QueuePool, pool_pre_ping=True)
