from sqlalchemy import event
from sqlalchemy.event import listen, listens_for
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine, "connect")  # ADB205
def on_connect(connection, record): ...


@listens_for(SessionLocal, "after_commit")  # ADB205
def after_commit(session): ...


@event.listens_for(engine.sync_engine, "connect")
def on_sync_connect(connection, record): ...


listen(AsyncSession, "after_commit", after_commit)  # ADB205
event.listen(Session, "after_commit", after_commit)


def later(engine):
    event.listen(engine, "connect", on_connect)
