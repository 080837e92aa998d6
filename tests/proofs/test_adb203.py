"""ADB203 engine-per-request."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from harness import Database, Loader, garbage_kept, serving

REQUESTS = 30
OBSERVED = "30 requests leave 30 connections open on the server; with one engine 1"


async def connections_left(load: Loader, database: Database, section: str) -> int:
    app = FastAPI()
    app.include_router(load("ADB203", section).router)
    async with serving(app) as client:
        for _ in range(REQUESTS):
            assert (await client.get("/users/count")).json() == 0
    return database.connections()


@pytest.mark.asyncio
async def test_each_request_leaves_its_connection_open(load: Loader, database: Database) -> None:
    database.create_all()
    with garbage_kept():
        assert await connections_left(load, database, "Bad") == REQUESTS
        await load.dispose()


@pytest.mark.asyncio
async def test_one_engine_needs_one_connection(load: Loader, database: Database) -> None:
    database.create_all()
    with garbage_kept():
        assert await connections_left(load, database, "Good") == 1
