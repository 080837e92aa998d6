import os

from sqlalchemy.ext.asyncio import create_async_engine

DATABASE_URL = "postgresql+psycopg2://db/app"
FROM_ENVIRONMENT = os.getenv("DATABASE_URL", "sqlite:///app.db")
DEFAULT_URL = os.getenv("DATABASE_URL", "sqlite:///app.db")
SEVERAL_URL = "sqlite:///app.db"
SEVERAL_URL = "sqlite+aiosqlite:///app.db"
first = create_async_engine("mysql://db/app", pool_pre_ping=True)  # ADB801
second = create_async_engine(DATABASE_URL, pool_pre_ping=True)  # ADB801
third = create_async_engine(  # ADB801
    f"postgresql+pg8000://{os.environ['HOST']}/app",
    pool_pre_ping=True,
)
fourth = create_async_engine(url=FROM_ENVIRONMENT)  # ADB801
fourth_too = create_async_engine(url=DEFAULT_URL)  # ADB801
fifth = create_async_engine(os.getenv("URL", "mysql+pymysql://db/app"), pool_pre_ping=True)  # ADB801
both = create_async_engine("postgresql+psycopg://db/app", pool_pre_ping=True)
right = create_async_engine("sqlite+aiosqlite:///app.db")
converted = create_async_engine("sqlite:///app.db".replace("sqlite:", "sqlite+aiosqlite:"))
creator = create_async_engine("postgresql+psycopg2://db/app", async_creator=make, pool_pre_ping=True)
several = create_async_engine(SEVERAL_URL)
if FROM_ENVIRONMENT.startswith("postgresql"):
    guarded = create_async_engine(FROM_ENVIRONMENT, pool_pre_ping=True)


def make_engine(DATABASE_URL):
    return create_async_engine(DATABASE_URL, pool_pre_ping=True)
