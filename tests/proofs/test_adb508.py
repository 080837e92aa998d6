"""ADB508 commit-after-response, with FastAPI 0.118 and newer."""

from __future__ import annotations

import pytest
from apps import Exchange, application
from harness import Database, Loader
from sqlalchemy.exc import IntegrityError

OBSERVED = "the client has a 200, then the commit fails and the row is not stored; function-scoped, it has a 500"
VERSIONS = "SQLAlchemy 2.0 and 2.1, FastAPI 0.121 and newer (since 0.118; from 0.106 to 0.117 not)"

DEFERRED = "create table users (id int primary key deferrable initially deferred, name text)"


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "status"), [("Bad", 200), ("Good", 500)])
async def test_what_the_client_learns_of_a_commit_that_fails(
    load: Loader, database: Database, section: str, status: int
) -> None:
    database.sql(DEFERRED)
    database.sql("insert into users values (1, 'first')")
    exchange = Exchange(application(load("ADB508", section)), "POST", "/users?id=1")
    with pytest.raises(IntegrityError):
        await exchange.run()
    assert exchange.status == status
    assert exchange.is_answered
    assert database.sql("select name from users") == [("first",)]


@pytest.mark.asyncio
@pytest.mark.parametrize("section", ["Bad", "Good"])
async def test_a_commit_that_passes_stores_the_row(load: Loader, database: Database, section: str) -> None:
    database.sql(DEFERRED)
    exchange = Exchange(application(load("ADB508", section)), "POST", "/users?id=1")
    await exchange.run()
    assert exchange.status == 200
    assert database.sql("select id from users") == [(1,)]
