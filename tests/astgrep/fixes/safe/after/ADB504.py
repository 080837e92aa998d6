from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

app = FastAPI()
SessionLocal = async_sessionmaker(expire_on_commit=False)


async def get_db():
    async with SessionLocal() as session:
        yield session


@app.get("/one")
async def one(session: Annotated[AsyncSession, Depends(get_db)]) -> None: ...


@app.get("/two")
async def two(
    session: Annotated[
        AsyncSession,
        Depends(
            get_db,  # a provider
        ),
    ],
) -> None: ...
