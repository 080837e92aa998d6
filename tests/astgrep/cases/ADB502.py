from fastapi import APIRouter, WebSocket
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from app.answers import answer

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
router = APIRouter()


@router.get("/a")
async def opens() -> int:
    async with SessionLocal() as session:  # ADB502
        return await session.scalar(text("select 1"))


@router.post("/b", status_code=201)
async def opens_too():
    async with SessionLocal() as session:  # ADB502
        await session.execute(text("select 1"))
        await session.commit()


@router.get("/c")
async def streams():
    async with SessionLocal() as session:
        name = await session.scalar(text("select 1"))
    return StreamingResponse(iter([name]))


@router.get("/d")
async def awaits_something_else(client):
    async with SessionLocal() as session:
        name = await session.scalar(text("select 1"))
    return await client.ask(name)


@router.get("/e")
async def answers():
    async with SessionLocal() as session:  # ADB502 [flake8]
        return answer(await session.scalar(text("select 1")))


@router.websocket("/f")
async def talks(socket: WebSocket):
    async with SessionLocal() as session:
        await session.scalar(text("select 1"))


async def no_handler():
    async with SessionLocal() as session:
        await session.scalar(text("select 1"))
