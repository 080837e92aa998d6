"""ADB505 request-session-escapes, with FastAPI 0.118 and newer: the transaction is held until the task ends."""

from __future__ import annotations

import asyncio
from types import ModuleType

import pytest
from apps import Exchange, application
from fastapi import BackgroundTasks, Depends, FastAPI
from harness import Database, Loader, User
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError, MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlalchemy.orm.exc import DetachedInstanceError

OBSERVED = "when the task starts the client has its 200 and the row is not committed; a task that fails rolls it back"
VERSIONS = "SQLAlchemy 2.0 and 2.1, FastAPI 0.121 and newer (since 0.118; from 0.106 to 0.117 not)"

MAILS = "create table mails (user_id int not null)"
BROKEN_MAILS = "create table mails (user_id int not null check (user_id < 0))"


def watch(example: ModuleType, database: Database, exchange: Exchange) -> list[tuple[bool, int]]:
    """For each mail, whether the client has its answer, and how many users everybody else sees, as it begins."""
    seen = []

    def on_statement(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("insert into mails"):
            seen.append((exchange.is_answered, database.scalar("select count(*) from users")))

    event.listen(example.engine.sync_engine, "before_cursor_execute", on_statement)
    return seen


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "users"), [("Bad", 0), ("Good", 1)])
async def test_the_task_starts_before_the_request_has_committed(
    load: Loader, database: Database, section: str, users: int
) -> None:
    database.create_all()
    database.sql(MAILS)
    example = load("ADB505", section)
    exchange = Exchange(application(example), "POST", "/users?name=Ann")
    seen = watch(example, database, exchange)
    await exchange.run()
    assert seen == [(True, users)]
    assert database.sql("select user_id from mails") == [(int(exchange.body),)]


@pytest.mark.asyncio
@pytest.mark.parametrize(("section", "left"), [("Bad", []), ("Good", [("Ann",)])])
async def test_a_task_that_fails_undoes_the_request(
    load: Loader, database: Database, section: str, left: list[tuple[str]]
) -> None:
    database.create_all()
    database.sql(BROKEN_MAILS)
    exchange = Exchange(application(load("ADB505", section)), "POST", "/users?name=Ann")
    with pytest.raises(IntegrityError):
        await exchange.run()
    assert exchange.status == 200
    assert database.sql("select name from users") == left


@pytest.mark.asyncio
async def test_a_task_of_its_own_takes_a_connection_that_nobody_gives_back(load: Loader, database: Database) -> None:
    database.sql(MAILS)
    bad = load("ADB505", "Bad")
    app = FastAPI()
    answered = asyncio.Event()
    sessions = []
    tasks = []
    provided = Depends(bad.get_db)

    @app.post("/users")
    async def add_user(session: AsyncSession = provided) -> None:
        async def later() -> None:
            await answered.wait()
            await bad.queue_mail(session, 1)

        sessions.append(session)
        tasks.append(asyncio.create_task(later()))

    await Exchange(app, "POST", "/users").run()
    answered.set()
    await asyncio.gather(*tasks)
    assert bad.engine.pool.checkedout() == 1
    assert database.sql("select user_id from mails") == []
    await sessions[0].close()


@pytest.mark.asyncio
@pytest.mark.parametrize(("background", "error"), [(True, MissingGreenlet), (False, DetachedInstanceError)])
async def test_a_loaded_object_fails_on_what_it_has_not_loaded(
    load: Loader, database: Database, background: bool, error: type[Exception]
) -> None:
    database.create_all()
    database.sql("insert into users (name) values ('Ann')")
    app = FastAPI()
    answered = asyncio.Event()
    raised: list[type[Exception]] = []
    started = []
    provided = Depends(load("ADB505", "Bad").get_db)

    async def greet(user: User) -> None:
        try:
            print(user.name)
        except (MissingGreenlet, DetachedInstanceError) as failure:
            raised.append(type(failure))

    async def greet_later(user: User) -> None:
        await answered.wait()
        await greet(user)

    @app.post("/greetings")
    async def add_greeting(tasks: BackgroundTasks, session: AsyncSession = provided) -> None:
        user = await session.scalar(select(User).options(defer(User.name)))
        if background:
            tasks.add_task(greet, user)
        else:
            started.append(asyncio.create_task(greet_later(user)))

    await Exchange(app, "POST", "/greetings").run()
    answered.set()
    await asyncio.gather(*started)
    assert raised == [error]
