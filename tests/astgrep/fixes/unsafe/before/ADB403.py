from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    created_at = Column(DateTime(timezone=True), default=datetime.utcnow)
    updated_at = mapped_column(
        DateTime(timezone=True),
        default=lambda: datetime.utcnow(),  # when made
        onupdate=datetime.now,
    )
    naive = Column(DateTime, default=datetime.utcnow)
