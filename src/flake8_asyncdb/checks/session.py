"""Row 3, Session: how sessions are made."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.facts.options import Option
from flake8_asyncdb.model import api
from flake8_asyncdb.model.values import Tri


@rule(
    "ADB301",
    "sync-sessionmaker",
    Severity.WARNING,
    "`sessionmaker()` makes sync sessions for an async application: use `async_sessionmaker()` on an async engine",
)
def sync_sessionmaker(module: ModuleFacts) -> Iterator[Hit]:
    """A factory of sync sessions whose engine serves the event loop.

    Why: every query of such a session stops the event loop until the database answers: for 0.515 s where the query
    takes half a second; in an AsyncSession for 0.008 s.

    Bad:

        from fastapi import APIRouter
        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import sessionmaker

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)
        SessionLocal = sessionmaker(bind=engine)  # ADB301
        router = APIRouter()

        @router.get("/users/count")
        async def count_users() -> int:
            with SessionLocal() as session:
                return session.scalar(text("select count(*) from users"))

    Good:

        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        @router.get("/users/count")
        async def count_users(db: AsyncSession = Depends(get_db)) -> int:
            return await db.scalar(text("select count(*) from users"))

    Not reported: a factory whose sessions and engine no async entry point reaches; `sessionmaker(class_=AsyncSession)`
    (ADB302 speaks); one handed straight to `scoped_session` (ADB304 speaks); a local function or variable that is
    called `sessionmaker`.

    Options: `--adb-app=sync` switches the rule off, `--adb-app=async` reports every factory of sync sessions.
    """
    for factory in module.session_factories:
        if factory.callee != api.SESSIONMAKER or factory.makes_sync_sessions is not Tri.YES or factory.is_scoped:
            continue
        if module.project.is_async_for(factory.feeds_event_loop):
            yield hit(factory.node)


@rule(
    "ADB302",
    "sessionmaker-for-async-session",
    Severity.ADVICE,
    "`sessionmaker(class_=AsyncSession)` confuses type checkers, its sessions have no type: use `async_sessionmaker()`",
)
def sessionmaker_for_async_session(module: ModuleFacts) -> Iterator[Hit]:
    """A sync factory made to produce AsyncSessions.

    Why: it works, but `sessionmaker` is typed for `Session`, which AsyncSession is not: mypy rejects the call (no
    overload variant) and takes the sessions for Any, so that a missing `await` passes unseen; `async_sessionmaker`
    exists since SQLAlchemy 2.0 for this. A convention: nothing fails at run time.

    Bad:

        from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
        from sqlalchemy.orm import sessionmaker

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)  # ADB302

    Good:

        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

    Not reported: `async_sessionmaker(class_=AsyncSession)`; a `class_` that cannot be resolved.
    """
    for factory in module.session_factories:
        if factory.callee == api.SESSIONMAKER and factory.makes_async_sessions is Tri.YES:
            yield hit(factory.node)


@rule(
    "ADB303",
    "expire-on-commit",
    Severity.WARNING,
    "`{call}` without `expire_on_commit=False`: reading an attribute after `commit()` raises MissingGreenlet",
)
def expire_on_commit(module: ModuleFacts) -> Iterator[Hit]:
    """AsyncSessions whose objects expire when they commit.

    Why: an expired attribute is loaded again when it is read, which an AsyncSession cannot do: MissingGreenlet;
    as a FastAPI response a 500 (ResponseValidationError), or 200 with `{}` where there is no response model.

    Bad:

        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine)  # ADB303

        async def add_user(user) -> str:
            async with SessionLocal() as session:
                session.add(user)
                await session.commit()
                return user.name

    Good:

        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def add_user(user) -> str:
            async with SessionLocal() as session:
                session.add(user)
                await session.commit()
                return user.name

    Not reported: a value that is a variable or comes by a later `configure()`; options that cannot be resolved;
    factories of sync sessions.
    """
    for factory in module.session_factories:
        if factory.callee in (api.SESSIONMAKER, api.ASYNC_SESSIONMAKER) and factory.makes_async_sessions is Tri.YES:
            if _expires(factory.expire_on_commit):
                yield hit(factory.node, call=f"{factory.callee.rpartition('.')[2]}()")
    for opened in module.session_calls:
        if opened.is_async and _expires(opened.options.get("expire_on_commit")):
            yield hit(opened.node, call="AsyncSession()")


def _expires(option: Option) -> bool:
    return option.is_absent or option.is_literal(True)


@rule(
    "ADB304",
    "scoped-session",
    Severity.ERROR,
    "`{call}()` {fault}: {remedy}",
)
def scoped_session(module: ModuleFacts) -> Iterator[Hit]:
    """A session registry that cannot tell tasks apart.

    Why: the default registry knows threads, and all requests of an event loop run in one thread. Two concurrent
    requests shared one session: the first rolled back, and the row that the other committed was gone, with 200 as
    the answer to both. `async_scoped_session` without `scopefunc` is a TypeError at once.

    Bad:

        from fastapi import APIRouter, Request
        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import scoped_session, sessionmaker

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)
        Session = scoped_session(sessionmaker(engine))  # ADB304
        router = APIRouter()

        @router.post("/users/{id}")
        async def add_user(id: int, request: Request) -> None:
            Session().execute(text("insert into users (id, name) values (:id, '')"), {"id": id})
            if await request.body():
                Session().commit()
            else:
                Session().rollback()

    Good:

        from fastapi import APIRouter, Depends, Request
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        @router.post("/users/{id}")
        async def add_user(id: int, request: Request, session: AsyncSession = Depends(get_db)) -> None:
            await session.execute(text("insert into users (id, name) values (:id, '')"), {"id": id})
            if await request.body():
                await session.commit()
            else:
                await session.rollback()

    Not reported: a registry whose sessions and engine no async entry point reaches; a `scopefunc` that asks
    `asyncio.current_task`, or that cannot be resolved.

    Options: `--adb-app=sync` switches the rule for `scoped_session` off, `--adb-app=async` reports every one.
    """
    for factory in module.session_factories:
        if factory.callee == api.ASYNC_SCOPED_SESSION and factory.scope_function.is_absent:
            remedy = "pass `scopefunc=asyncio.current_task`"
            yield hit(factory.node, call="async_scoped_session", fault="needs a `scopefunc`", remedy=remedy)
        elif factory.callee == api.SCOPED_SESSION and not factory.is_task_aware:
            if module.project.is_async_for(factory.feeds_event_loop):
                fault = "gives all tasks of the event loop one session"
                if factory.scope_function.is_present:
                    fault = "has a `scopefunc` that does not ask for the current task, so that tasks share a session"
                yield hit(factory.node, call="scoped_session", fault=fault, remedy="inject an AsyncSession instead")


@rule(
    "ADB305",
    "generator-annotated-as-session",
    Severity.ADVICE,
    "generator `{function}` is annotated `-> {annotation}` but yields it: write `-> {expected}`",
)
def generator_annotated_as_session(module: ModuleFacts) -> Iterator[Hit]:
    """A provider whose annotation names what it yields instead of what it is.

    Why: mypy rejects it (the return type of an async generator function should be AsyncGenerator), and takes a
    call of it for a session, so that using the provider without `Depends` passes unseen. A convention: nothing
    fails at run time.

    Bad:

        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db() -> AsyncSession:  # ADB305
            async with SessionLocal() as session:
                yield session

    Good:

        from collections.abc import AsyncIterator
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db() -> AsyncIterator[AsyncSession]:
            async with SessionLocal() as session:
                yield session

    Not reported: functions that return the session; generators without an annotation.
    """
    for provider in module.misannotated_providers():
        values = {
            "function": provider.function.name,
            "annotation": provider.annotation,
            "expected": provider.expected,
        }
        yield hit(provider.function.node, **values)


@rule(
    "ADB306",
    "unclosed-session",
    Severity.ERROR,
    "the session of `{call}` is never closed and keeps its connection: use `{word} {call} as session`",
)
def unclosed_session(module: ModuleFacts) -> Iterator[Hit]:
    """A session that a function makes and nobody closes.

    Why: its connection is not given back before the garbage collector runs. With a pool of two, the third call
    failed: TimeoutError, QueuePool limit of size 2 overflow 0 reached.

    Bad:

        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import sessionmaker

        engine = create_engine("postgresql://db/app", pool_pre_ping=True, pool_size=2, max_overflow=0, pool_timeout=0)
        SessionLocal = sessionmaker(engine)

        def count_users() -> int:
            session = SessionLocal()  # ADB306
            return session.scalar(text("select count(*) from users"))

    Good:

        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import sessionmaker

        engine = create_engine("postgresql://db/app", pool_pre_ping=True, pool_size=2, max_overflow=0, pool_timeout=0)
        SessionLocal = sessionmaker(engine)

        def count_users() -> int:
            with SessionLocal() as session:
                return session.scalar(text("select count(*) from users"))

    Not reported: sessions that are closed, used as a context manager, returned, yielded, stored, or handed to a
    function that closes or keeps them, or that cannot be resolved; sessions of a registry; sessions bound to a
    connection, which own none.
    """
    for opened in module.open_sessions():
        yield hit(opened.node, call=opened.text, word=opened.word)


@rule(
    "ADB307",
    "sync-with-on-async",
    Severity.ERROR,
    "`{used} {text}` fails, it has no such protocol: write `{wanted}`",
)
def sync_with_on_async(module: ModuleFacts) -> Iterator[Hit]:
    """`with` where `async with` belongs, or the other way round.

    Why: TypeError: object does not support the context manager protocol (or the asynchronous one); on Python 3.10
    AttributeError: __enter__ (or __aenter__).

    Bad:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def count_users() -> int:
            with SessionLocal() as session:  # ADB307
                return await session.scalar(text("select count(*) from users"))

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def count_users() -> int:
            async with SessionLocal() as session:
                return await session.scalar(text("select count(*) from users"))

    Not reported: what does not resolve to a session, a connection or a context manager of one.
    """
    for wrong in module.wrong_withs():
        yield hit(wrong.node, used=wrong.used, text=wrong.text, wanted=wrong.wanted)
