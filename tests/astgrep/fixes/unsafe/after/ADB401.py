import sqlalchemy as sa
from sqlalchemy import TIMESTAMP, Column, DateTime, func
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    bare = Column(DateTime(timezone=True))
    called = Column(DateTime(timezone=True))
    off = mapped_column(DateTime(timezone=True), nullable=False)
    positional = mapped_column(DateTime(timezone=True))
    dotted = Column(sa.DateTime(timezone=True), server_default=func.now())
    stamp = Column("stamp", TIMESTAMP(timezone=True), index=True,)
    lines = Column(
        DateTime(timezone=True),  # when it was made
        nullable=False,
    )
    named = Column(type_=DateTime(timezone=True), nullable=True)
    comment = Column(DateTime(  # stays
    ))
    other_dialect = Column(sqlite.DATETIME)  # stays
