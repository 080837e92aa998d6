"""Two fixes in one place: one pass applies one of them."""
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgres://db/app", pool_pre_ping=True, future=True)
SessionLocal = async_sessionmaker(create_async_engine("postgres://db/app", pool_pre_ping=True), future=True)
