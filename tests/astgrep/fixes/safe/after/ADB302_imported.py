from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

SessionLocal = async_sessionmaker(class_=AsyncSession, expire_on_commit=False)
Others = async_sessionmaker(expire_on_commit=False)
