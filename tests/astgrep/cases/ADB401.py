import sqlalchemy as sa
from sqlalchemy import TIMESTAMP, Column, DateTime, Integer, MetaData, String, Table, types
from sqlalchemy.dialects import mssql, postgresql
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

AWARE = True


class Base(DeclarativeBase):
    type_annotation_map = {int: Integer, str: DateTime}  # ADB401


class Row(Base):
    __tablename__ = "rows"
    id = Column(Integer, primary_key=True)
    a = Column(DateTime)  # ADB401
    b = Column("b", DateTime(), nullable=False)  # ADB401
    c = Column(
        # with a comment
        DateTime(timezone=False),  # ADB401
        nullable=False,
    )
    d: Mapped[str] = mapped_column(TIMESTAMP)  # ADB401
    e = sa.Column(sa.DateTime, default=None)  # ADB401
    f = Column(types.DateTime)  # ADB401
    g = Column(type_=postgresql.TIMESTAMP())  # ADB401
    h = Column(DATETIME(fsp=6))  # ADB401
    aware = Column(DateTime(timezone=True))
    by_position = Column(TIMESTAMP(True))
    setting = Column(DateTime(timezone=AWARE.real))
    other = Column(mssql.DATETIMEOFFSET)
    text = Column(String, default="DateTime")


class Utc(TypeDecorator):
    impl = DateTime


unused = Table("unused", MetaData(), Column("at", DateTime))


def build(DateTime):
    return Column(DateTime)
