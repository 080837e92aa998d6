"""Streams hold no connection, and end with their client."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from flake8_asyncdb.reference.dependencies import get_answer_model
from flake8_asyncdb.reference.schemas import UserCreate
from flake8_asyncdb.reference.services import UserService
from flake8_asyncdb.reference.sessions import Factories, get_db

from .conftest import until

pytestmark = pytest.mark.asyncio
CLIENTS = 6


class Model:
    """Answers with one piece, then waits to be released before the other."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.cancelled = 0

    async def __call__(self, question: str):
        yield "first "
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        yield "last"

    def install(self, app: FastAPI) -> None:
        app.dependency_overrides[get_answer_model] = lambda: self


async def test_more_streams_than_connections(serve, url):
    model = Model()
    async with serve(url, model.install, pool_size=1, max_overflow=0) as service:
        chat = await service.chat()
        async with AsyncExitStack() as stack:
            answers = []
            for _ in range(CLIENTS):
                response = await stack.enter_async_context(
                    service.client.stream("POST", f"/chat-sessions/{chat}/answers", json={"content": "?"})
                )
                assert response.status_code == 200
                answers.append(response.aiter_text())
                assert await anext(answers[-1]) == "first "
            assert service.in_use == 0
            assert (await service.request("GET", "/health")).status_code == 200

            model.released.set()
            for answer in answers:
                assert [piece async for piece in answer] == ["last"]
        turns = (await service.ok("GET", f"/chat-sessions/{chat}/messages?limit=100"))["items"]
        assert [turn["role"] for turn in turns] == ["user"] * CLIENTS + ["assistant"] * CLIENTS
        assert {turn["content"] for turn in turns} == {"?", "first last"}
        assert model.cancelled == service.in_use == 0


async def test_the_default_scope_parks_a_connection(serve, url):
    """The control of the test above: with a session in FastAPI's default scope, one client is enough."""
    model = Model()

    def add_routes(app: FastAPI) -> None:
        @app.get("/control")
        async def control(db: Annotated[AsyncSession, Depends(get_db)]) -> StreamingResponse:
            await db.execute(text("SELECT 1"))
            return StreamingResponse(model("?"))

    async with serve(url, add_routes, pool_size=1, max_overflow=0, pool_timeout_seconds=0.05) as service:
        async with service.client.stream("GET", "/control") as response:
            pieces = response.aiter_text()
            assert await anext(pieces) == "first "
            assert service.in_use == 1
            assert (await service.request("GET", "/health")).status_code == 503
            model.released.set()
            assert [piece async for piece in pieces] == ["last"]
        await until(lambda: service.in_use == 0)
        assert (await service.request("GET", "/health")).status_code == 200


async def test_a_client_that_leaves_a_stream(serve, url):
    model = Model()
    async with serve(url, model.install, pool_size=1, max_overflow=0) as service:
        chat = await service.chat()
        async with service.client.stream("POST", f"/chat-sessions/{chat}/answers", json={"content": "?"}) as response:
            pieces = response.aiter_text()
            assert await anext(pieces) == "first "
        await until(lambda: model.cancelled == 1)
        assert service.in_use == 0
        turns = (await service.ok("GET", f"/chat-sessions/{chat}/messages"))["items"]
        assert [(turn["role"], turn["content"]) for turn in turns] == [("user", "?")]


async def test_a_client_that_leaves_within_a_transaction(serve, url):
    """Not what a stream should do; where one has a transaction open, it is rolled back all the same. (On
    SQLite in memory, a connection that did not come back whole would have taken the tables with it.)"""

    def add_routes(app: FastAPI) -> None:
        @app.post("/import")
        async def run_import(factories: Factories) -> StreamingResponse:
            async def rows():
                async with factories.write.begin() as db:
                    await UserService(db).create(UserCreate(name="Eve", email="eve@example.org"))
                    yield "imported"
                    await asyncio.Event().wait()

            return StreamingResponse(rows())

    async with serve(url, add_routes, pool_size=1, max_overflow=0) as service:
        await service.user("kept@example.org")
        async with service.client.stream("POST", "/import") as response:
            pieces = response.aiter_text()
            assert await anext(pieces) == "imported"
            assert service.in_use == 1
        await until(lambda: service.in_use == 0)
        assert await service.emails() == ["kept@example.org"]


async def test_a_stream_of_nothing_that_exists_is_404(serve, sqlite_url):
    async with serve(sqlite_url) as service:
        response = await service.request("POST", "/chat-sessions/1/answers", json={"content": "?"})
        assert response.status_code == 404
