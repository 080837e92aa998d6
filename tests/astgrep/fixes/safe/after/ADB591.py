from typing import Annotated
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import get_db

router = APIRouter()


@router.get("/one")
async def one(session: Annotated[AsyncSession, Depends(get_db)]) -> None: ...


@router.get("/two")
async def two(
    name: str,  # of the thing
    session: Annotated[AsyncSession, Depends(get_db)],  # the session
) -> None: ...


@router.get("/three")
async def three(limit: int = 10, session: AsyncSession = Depends(get_db)) -> None: ...  # stays: needs a default


@router.get("/four")
async def four(*, limit: int = 10, session: Annotated[AsyncSession, Depends(get_db, use_cache=False)]) -> None: ...


@router.get("/five")
async def five(session: Annotated[AsyncSession, Depends(get_db)], limit: int = 10) -> None: ...


@router.get("/six")
async def six(first: Annotated[AsyncSession, Depends(get_db)], second: Annotated[AsyncSession, Depends(get_db)]) -> None: ...
