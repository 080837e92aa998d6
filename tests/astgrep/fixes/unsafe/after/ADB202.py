import os

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

one = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
trailing_comma = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True,)
keywords = create_engine(url="postgresql://db/app", echo=False, pool_pre_ping=True)
lines = create_async_engine(
    "postgresql+asyncpg://db/app",  # the database
    pool_size=5, pool_pre_ping=True,  # enough
    # a comment at the end
)
no_comma = create_async_engine(
    "postgresql+asyncpg://db/app",
    pool_size=5, pool_pre_ping=True  # enough
)
environment = create_async_engine(os.environ["DATABASE_URL"], pool_pre_ping=True)
default = create_async_engine(os.getenv("DATABASE_URL", "postgresql+asyncpg://db/app"), echo=False, pool_pre_ping=True)
switched_off = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=False)  # stays
text = create_async_engine("postgresql+asyncpg://db/app", connect_args=dict(  # stays
    options="""
several lines
"""))
