"""ADB512 lost-write."""

from __future__ import annotations

import pytest
from apps import Exchange, application
from harness import Database, Loader

OBSERVED = "the client has a 200 and the table has 0 rows; with a commit after the provider's yield it has 1"


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "rows"), [("Bad", 0), ("Good", 1)])
async def test_rows_left_by_a_handler_whose_session_nobody_commits(
    load: Loader, database: Database, section: str, rows: int
) -> None:
    database.sql("create table users (id serial primary key)")
    exchange = Exchange(application(load("ADB512", section)), "POST", "/users")
    await exchange.run()
    assert exchange.status == 200
    assert database.sql("select count(*) from users") == [(rows,)]
