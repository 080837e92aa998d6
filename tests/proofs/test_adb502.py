"""ADB502 session-in-handler, a convention: what its opposite does to a test that rolls back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from apps import application
from harness import Database, Loader, serving
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = (
    "a test's override of `get_db`, rolled back afterwards, leaves the handler's row in the database; injected, no row"
)


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "left"), [("Bad", [("Ann",)]), ("Good", [])])
async def test_the_override_reaches_only_an_injected_session(
    load: Loader, database: Database, section: str, left: list[tuple[str]]
) -> None:
    database.create_all()
    example = load("ADB502", section)
    app = application(example)
    async with example.engine.connect() as connection, connection.begin() as transaction:

        async def get_test_db() -> AsyncIterator[AsyncSession]:
            async with AsyncSession(connection, join_transaction_mode="create_savepoint") as session:
                yield session

        app.dependency_overrides[example.get_db] = get_test_db
        async with serving(app) as client:
            assert (await client.post("/users", params={"name": "Ann"})).status_code == 200
        await transaction.rollback()
    assert database.sql("select name from users") == left


@pytest.mark.asyncio
async def test_without_the_override_the_row_is_stored(load: Loader, database: Database) -> None:
    database.create_all()
    async with serving(application(load("ADB502", "Good"))) as client:
        assert (await client.post("/users", params={"name": "Ann"})).status_code == 200
    assert database.sql("select name from users") == [("Ann",)]
