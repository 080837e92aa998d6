from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

SessionLocal = orm.sessionmaker(class_=AsyncSession, expire_on_commit=False)
Others = async_sessionmaker(expire_on_commit=False)
