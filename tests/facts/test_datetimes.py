"""Columns of dates with times, those of an unknown type included."""

from __future__ import annotations

import pytest
from projects import Make

MODEL = """
from datetime import datetime
from typing import Optional
from elsewhere import UtcDateTime
from sqlalchemy import Column, DateTime, ForeignKey, Integer, MetaData, String, Table, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class Stamp(TypeDecorator):
    impl = DateTime
class Label(TypeDecorator):
    impl = String
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    {column}
"""


@pytest.mark.parametrize(
    ("column", "zones"),
    [
        ("name: Mapped[str] = mapped_column(String(80))", []),
        ("at: Mapped[datetime] = mapped_column(DateTime(timezone=True))", ["aware"]),
        ("at: Mapped[datetime] = mapped_column(DateTime)", ["naive"]),
        ("at = Column(DateTime)", ["naive"]),
        ("at: Mapped[datetime]", ["naive"]),
        ("at: Mapped[Optional[datetime]]", ["naive"]),
        ("at: Mapped[datetime] = mapped_column()", ["naive"]),
        ("at: Mapped[datetime] = mapped_column(UtcDateTime)", ["unknown"]),
        ("at: Mapped[Optional[datetime]] = mapped_column(UtcDateTime())", ["unknown"]),
        ("at = Column(Stamp)", ["unknown"]),
        ("at = Column(Stamp())", ["unknown"]),
        ("label = Column(Label)", []),
        ("at = Column(UtcDateTime)", []),
        ('user_id = Column(Integer, ForeignKey("users.id"))', []),
    ],
)
def test_columns_of_dates_with_times(make: Make, column: str, zones: list[str]) -> None:
    columns = make(MODEL.format(column=column)).facts().datetime_columns()
    assert [each.zone.value for each in columns] == zones


def test_a_table_that_nothing_creates_has_no_columns_in_service(make: Make) -> None:
    code = MODEL.format(column="pass") + 'Table("x", MetaData(), Column("at", DateTime))\n'
    assert list(make(code).facts().datetime_columns()) == []
