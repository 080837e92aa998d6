"""ADB902 session-in-singleton."""

from __future__ import annotations

import asyncio

import pytest
from harness import Database, Loader
from sqlalchemy import text
from sqlalchemy.exc import InvalidRequestError

OBSERVED = "of two calls at once one is an InvalidRequestError, and one's rollback undoes the other's row"


@pytest.mark.asyncio
async def test_two_calls_at_once_fail(load: Loader, database: Database) -> None:
    database.create_all()
    users = load("ADB902", "Bad").users
    first, second = await asyncio.gather(users.count(), users.count(), return_exceptions=True)
    assert first == 0
    assert isinstance(second, InvalidRequestError)
    assert "concurrent operations are not permitted" in str(second)
    await users.session.close()


@pytest.mark.asyncio
async def test_one_request_rolls_the_other_back(load: Loader, database: Database) -> None:
    database.create_all()
    users = load("ADB902", "Bad").users
    await users.session.execute(text("insert into users (id, name) values (1, 'lost')"))
    await users.session.rollback()  # another request has failed
    await users.session.commit()
    await users.session.close()
    assert database.sql("select id from users") == []


@pytest.mark.asyncio
async def test_with_the_factory_both_pass(load: Loader, database: Database) -> None:
    database.create_all()
    users = load("ADB902", "Good").users
    assert await asyncio.gather(users.count(), users.count()) == [0, 0]
