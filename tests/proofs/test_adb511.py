"""ADB511 swallowing-provider."""

from __future__ import annotations

import pytest
from apps import application
from harness import Database, Loader, serving

OBSERVED = "RuntimeError (Response not awaited), a 500 instead of the handler's 409, and half a transaction committed"


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "status", "left"), [("Bad", 500, [("half",)]), ("Good", 409, [])])
async def test_the_error_and_the_rollback_are_lost(
    load: Loader, database: Database, section: str, status: int, left: list[tuple[str]]
) -> None:
    database.create_all()
    async with serving(application(load("ADB511", section)), raise_app_exceptions=False) as client:
        assert (await client.post("/users", params={"name": "half"})).status_code == status
    assert database.sql("select name from users") == left


@pytest.mark.asyncio
async def test_fastapi_says_so_in_the_log_of_the_server(load: Loader, database: Database) -> None:
    database.create_all()
    async with serving(application(load("ADB511", "Bad"))) as client:
        with pytest.raises(RuntimeError, match="Response not awaited"):
            await client.post("/users", params={"name": "half"})
