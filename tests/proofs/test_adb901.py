"""ADB901 database-class, a convention: what it does to the transaction of a request."""

from __future__ import annotations

import pytest
from harness import Database, Loader
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "of two calls the second fails and the first one's row stays; on the request's session none does"


@pytest.mark.asyncio
async def test_each_method_has_a_transaction_of_its_own(load: Loader, database: Database) -> None:
    database.create_all()
    users = load("ADB901", "Bad").Database(database.url())
    await users.add_user(1)
    with pytest.raises(IntegrityError):
        await users.add_user(1)
    assert database.sql("select id from users") == [(1,)]


@pytest.mark.asyncio
async def test_a_service_has_that_of_its_session(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    users = load("ADB901", "Good").UserService(session)
    await users.add_user(1)
    with pytest.raises(IntegrityError):
        await users.add_user(1)
    await session.close()
    assert database.sql("select id from users") == []
