"""ADB704 static-pool-on-file."""

from __future__ import annotations

import pytest
from harness import Loader
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

OBSERVED = (
    "a row is gone after its commit, since another session rolled back before it; with the default pool it is there"
)


async def rows_after_somebody_elses_rollback(engine: AsyncEngine) -> int:
    """Insert, let another session read and roll back, commit; how many rows there are."""
    count = text("select count(*) from users")
    async with engine.begin() as connection:
        await connection.execute(text("create table users (id integer primary key)"))
    async with AsyncSession(engine) as one, AsyncSession(engine) as other:
        await one.execute(text("insert into users default values"))
        await other.execute(count)
        await other.rollback()
        await one.commit()
        return int(await one.scalar(count))


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "rows"), [("Bad", 0), ("Good", 1)])
async def test_whether_sessions_share_a_transaction(load: Loader, section: str, rows: int) -> None:
    assert await rows_after_somebody_elses_rollback(load("ADB704", section).engine) == rows
