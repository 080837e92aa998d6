import sqlalchemy as sa
from sqlalchemy import TIMESTAMP, Column, DateTime, func
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import DeclarativeBase, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    bare = Column(DateTime)
    called = Column(DateTime())
    off = mapped_column(DateTime(timezone=False), nullable=False)
    positional = mapped_column(DateTime(False))
    dotted = Column(sa.DateTime, server_default=func.now())
    stamp = Column("stamp", TIMESTAMP, index=True,)
    lines = Column(
        DateTime,  # when it was made
        nullable=False,
    )
    named = Column(type_=DateTime(), nullable=True)
    comment = Column(DateTime(  # stays
    ))
    other_dialect = Column(sqlite.DATETIME)  # stays
