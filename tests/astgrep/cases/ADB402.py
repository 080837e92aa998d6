import datetime as dt
from datetime import datetime
from typing import Annotated, Optional, Protocol

from sqlalchemy import DateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, declarative_base, mapped_column

from app.base import Elsewhere


class Base(DeclarativeBase):
    pass


class Mapping(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True)}


Old = declarative_base()


class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[datetime]  # ADB402
    b: Mapped[datetime | None]  # ADB402
    c: Mapped[Optional[dt.datetime]] = mapped_column(nullable=True)  # ADB402
    d: Mapped[datetime] = mapped_column("d", index=True)  # ADB402
    e: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    f: Mapped[Annotated[datetime, mapped_column(DateTime(timezone=True))]]
    g: Mapped[dict[str, datetime]]
    h: datetime


class Legacy(Old):
    __tablename__ = "legacy"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[datetime]  # ADB402


class Aware(Mapping):
    __tablename__ = "aware"
    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[datetime]


class Unknown(Elsewhere):
    __tablename__ = "unknown"
    a: Mapped[datetime]


class Shape(Protocol):
    a: Mapped[datetime]
