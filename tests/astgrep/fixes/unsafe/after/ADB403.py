from datetime import timezone
from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    created_at = Column(DateTime(timezone=True), default=lambda: datetime.now(timezone.utc))
    updated_at = mapped_column(
        DateTime(timezone=True),
        default=lambda: datetime.now(timezone.utc),  # when made
        onupdate=lambda: datetime.now(timezone.utc),
    )
    naive = Column(DateTime(timezone=True), default=lambda: datetime.now(timezone.utc))
