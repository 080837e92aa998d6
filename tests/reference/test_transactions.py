"""A request is one transaction: what ends it badly leaves nothing behind, and the client is told."""

from __future__ import annotations

import asyncio
from typing import Annotated

import anyio
import pytest
from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from flake8_asyncdb.reference.dependencies import UserServiceDep
from flake8_asyncdb.reference.models import ChatSession
from flake8_asyncdb.reference.schemas import MessageCreate, UserCreate
from flake8_asyncdb.reference.services import ChatSessionService, MessageService
from flake8_asyncdb.reference.sessions import DBSession, SoftDeleteSession, get_db

from .conftest import until

pytestmark = pytest.mark.asyncio
EVE = UserCreate(name="Eve", email="eve@example.org")


async def test_a_handler_that_raises_is_rolled_back(start, url):
    def add_routes(app: FastAPI) -> None:
        @app.post("/raise/{status}")
        async def fail(status: int, users: UserServiceDep) -> None:
            await users.create(EVE)
            raise HTTPException(status) if status < 500 else RuntimeError("a defect")

    async with start(url, add_routes) as service:
        await service.user("kept@example.org")
        assert (await service.request("POST", "/raise/418")).status_code == 418
        broken = await service.request("POST", "/raise/500")
        assert (broken.status_code, broken.text) == (500, "Internal Server Error")
        assert service.in_use == 0
        assert await service.emails() == ["kept@example.org"]


async def test_two_services_in_one_request_share_one_transaction(start, url):
    sessions = []

    def add_routes(app: FastAPI) -> None:
        @app.post("/both")
        async def both(db: DBSession, users: UserServiceDep) -> None:
            user = await users.create(EVE)
            sessions.append((db, users._db))
            db.add(ChatSession(user_id=user.id, title=None))

    async with start(url, add_routes) as service:
        assert (await service.request("POST", "/both")).status_code == 409  # a title is NOT NULL
        assert sessions[0][0] is sessions[0][1]
        assert await service.emails() == []


async def defer_foreign_keys(db: AsyncSession) -> None:
    if db.get_bind().dialect.name == "sqlite":
        await db.execute(text("PRAGMA defer_foreign_keys = ON"))


def make_foreign_keys_deferrable(url: str, request: pytest.FixtureRequest) -> None:
    if url.startswith("postgresql"):
        request.getfixturevalue("postgres").admin(
            "ALTER TABLE chat_sessions ALTER CONSTRAINT fk_chat_sessions_user_id_users DEFERRABLE INITIALLY DEFERRED"
        )


async def test_a_commit_that_fails_is_an_error_for_the_client(start, url, request):
    def add_routes(app: FastAPI) -> None:
        @app.post("/orphan")
        async def orphan(db: DBSession) -> None:
            await defer_foreign_keys(db)
            db.add(ChatSession(user_id=4711, title="nobody's"))
            await db.flush()  # passes: the constraint is checked by the commit

        @app.post("/control")
        async def control(db: Annotated[AsyncSession, Depends(get_db)]) -> None:
            await orphan(db)

    async with start(url, add_routes) as service:
        make_foreign_keys_deferrable(url, request)
        refused = await service.request("POST", "/orphan")
        assert (refused.status_code, refused.json()) == (409, {"detail": "conflicts with what is stored"})
        assert service.in_use == 0
        assert (await service.request("GET", "/chat-sessions/1")).status_code == 404
        # The same with FastAPI's default scope: success is sent before the commit has failed.
        assert (await service.request("POST", "/control")).status_code == 200
        assert (await service.request("GET", "/chat-sessions/1")).status_code == 404


async def test_a_commit_that_breaks_is_never_a_success(start, url):
    def refuse(session: SoftDeleteSession) -> None:
        raise RuntimeError("a defect")

    async with start(url) as service:
        event.listen(SoftDeleteSession, "before_commit", refuse)
        try:
            response = await service.request("POST", "/users", json=EVE.model_dump())
        finally:
            event.remove(SoftDeleteSession, "before_commit", refuse)
        assert response.status_code == 500
        assert service.in_use == 0
        assert await service.emails() == []


def add_parked_route(app: FastAPI) -> None:
    """A handler that waits for ever in the middle of its transaction."""
    app.state.parked = asyncio.Event()

    @app.post("/park")
    async def park(users: UserServiceDep) -> None:
        await users.create(EVE)
        app.state.parked.set()
        await asyncio.Event().wait()


async def cancel_once(task: asyncio.Task[object]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def cancel_again_and_again(task: asyncio.Task[object]) -> None:
    while not task.done():
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("cancel", [cancel_once, cancel_again_and_again])
async def test_a_cancelled_request_is_rolled_back(start, url, cancel):
    """On SQLite in memory this also shows that the connection goes back whole: a closed one takes the tables
    with it."""
    async with start(url, add_parked_route) as service:
        await service.user("kept@example.org")
        request = asyncio.create_task(service.request("POST", "/park"))
        await service.app.state.parked.wait()
        assert service.in_use == 1
        await cancel(request)
        await until(lambda: service.in_use == 0)
        assert await service.emails() == ["kept@example.org"]


async def test_a_cancelled_scope_is_rolled_back(start, url):
    """Starlette cancels by anyio's scopes, which cancel every further `await` as well."""
    async with start(url, add_parked_route) as service:
        await service.user("kept@example.org")
        async with anyio.create_task_group() as group:
            group.start_soon(service.request, "POST", "/park")
            await service.app.state.parked.wait()
            group.cancel_scope.cancel()
        await until(lambda: service.in_use == 0)
        assert await service.emails() == ["kept@example.org"]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_request_cancelled_in_a_query_is_rolled_back(start, postgres, driver):
    def add_routes(app: FastAPI) -> None:
        @app.post("/wait")
        async def wait(db: DBSession, users: UserServiceDep) -> None:
            await users.create(EVE)
            await db.execute(text("SELECT pg_advisory_xact_lock(1)"))

    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    transactions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND xact_start IS NOT NULL"
    async with start(postgres.url(driver), add_routes) as service:
        async with service.app.state.engine.connect() as other:
            await other.execute(text("SELECT pg_advisory_lock(1)"))
            request = asyncio.create_task(service.request("POST", "/wait"))
            await until(lambda: postgres.admin(waiting) == [(1,)])
            await cancel_once(request)
            await until(lambda: postgres.admin(waiting) == [(0,)])
            await until(lambda: service.in_use == 1)
            await other.execute(text("SELECT pg_advisory_unlock(1)"))
        await until(lambda: postgres.admin(transactions) == [(0,)])
        assert await service.emails() == []
        assert service.in_use == 0


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_request_cancelled_in_its_commit_is_committed(start, postgres, driver):
    """A commit under way runs to its end, so that nobody has to guess, and its connection comes back."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    async with start(postgres.url(driver)) as service:
        postgres.admin(
            "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END'",
            "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON users "
            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()",
        )
        async with service.app.state.engine.connect() as other:
            await other.execute(text("SELECT pg_advisory_lock(1)"))
            request = asyncio.create_task(service.request("POST", "/users", json=EVE.model_dump()))
            await until(lambda: postgres.admin(waiting) == [(1,)])
            request.cancel()
            await asyncio.sleep(0)
            await other.execute(text("SELECT pg_advisory_unlock(1)"))
            with pytest.raises(asyncio.CancelledError):
                await request
            await until(lambda: service.in_use == 1)
        assert await service.emails() == ["eve@example.org"]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_locked_row_is_read_as_it_is_now(start, postgres, driver):
    """And not as the session saw it before the lock."""
    async with start(postgres.url(driver)) as service:
        chat = await service.chat()
        async with service.app.state.session_factories.write.begin() as db:
            seen = await ChatSessionService(db).get(chat)
            assert seen.message_count == 0
            await service.ok("POST", f"/chat-sessions/{chat}/messages", {"content": "meanwhile"})
            message = await MessageService(db).create(chat, "user", MessageCreate(content="then"))
            assert message.position == seen.message_count == 2


async def test_attributes_stay_readable_after_the_commit(start, url):
    async with start(url) as service:
        await service.user("a@example.org")
        async with service.app.state.session_factories.write.begin() as db:
            user = (await db.execute(text("SELECT id FROM users"))).scalar_one()
            chat = ChatSession(user_id=user, title="talk")
            db.add(chat)
        assert (chat.title, chat.message_count, chat.deleted_at) == ("talk", 0, None)
