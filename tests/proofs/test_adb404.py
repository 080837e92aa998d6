"""ADB404 frozen-default."""

from __future__ import annotations

import pytest
from harness import Database, Loader
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "the second row fails: IntegrityError, its primary key is that of the first"


@pytest.mark.asyncio
async def test_the_second_row_collides_with_the_first(load: Loader, database: Database, session: AsyncSession) -> None:
    bad = load("ADB404", "Bad")
    database.create_all(bad.Base.metadata)
    session.add(bad.Message())
    await session.commit()
    session.expunge_all()
    session.add(bad.Message())
    with pytest.raises(IntegrityError, match="duplicate key value"):
        await session.commit()


@pytest.mark.asyncio
async def test_a_function_gives_each_row_its_own(load: Loader, database: Database, session: AsyncSession) -> None:
    good = load("ADB404", "Good")
    database.create_all(good.Base.metadata)
    for _ in range(2):
        session.add(good.Message())
        await session.commit()
    assert database.scalar("select count(distinct id) from messages") == 2
