from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)


@asynccontextmanager
async def lifespan(app: FastAPI):
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.on_event("startup")  # ADB603
async def warm_up() -> None: ...


app.add_event_handler("startup", warm_up)  # ADB603
other = FastAPI(lifespan=lifespan, on_startup=[warm_up])  # ADB603
right = FastAPI(lifespan=lifespan)
