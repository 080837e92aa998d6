"""`timezone` cannot be named here without another import: left to hands."""
import datetime

from sqlalchemy import Column, DateTime
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    created_at = Column(DateTime(timezone=True), default=datetime.datetime.utcnow)  # stays
