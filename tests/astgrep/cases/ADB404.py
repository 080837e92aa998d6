import random
import secrets
import time
import uuid
from datetime import date, datetime, timedelta, timezone
from uuid import uuid4

from sqlalchemy import Column, Date, DateTime, Integer, Interval, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.ids import new_id


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "rows"
    id = Column(String, primary_key=True, default=str(uuid4()))  # ADB404
    a = Column(Integer, default=time.time())  # ADB404
    b: Mapped[datetime] = mapped_column(
        DateTime(timezone=True),
        default=datetime.now(timezone.utc),  # ADB404
    )
    c = Column(Date, default=date.today())  # ADB404
    d = Column(String, insert_default=uuid.uuid4().hex)  # ADB404
    e = Column(Integer, default=random.randint(1, 6), onupdate=random.random())  # ADB404
    f = Column(String, default=secrets.token_hex(8))  # ADB404
    g = Column(DateTime(timezone=True), default=datetime.now(timezone.utc) + timedelta(days=1))  # ADB404
    h = Column(String, default=uuid4)
    i = Column(String, default=lambda: str(uuid4()))
    j = Column(DateTime(timezone=True), default=func.now())
    k = Column(Interval, default=timedelta(days=1))
    m = Column(DateTime(timezone=True), default=datetime.fromtimestamp(0))


def fields(field):
    return field(default=uuid4())
