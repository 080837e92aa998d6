"""The API, end to end, on every database."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from flake8_asyncdb.reference.sessions import DBSession

pytestmark = pytest.mark.asyncio


async def test_users(start, url):
    async with start(url) as service:
        created = await service.request("POST", "/users", json={"name": " Ada ", "email": "Ada@Example.org"})
        assert created.status_code == 201
        user = created.json()
        assert (user["name"], user["email"]) == ("Ada", "ada@example.org")
        path = f"/users/{user['id']}"
        assert await service.ok("GET", path) == user
        changed = await service.ok("PATCH", path, {"name": "Lady Ada", "email": None})
        assert (changed["name"], changed["email"]) == ("Lady Ada", "ada@example.org")
        assert changed["created_at"] == user["created_at"]
        assert changed["updated_at"] > user["updated_at"]
        assert await service.ok("GET", path) == changed

        assert (await service.request("DELETE", path)).status_code == 204
        assert (await service.request("GET", path)).status_code == 404
        assert (await service.request("PATCH", path, json={"name": "x"})).status_code == 404
        assert (await service.request("DELETE", path)).status_code == 404
        assert await service.emails() == []

        assert (await service.ok("POST", f"{path}/restore"))["name"] == "Lady Ada"
        assert await service.emails() == ["ada@example.org"]


async def test_chat_sessions_and_messages(start, url):
    async with start(url) as service:
        user = await service.user()
        chat = await service.ok("POST", f"/users/{user}/chat-sessions", {"title": "one"})
        path = f"/chat-sessions/{chat['id']}"
        assert await service.ok("GET", path) == chat
        assert (await service.ok("PATCH", path, {"title": "two"}))["title"] == "two"

        first = await service.ok("POST", f"{path}/messages", {"content": "Grüße 👋"})
        assert (first["position"], first["role"], first["content"]) == (1, "user", "Grüße 👋")
        message = f"/messages/{first['id']}"
        assert await service.ok("GET", message) == first
        assert (await service.ok("PATCH", message, {"content": "edited"}))["content"] == "edited"

        answer = await service.request("POST", f"{path}/answers", json={"content": "what now"})
        assert answer.text == "what now "
        turns = (await service.ok("GET", f"{path}/messages"))["items"]
        assert [(turn["position"], turn["role"], turn["content"]) for turn in turns] == [
            (1, "user", "edited"),
            (2, "user", "what now"),
            (3, "assistant", "what now "),
        ]
        assert (await service.ok("GET", path))["message_count"] == 3
        assert service.in_use == 0


async def test_pages(start, url):
    async with start(url) as service:
        chat = await service.chat()
        for number in range(5):
            await service.ok("POST", f"/chat-sessions/{chat}/messages", {"content": str(number)})
            await service.user(f"{number}@example.org")
            await service.ok("POST", "/users/1/chat-sessions", {"title": str(number)})
        for path, expected in (
            (f"/chat-sessions/{chat}/messages", 5),
            ("/users", 6),
            ("/users/1/chat-sessions", 6),
        ):
            seen = []
            after = 0
            while after is not None:
                page = await service.ok("GET", f"{path}?limit=2&after={after}")
                assert len(page["items"]) <= 2
                seen += [item["id"] for item in page["items"]]
                after = page["next_after"]
            assert len(seen) == expected
            assert seen == sorted(set(seen))


@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("GET", "/users/7", None),
        ("PATCH", "/users/7", {"name": "x"}),
        ("DELETE", "/users/7", None),
        ("POST", "/users/7/restore", None),
        ("GET", "/users/7/chat-sessions", None),
        ("POST", "/users/7/chat-sessions", {"title": "x"}),
        ("GET", "/chat-sessions/7", None),
        ("PATCH", "/chat-sessions/7", {"title": "x"}),
        ("DELETE", "/chat-sessions/7", None),
        ("POST", "/chat-sessions/7/restore", None),
        ("GET", "/chat-sessions/7/messages", None),
        ("POST", "/chat-sessions/7/messages", {"content": "x"}),
        ("POST", "/chat-sessions/7/answers", {"content": "x"}),
        ("GET", "/messages/7", None),
        ("PATCH", "/messages/7", {"content": "x"}),
        ("DELETE", "/messages/7", None),
        ("POST", "/messages/7/restore", None),
    ],
)
async def test_what_does_not_exist_is_404(start, sqlite_url, method, path, json):
    async with start(sqlite_url) as service:
        response = await service.request(method, path, json=json)
        assert response.status_code == 404
        assert response.json() == {"detail": "not found"}


async def test_a_taken_address_is_409(start, url):
    async with start(url) as service:
        first = await service.user("a@example.org")
        second = await service.user("b@example.org")
        taken = await service.request("POST", "/users", json={"name": "x", "email": "A@example.org"})
        changed = await service.request("PATCH", f"/users/{second}", json={"email": "a@example.org"})
        assert taken.status_code == changed.status_code == 409
        assert taken.json() == {"detail": "conflicts with what is stored"}

        # The address of a deleted user is free, and then the old owner cannot come back.
        await service.ok("DELETE", f"/users/{first}")
        await service.user("a@example.org")
        assert (await service.request("POST", f"/users/{first}/restore")).status_code == 409
        assert await service.emails() == ["b@example.org", "a@example.org"]


@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("POST", "/users", {"name": "", "email": "a@example.org"}),
        ("POST", "/users", {"name": "x", "email": "nobody"}),
        ("POST", "/users", {"name": "x"}),
        ("POST", "/users", {"name": "NUL \x00 inside", "email": "a@example.org"}),
        ("POST", "/users", {"name": "x" * 201, "email": "a@example.org"}),
        ("GET", f"/users/{2**31}", None),
        ("GET", "/users/0", None),
        ("GET", "/users?limit=101", None),
        ("GET", f"/users?after={2**31}", None),
    ],
)
async def test_what_cannot_be_stored_is_422(start, postgres, method, path, json):
    async with start(postgres.url()) as service:
        assert (await service.request(method, path, json=json)).status_code == 422


async def test_health(start, url):
    async with start(url) as service:
        assert await service.ok("GET", "/health") == {"status": "ok"}
        assert service.in_use == 0


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_health_without_a_database_is_503(start, postgres, driver):
    async with start(postgres.url(driver)) as service:
        assert (await service.request("GET", "/health")).status_code == 200
        postgres.control("stop")
        try:
            down = await service.request("GET", "/health")
            users = await service.request("GET", "/users")
        finally:
            postgres.control("start", "-o", f'-h "" -k {postgres.host}')
        assert (down.status_code, down.json()) == (503, {"detail": "database unavailable"})
        assert users.status_code == 503
        assert (await service.request("GET", "/health")).status_code == 200


async def test_the_schema_can_be_left_to_migrations(start, sqlite_url):
    async with start(sqlite_url, create_tables=False) as service:
        assert (await service.request("GET", "/health")).status_code == 200
        assert (await service.request("GET", "/users")).status_code == 503


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_defect_is_500_and_shows_nothing(start, postgres, driver):
    async with start(postgres.url(driver), create_tables=False) as service:
        response = await service.request("GET", "/users")
        assert (response.status_code, response.text) == (500, "Internal Server Error")
        assert service.in_use == 0


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_connection_lost_in_the_request_is_503(start, postgres, driver):
    def add_routes(app: FastAPI) -> None:
        @app.post("/lose")
        async def lose(db: DBSession) -> None:
            await db.execute(text("SELECT 1"))
            postgres.admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
            await db.execute(text("SELECT 1"))

    async with start(postgres.url(driver), add_routes) as service:
        lost = await service.request("POST", "/lose")
        assert (lost.status_code, lost.json()) == (503, {"detail": "database unavailable"})
        assert service.in_use == 0
        assert await service.emails() == []
