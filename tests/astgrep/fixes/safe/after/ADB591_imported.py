from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import get_db

router = APIRouter()


@router.get("/one")
async def one(
    name: Annotated[str, "text"],
    session: Annotated[AsyncSession, Depends(get_db)],
) -> None: ...
