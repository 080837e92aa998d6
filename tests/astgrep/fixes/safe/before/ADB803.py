import os

from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

HOST = os.environ["HOST"]
one = create_async_engine("postgres://db/app", pool_pre_ping=True)
two = create_async_engine('postgres://db/app?sslmode=require', pool_pre_ping=True)
three = create_async_engine("postgres+asyncpg://db/app", pool_pre_ping=True,)
four = create_engine("postgres://db/app?sslmode=require", pool_pre_ping=True)
five = create_engine("postgres+psycopg://db/app", pool_pre_ping=True)
several = create_async_engine(
    # where it is
    url=f"postgres://{HOST}/app",  # the database
    pool_pre_ping=True,  # needed

    echo=False,
)


def make():
    return create_engine(
        "postgres://db/app",
            pool_pre_ping=True,
    )
