"""ADB506 manual-dependency-iteration."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from harness import Database, Loader
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

OBSERVED = "0 rows and no error; the connection is still in use when the function has returned"


@pytest.mark.asyncio
async def test_the_commit_after_the_yield_never_runs(load: Loader, database: Database) -> None:
    database.create_all()
    bad = load("ADB506", "Bad")
    await bad.add_user("lost")
    assert bad.engine.pool.checkedout() == 1
    await asyncio.sleep(0)  # a turn of the loop, which starts to close the generator that was collected
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
    assert bad.engine.pool.checkedout() == 0
    assert database.sql("select name from users") == []


@pytest.mark.asyncio
async def test_the_factory_commits(load: Loader, database: Database) -> None:
    database.create_all()
    good = load("ADB506", "Good")
    await good.add_user("kept")
    assert good.engine.pool.checkedout() == 0
    assert database.sql("select name from users") == [("kept",)]


def test_next_closes_the_session_before_its_first_use() -> None:
    engine = create_engine("sqlite://")
    closed: list[Session] = []

    def get_db() -> Iterator[Session]:
        session = Session(engine)
        try:
            yield session
        finally:
            session.close()
            closed.append(session)

    db = next(get_db())
    assert closed == [db]
    assert db.scalar(text("select 1")) == 1
    assert db.in_transaction()
    db.close()
    engine.dispose()
