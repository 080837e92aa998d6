"""ADB509 sessionmaker-as-dependency."""

from __future__ import annotations

import pytest
from apps import application
from harness import Database, Loader, serving

OBSERVED = "422: the query parameter `local_kw` is missing; with it, a TypeError"


@pytest.mark.asyncio
async def test_the_client_is_asked_for_the_arguments_of_the_factory(load: Loader, database: Database) -> None:
    database.create_all()
    async with serving(application(load("ADB509", "Bad"))) as client:
        response = await client.get("/users/count")
        assert response.status_code == 422
        assert [error["loc"] for error in response.json()["detail"]] == [["query", "local_kw"]]
        with pytest.raises(TypeError, match="unexpected keyword argument 'local_kw'"):
            await client.get("/users/count?local_kw=1")


@pytest.mark.asyncio
async def test_a_provider_asks_for_nothing(load: Loader, database: Database) -> None:
    database.create_all()
    good = load("ADB509", "Good")
    async with serving(application(good)) as client:
        assert (await client.get("/users/count")).json() == 0
    assert good.engine.pool.checkedout() == 0
