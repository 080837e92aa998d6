import os

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

HOST = os.environ["HOST"]
one = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
two = create_async_engine('postgresql+asyncpg://db/app?ssl=require', pool_pre_ping=True)
three = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True,)
four = create_engine("postgresql://db/app?sslmode=require", pool_pre_ping=True)
five = create_engine("postgresql+psycopg://db/app", pool_pre_ping=True)
several = create_async_engine(
    # where it is
    url=f"postgresql+asyncpg://{HOST}/app",  # the database
    pool_pre_ping=True,  # needed

    echo=False,
)


def make():
    return create_engine(
        "postgresql://db/app",
            pool_pre_ping=True,
    )
