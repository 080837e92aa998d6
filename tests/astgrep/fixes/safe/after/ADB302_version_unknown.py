"""SQLAlchemy 1.4 has no async_sessionmaker."""
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(class_=AsyncSession, expire_on_commit=False)  # stays
