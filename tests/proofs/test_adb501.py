"""ADB501 service-in-handler, a convention: what its opposite does to a test that replaces the service."""

from __future__ import annotations

import httpx
import pytest
from apps import application
from harness import Database, Loader, serving

OBSERVED = (
    "a service put in by `app.dependency_overrides` is ignored, the handler queries the database; injected, it answers"
)


class FakeService:
    """What a test would put in the service's place."""

    async def count(self) -> int:
        return 42


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "answer"), [("Bad", 0), ("Good", 42)])
async def test_only_an_injected_service_can_be_replaced(
    load: Loader, database: Database, section: str, answer: int
) -> None:
    database.create_all()
    example = load("ADB501", section)
    app = application(example)
    async with serving(app) as client:
        assert await count(client) == 0
        app.dependency_overrides[example.UserService] = FakeService
        assert await count(client) == answer


async def count(client: httpx.AsyncClient) -> int:
    response = await client.get("/users/count")
    return int(response.json())
