from typing import Annotated

from fastapi import APIRouter, Depends, Security
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from app.guards import Guard, require

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
router = APIRouter(dependencies=[Depends(require("x"))])


async def get_db():
    async with SessionLocal() as session:
        yield session


async def get_annotated_db() -> AsyncSession:
    async with SessionLocal() as session:
        yield session


def numbers():
    yield 1


@router.get("/a")
async def a(session: Annotated[AsyncSession, Depends(get_db())]): ...  # ADB504


@router.get("/b")
async def b(
    first=Security(get_annotated_db()),  # ADB504
    second=Depends(
        # called
        get_db()  # ADB504
    ),
): ...


@router.get("/c")
async def c(first=Depends(get_db), second=Depends(Guard()), third=Depends(require("y"))): ...
