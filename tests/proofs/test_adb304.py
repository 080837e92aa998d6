"""ADB304 scoped-session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from harness import Database, Loader, serving
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker

OBSERVED = "of two concurrent requests one rolls back, and the row that the other committed is gone (both answer 200)"


class Upload:
    """A body that waits, so that both requests are in their handlers at once."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.is_awaited = asyncio.Event()
        self.may_go = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.is_awaited.set()
        await self.may_go.wait()
        yield self.content


async def rows_of_two_requests(load: Loader, database: Database, section: str) -> list[tuple[int]]:
    """The first request is cancelled by its client's empty body, then the second one commits."""
    database.create_all()
    app = FastAPI()
    app.include_router(load("ADB304", section).router)
    refused, accepted = Upload(b""), Upload(b"yes")
    async with serving(app) as client:
        requests = []
        for number, upload in enumerate((refused, accepted), 1):
            requests.append(asyncio.create_task(client.post(f"/users/{number}", content=upload)))
            await upload.is_awaited.wait()
        answers: list[httpx.Response] = []
        for request, upload in zip(requests, (refused, accepted), strict=True):
            upload.may_go.set()
            answers.append(await request)
    assert [answer.status_code for answer in answers] == [200, 200]
    return database.sql("select id from users")


@pytest.mark.asyncio
async def test_one_request_rolls_back_what_another_commits(load: Loader, database: Database) -> None:
    assert await rows_of_two_requests(load, database, "Bad") == []


@pytest.mark.asyncio
async def test_a_session_of_its_own_keeps_it(load: Loader, database: Database) -> None:
    assert await rows_of_two_requests(load, database, "Good") == [(2,)]


def test_an_async_registry_needs_a_scope_function() -> None:
    with pytest.raises(TypeError, match="scopefunc"):
        async_scoped_session(async_sessionmaker())
