from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

first = create_async_engine("postgres://db/app", pool_pre_ping=True)  # ADB803
second = create_engine(  # ADB803
    f"postgres://{host}/app",
    pool_pre_ping=True,
)
third = create_async_engine(url="postgres+asyncpg://db/app", pool_pre_ping=True)  # ADB803
right = create_engine("postgresql://db/app", pool_pre_ping=True)
text = "postgres:// is no dialect"
print("postgres://db/app")
