"""ADB506 manual-dependency-iteration."""

from __future__ import annotations

import asyncio

import pytest
from harness import Database, Loader

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
