import os

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

one = create_async_engine("postgresql+asyncpg://db/app")
trailing_comma = create_async_engine("postgresql+asyncpg://db/app",)
keywords = create_engine(url="postgresql://db/app", echo=False)
lines = create_async_engine(
    "postgresql+asyncpg://db/app",  # the database
    pool_size=5,  # enough
    # a comment at the end
)
no_comma = create_async_engine(
    "postgresql+asyncpg://db/app",
    pool_size=5  # enough
)
environment = create_async_engine(os.environ["DATABASE_URL"])
default = create_async_engine(os.getenv("DATABASE_URL", "postgresql+asyncpg://db/app"), echo=False)
switched_off = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=False)  # stays
text = create_async_engine("postgresql+asyncpg://db/app", connect_args=dict(  # stays
    options="""
several lines
"""))
