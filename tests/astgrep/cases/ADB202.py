import os

import sqlalchemy as sa
from sqlalchemy import NullPool, QueuePool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.ext.asyncio import create_async_engine as make_engine

from app.config import settings

URL = "postgresql+asyncpg://db/app"
FROM_ENVIRONMENT = os.environ["DATABASE_URL"]
options = load()
first = create_async_engine("postgresql+asyncpg://db/app")  # ADB202
second = create_async_engine(URL, echo=False)  # ADB202
third = sa.create_engine("mysql://db/app", pool_pre_ping=False)  # ADB202
fourth = make_engine(f"postgresql+asyncpg://{settings.host}/app")  # ADB202
fifth = create_async_engine(FROM_ENVIRONMENT)  # ADB202
sixth = create_engine(url="postgresql://db/app", poolclass=QueuePool)  # ADB202
on = create_async_engine(URL, pool_pre_ping=True)
setting = create_async_engine(URL, pool_pre_ping=settings.ping)
unpooled = create_async_engine(URL, poolclass=NullPool)
unknown = create_async_engine(URL, **options)
elsewhere = create_async_engine(settings.url)  # ADB202 [flake8]
computed = create_async_engine(f"{settings.scheme}://db/app")  # ADB202 [flake8]


def make(url: str):
    return create_engine(url)  # ADB202 [flake8]


def disposed(url: str):
    engine = create_engine(url)
    engine.dispose()


def other(create_engine, url):
    return create_engine(url)


def make_and_return(url):
    engine = create_async_engine(url)  # ADB202 [flake8]
    return engine


def work(url):
    engine = create_async_engine(url)  # ADB202
    engine.connect()
