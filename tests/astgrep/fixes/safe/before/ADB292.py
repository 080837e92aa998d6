from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

only = create_engine(future=True)
first = create_engine(future=True, url="postgresql://db/app", pool_pre_ping=True)
last = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, future=True)
trailing_comma = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, future=True,)
between = create_async_engine("postgresql+asyncpg://db/app", future=True, pool_pre_ping=True)
lines = create_async_engine(
    "postgresql+asyncpg://db/app",  # the database
    future=True,  # as in 2.0
    pool_pre_ping=True,  # needed
)
first_line = create_async_engine(
    # a comment at the start
    future=True,
    url="postgresql+asyncpg://db/app",
    pool_pre_ping=True,
)
last_line = create_async_engine(
    "postgresql+asyncpg://db/app",
    pool_pre_ping=True,  # needed
    future=True
)
factory = async_sessionmaker(last, expire_on_commit=False, future=True)
after_comment = create_engine(
    "postgresql://db/app",
    # as in 2.0
    future=True
)
no_comma = create_engine("postgresql://db/app", pool_pre_ping=True, future=True  # as in 2.0
)
