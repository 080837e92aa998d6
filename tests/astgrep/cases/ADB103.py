from typing import Annotated, Optional

from fastapi import Depends
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def dropped(session: AsyncSession, plain: Session, other):
    session.commit()  # ADB103
    session.add(1)
    await session.flush()
    plain.commit()
    other.commit()
    rows = session.execute(select(1)).scalars()  # ADB103
    if session.scalar(text("select 1")):  # ADB103
        return rows
    for row in session.execute(text("select 1")):  # ADB103
        print(row)
    session.begin()  # ADB103
    return session.execute(text("select 1"))


async def annotated(db: Annotated[AsyncSession, Depends()], maybe: Optional[AsyncSession] = None):
    db.rollback()  # ADB103
    maybe.close()  # ADB103


async def opened():
    async with SessionLocal() as session:
        session.commit()  # ADB103


async def rebound(session: AsyncSession):
    session = make()
    session.commit()


class Repository:
    def __init__(self, session: AsyncSession, other):
        self.session = session
        self.other = other

    async def save(self):
        self.session.commit()  # ADB103
        self.other.commit()
