from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.database import get_db
from app.settings import Settings, get_settings

router = APIRouter()


def current_user(db: Session = Depends(get_db)): ...  # ADB591


@router.get("/a")
async def a(
    user: str = Depends(current_user),
    session: AsyncSession = Depends(get_db),  # ADB591
): ...


@router.get("/b")
async def b(session: Annotated[AsyncSession, Depends(get_db)], settings: Settings = Depends(get_settings)): ...


@router.get("/c")
async def c(*, page: int = 1, session: AsyncSession = Depends(get_db)): ...  # ADB591


def nobody(session: AsyncSession = Depends(get_db)): ...
