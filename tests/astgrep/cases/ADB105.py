from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session


async def query(session: AsyncSession, plain: Session, other):
    plain.query(int)
    other.query(int)
    return session.query(int).all()  # ADB105


class Repository:
    def __init__(self, session: AsyncSession):
        self.session = session

    def all(self):
        return self.session.query(int)  # ADB105


class Rebound:
    def __init__(self, session: AsyncSession):
        self.session = session

    def reset(self, other):
        self.session = other

    def all(self):
        return self.session.query(int)
