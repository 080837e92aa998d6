from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

only = create_engine()
first = create_engine( url="postgresql://db/app", pool_pre_ping=True)
last = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
trailing_comma = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True,)
between = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
lines = create_async_engine(
    "postgresql+asyncpg://db/app",  # the database
      # as in 2.0
    pool_pre_ping=True,  # needed
)
first_line = create_async_engine(
    # a comment at the start
    
    url="postgresql+asyncpg://db/app",
    pool_pre_ping=True,
)
last_line = create_async_engine(
    "postgresql+asyncpg://db/app",
    pool_pre_ping=True,  # needed
    
)
factory = async_sessionmaker(last, expire_on_commit=False)
after_comment = create_engine(
    "postgresql://db/app",
    # as in 2.0
    
)
no_comma = create_engine("postgresql://db/app", pool_pre_ping=True  # as in 2.0
)
