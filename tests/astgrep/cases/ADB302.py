import sqlalchemy.orm
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession as SqlmodelSession

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
first = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)  # ADB302
second = sessionmaker(  # ADB302
    bind=engine,
    expire_on_commit=False,
    class_=SqlmodelSession,
)
third = orm.sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)  # ADB302
fourth = sqlalchemy.orm.sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)  # ADB302
right = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
sync = sessionmaker(engine, class_=Session)


def make(sessionmaker):
    return sessionmaker(engine, class_=AsyncSession)
