"""ADB402 implicit-naive-datetime."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
import sqlmodel
from harness import Database, Loader
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel

OBSERVED = "the column is DateTime(timezone=False); asyncpg refuses an aware value for it"
VERSIONS = "SQLAlchemy 2.0 and 2.1; for a field of SQLModel, versions before 0.0.45"

SQLMODEL = tuple(int(part) for part in sqlmodel.__version__.split("."))
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.mark.asyncio
async def test_the_column_is_naive(load: Loader, database: Database, session: AsyncSession) -> None:
    bad = load("ADB402", "Bad")
    assert bad.Message.__table__.c.sent_at.type.timezone is False
    database.create_all(bad.Base.metadata)
    session.add(bad.Message(sent_at=NOON))
    with pytest.raises(DBAPIError, match="can't subtract offset-naive and offset-aware datetimes"):
        await session.commit()


@pytest.mark.asyncio
async def test_the_map_makes_it_aware(load: Loader, database: Database, session: AsyncSession) -> None:
    good = load("ADB402", "Good")
    assert good.Message.__table__.c.sent_at.type.timezone is True
    database.create_all(good.Base.metadata)
    session.add(message := good.Message(sent_at=NOON))
    await session.commit()
    await session.refresh(message)
    assert message.sent_at == NOON


def test_that_of_a_sqlmodel_field_was_naive_before_0_0_45() -> None:
    class Event(SQLModel, table=True):
        metadata = MetaData()
        id: int = Field(primary_key=True)
        at: datetime

    assert Event.__table__.c.at.type.timezone is (SQLMODEL >= (0, 0, 45))
