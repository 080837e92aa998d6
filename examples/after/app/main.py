"""The application: `uvicorn app.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.api.routes import router
from app.database import create_tables, engine


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Tables before the first request; no connection left after the last."""
    await create_tables()
    try:
        yield
    finally:
        await engine.dispose()


app = FastAPI(title="Chat sessions", lifespan=lifespan)
app.include_router(router)
