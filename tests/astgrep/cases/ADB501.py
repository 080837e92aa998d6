from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter()


class Users:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def count(self):
        return await self.session.scalar(text("select count(*) from users"))


@dataclass
class Page:
    number: int


class Transaction:
    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exception): ...


def get_users(session: AsyncSession) -> Users:
    return Users(session)


@router.get("/users/count")
async def count(session: AsyncSession):
    if not session:
        return Page(1)
    first = await Users(session).count()  # ADB501
    async with Transaction(session):
        return first + await Users(session).count()


@router.post("/users")
def add(session: AsyncSession):
    return [Users(session) for _ in range(2)]  # ADB501
