"""The service of examples/, before and after: both run, and flake8 tells them apart."""

from __future__ import annotations

import asyncio
import importlib
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from running import RunFlake8
from sqlalchemy import event

pytestmark = pytest.mark.usefixtures("own_garbage")
ROOT = Path(__file__).parents[1]
NAMED_BY_USERS = {"ADB401", "ADB201", "ADB501", "ADB202", "ADB601"}


@pytest.fixture
def forget_app() -> Iterator[None]:
    """Both sides are called `app`: leave none of them behind in `sys.modules`."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "app"]:
        del sys.modules[name]


@pytest.fixture
def after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget_app: None) -> ModuleType:
    """The module app.main of the migrated service, on a fresh SQLite file."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/chat.db")
    monkeypatch.syspath_prepend(ROOT / "examples" / "after")
    return importlib.import_module("app.main")


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget_app: None) -> ModuleType:
    """The module app.main of the service as it was, on fresh SQLite files."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/chat.db")
    monkeypatch.setenv("USAGE_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/usage.db")
    monkeypatch.syspath_prepend(ROOT / "examples" / "before")
    return importlib.import_module("app.main")


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://chat")


async def conversation(app: FastAPI) -> dict[str, Any]:
    """What a user of the service sees, from the first request to the last."""
    async with app.router.lifespan_context(app), client_of(app) as client:
        health = await client.get("/health")
        user = (await client.post("/users", json={"name": "Ada"})).json()
        chat = (await client.post("/chats", json={"user_id": user["id"], "title": " "})).json()
        messages = f"/chats/{chat['id']}/messages"
        for word in ("one", "two"):
            await client.post(messages, json={"role": "user", "content": word})
        nowhere = await client.post("/chats/99/messages", json={"role": "user", "content": "lost"})
        nobody = await client.post("/chats", json={"user_id": 99, "title": "lost"})
        return {
            "health": health.json(),
            "user": user,
            "chats": (await client.get(f"/users/{user['id']}/chats")).json(),
            "messages": (await client.get(messages)).json(),
            "nowhere": nowhere.status_code,
            "nobody": nobody.status_code,
        }


def query(database: Path, statement: str) -> Any:
    """The first value that a statement gives on a database file, read from outside the service."""
    connection = sqlite3.connect(database)
    try:
        ((value,),) = connection.execute(statement).fetchall()
        return value
    finally:
        connection.close()


def assert_answers(answers: dict[str, Any]) -> None:
    assert answers["health"] == {"status": "ok"}
    assert answers["user"]["name"] == "Ada"
    assert [chat["title"] for chat in answers["chats"]] == ["New chat"]
    assert [message["content"] for message in answers["messages"]] == ["one", "two"]
    assert answers["nowhere"] == 404


def test_after_serves_and_its_times_are_aware(after: ModuleType) -> None:
    answers = asyncio.run(conversation(after.app))

    assert_answers(answers)
    for stored in (answers["user"], *answers["chats"], *answers["messages"]):
        assert datetime.fromisoformat(stored["created_at"].replace("Z", "+00:00")).utcoffset() == timedelta(0)


def test_after_tunes_the_engine_that_serves(after: ModuleType, tmp_path: Path) -> None:
    asyncio.run(conversation(after.app))

    assert query(tmp_path / "chat.db", "PRAGMA journal_mode") == "wal"


def test_after_checks_foreign_keys(after: ModuleType, tmp_path: Path) -> None:
    answers = asyncio.run(conversation(after.app))

    assert answers["nobody"] == 404
    assert query(tmp_path / "chat.db", "SELECT count(*) FROM chat_sessions") == 1


def test_after_rolls_back_what_a_failing_request_wrote(after: ModuleType, tmp_path: Path) -> None:
    session_of_a_request = asynccontextmanager(sys.modules["app.database"].get_db)

    async def fail_after_writing() -> None:
        async with after.app.router.lifespan_context(after.app), session_of_a_request() as db:
            db.add(sys.modules["app.models"].User(name="Ada"))
            await db.flush()
            raise LookupError("the handler fails")

    with pytest.raises(LookupError):
        asyncio.run(fail_after_writing())
    assert query(tmp_path / "chat.db", "SELECT count(*) FROM users") == 0


def test_after_commits_before_it_answers(after: ModuleType, tmp_path: Path) -> None:
    async def stored_when_answered() -> Any:
        async with after.app.router.lifespan_context(after.app), client_of(after.app) as client:
            await client.post("/users", json={"name": "Ada"})
            return query(tmp_path / "chat.db", "SELECT count(*) FROM users")

    assert asyncio.run(stored_when_answered()) == 1


def test_after_serves_many_at_once(after: ModuleType, tmp_path: Path) -> None:
    async def crowd() -> list[int]:
        async with after.app.router.lifespan_context(after.app), client_of(after.app) as client:
            posts = (client.post("/users", json={"name": f"user {number}"}) for number in range(25))
            return [answer.status_code for answer in await asyncio.gather(*posts)]

    assert asyncio.run(crowd()) == [201] * 25
    assert query(tmp_path / "chat.db", "SELECT count(*) FROM users") == 25


def test_after_leaves_no_connection_open(after: ModuleType) -> None:
    seen: Counter[str] = Counter()
    for what in ("connect", "close"):
        event.listen(after.engine.sync_engine, what, lambda *_, what=what: seen.update([what]))

    asyncio.run(conversation(after.app))

    assert seen["connect"] == seen["close"] > 0


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///chat.db", "sqlite+aiosqlite:///chat.db"),
        ("postgres://ada:s3cret@db/chat", "postgresql+asyncpg://ada:s3cret@db/chat"),
        ("postgresql://ada:s3cret@db/chat", "postgresql+asyncpg://ada:s3cret@db/chat"),
        ("postgresql+psycopg2://db/chat", "postgresql+asyncpg://db/chat"),
        ("postgresql+psycopg://db/chat", "postgresql+psycopg://db/chat"),
    ],
)
def test_after_converts_every_address_to_an_async_driver(after: ModuleType, given: str, used: str) -> None:
    url = sys.modules["app.database"].async_url(given)

    assert url.render_as_string(hide_password=False) == used


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_before_serves_the_same_but_naively_and_untuned(before: ModuleType, tmp_path: Path) -> None:
    async def converse() -> dict[str, Any]:
        try:
            return await conversation(before.app)
        finally:
            sys.modules["app.database"].Database().engine.dispose()
            await sys.modules["app.usage"].engine.dispose()

    answers = asyncio.run(converse())

    assert_answers(answers)
    assert answers["nobody"] == 201
    assert datetime.fromisoformat(answers["user"]["created_at"]).utcoffset() is None
    assert query(tmp_path / "chat.db", "PRAGMA journal_mode") == "delete"
    assert query(tmp_path / "usage.db", "PRAGMA journal_mode") == "delete"


def test_flake8_finds_every_row_before(run_flake8: RunFlake8) -> None:
    run = run_flake8("--isolated", "--select=ADB", "examples/before", cwd=ROOT)

    assert run.status == 1, run.stderr
    assert {code[3] for code in run.codes} == set("123456789")
    assert set(run.codes) >= NAMED_BY_USERS


def test_flake8_finds_nothing_after(run_flake8: RunFlake8) -> None:
    run = run_flake8("--isolated", "--select=ADB", "examples/after", cwd=ROOT)

    assert (run.status, run.stdout, run.stderr) == (0, "", "")
