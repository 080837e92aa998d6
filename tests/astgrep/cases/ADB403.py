import datetime as dt
from datetime import datetime, timezone
from functools import partial

from sqlalchemy import Column, DateTime, Integer, func
from sqlalchemy.orm import declarative_base

from app.clock import elsewhere

Base = declarative_base()


def naive_now():
    return datetime.utcnow()


def aware_now():
    return datetime.now(timezone.utc)


class Row(Base):
    __tablename__ = "rows"
    id = Column(Integer, primary_key=True)
    a = Column(DateTime(timezone=True), default=datetime.utcnow)  # ADB403
    b = Column(DateTime(True), default=lambda: datetime.now(), onupdate=dt.datetime.utcnow)  # ADB403
    c = Column(
        "c",
        DateTime(timezone=True),
        default=naive_now,  # ADB403
    )
    d = Column(DateTime(timezone=True), insert_default=datetime.now)  # ADB403
    e = Column(DateTime(timezone=True), default=aware_now)
    f = Column(DateTime(timezone=True), default=lambda: datetime.now(timezone.utc))
    g = Column(DateTime(timezone=True), default=partial(datetime.now, timezone.utc))
    h = Column(DateTime(timezone=True), default=func.now())
    i = Column(DateTime(timezone=True), default=elsewhere)
    j = Column(DateTime(timezone=elsewhere.zone), default=datetime.utcnow)
