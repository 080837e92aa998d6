"""Points in time: aware, in UTC, on every database."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import StatementError

from flake8_asyncdb.reference.columns import UTCDateTime, utc_now
from flake8_asyncdb.reference.models import Base, User

pytestmark = pytest.mark.asyncio
TOKYO = timezone(timedelta(hours=9))
MOMENT = datetime(2024, 2, 29, 23, 59, 59, 123456, TOKYO)


async def test_aware_datetimes_make_the_round_trip(start, url, request):
    if url.startswith("postgresql"):  # a server that lives in another zone than UTC
        request.getfixturevalue("postgres").admin("ALTER ROLE app SET timezone = 'America/New_York'")
    async with start(url) as service:
        factories = service.app.state.session_factories
        async with factories.write.begin() as db:
            db.add(User(name="a", email="a@example.org", created_at=MOMENT))
        async with factories.read() as db:
            user = await db.scalar(select(User))
            assert user.created_at == MOMENT
            assert user.created_at.utcoffset() == timedelta(0)
            assert user.created_at.isoformat() == "2024-02-29T14:59:59.123456+00:00"
            assert user.deleted_at is None
            assert abs(utc_now() - user.updated_at) < timedelta(minutes=10)  # a wrong zone is hours off
            # The database compares points in time, in whatever zone they are said.
            for moment, found in (
                (MOMENT, True),
                (MOMENT.astimezone(timezone.utc), True),
                (MOMENT.replace(tzinfo=timezone.utc), False),
            ):
                matches = await db.scalar(select(func.count()).where(User.created_at == moment))
                assert matches == found
            later = await db.scalar(select(func.count()).where(User.created_at > MOMENT - timedelta(microseconds=1)))
            assert later == 1
        shown = (await service.ok("GET", "/users"))["items"][0]
        assert shown["created_at"] == "2024-02-29T14:59:59.123456Z"


async def test_naive_datetimes_are_refused(start, url):
    async with start(url) as service:
        with pytest.raises(StatementError, match="naive datetime: give it a time zone"):
            async with service.app.state.session_factories.write.begin() as db:
                db.add(User(name="a", email="a@example.org", created_at=MOMENT.replace(tzinfo=None)))
        assert await service.emails() == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql+asyncpg://", "TIMESTAMP WITH TIME ZONE"),
        ("mysql+aiomysql://", "DATETIME(6)"),
        ("sqlite+aiosqlite://", "DATETIME"),
    ],
)
async def test_the_column_type_of_each_backend(url, expected):
    name = url.partition("+")[0]
    dialect = __import__(f"sqlalchemy.dialects.{name}", fromlist=["dialect"]).dialect()
    assert UTCDateTime().compile(dialect=dialect) == expected


async def test_every_datetime_column_is_one():
    columns = [column for table in Base.metadata.tables.values() for column in table.columns]
    times = [column for column in columns if column.name.endswith("_at")]
    assert len(times) == 9
    assert all(isinstance(column.type, UTCDateTime) for column in times)


async def test_every_foreign_key_has_an_index():
    for table in Base.metadata.tables.values():
        leading = {next(iter(index.columns)).name for index in table.indexes}
        leading |= {next(iter(key.columns)).name for key in table.constraints if len(key.columns)}
        for foreign_key in table.foreign_keys:
            assert foreign_key.parent.name in leading
