import os

from sqlalchemy.ext.asyncio import create_async_engine

url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")  # ADB891
second = os.environ["DATABASE_URL"].replace(  # ADB891
    "sqlite:",
    'sqlite+aiosqlite:',
    1,
)
third = url.replace("postgres", "postgresql")  # ADB891
plain = url.replace("http://", "https://")
scheme = url.replace("postgresql://", scheme_of(url))
engine = create_async_engine(url, pool_pre_ping=True)
