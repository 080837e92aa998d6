"""ADB703 incomplete-pragmas."""

from __future__ import annotations

from types import ModuleType

import pytest
from apps import commit_beside_a_reader
from harness import Loader
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "without WAL a commit beside a reader fails, database is locked; without `foreign_keys` an orphan is stored"


async def create_tables(example: ModuleType) -> None:
    async with example.engine.begin() as connection:
        await connection.run_sync(example.Base.metadata.create_all)
        for _ in range(100):
            await connection.execute(text("insert into users default values"))


async def add_orphan(example: ModuleType) -> None:
    async with AsyncSession(example.engine) as session:
        session.add(example.Chat(user_id=1000))
        await session.commit()


@pytest.mark.asyncio
async def test_what_the_listener_leaves_out_is_missing(load: Loader) -> None:
    bad = load("ADB703", "Bad")
    await create_tables(bad)
    with pytest.raises(OperationalError, match="database is locked"):
        await commit_beside_a_reader(bad.engine)
    await add_orphan(bad)


@pytest.mark.asyncio
async def test_with_both_pragmas_nothing_is(load: Loader) -> None:
    good = load("ADB703", "Good")
    await create_tables(good)
    await commit_beside_a_reader(good.engine)
    with pytest.raises(IntegrityError, match="FOREIGN KEY constraint failed"):
        await add_orphan(good)
