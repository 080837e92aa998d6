from sqlalchemy import create_engine

DATABASE_URL = "postgresql+asyncpg://db/app"
first = create_engine(DATABASE_URL, pool_pre_ping=True)  # ADB802
second = create_engine(  # ADB802
    "sqlite+aiosqlite:///app.db",
)
right = create_engine("postgresql+psycopg://db/app", pool_pre_ping=True)
plain = create_engine("sqlite:///app.db")
creator = create_engine("postgresql+asyncpg://db/app", creator=make, pool_pre_ping=True)
