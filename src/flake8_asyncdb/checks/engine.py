"""Row 2, Engine: how the engine is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.facts.engines import UNPOOLED


@rule(
    "ADB201",
    "sync-engine",
    Severity.WARNING,
    "sync `{call}()` in an async application: its queries stop the event loop, use `create_async_engine()`",
)
def sync_engine(module: ModuleFacts) -> Iterator[Hit]:
    """A sync engine whose sessions or connections run on the event loop.

    Why: while a sync query waits for the database, no other request of the process is served. A query of
    half a second stops the loop for 0.515 s; the same query through an AsyncSession for 0.008 s.

    Bad:

        from fastapi import APIRouter, Depends
        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import Session, sessionmaker

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)  # ADB201
        SessionLocal = sessionmaker(engine)
        router = APIRouter()

        def get_db():
            with SessionLocal() as session:
                yield session

        @router.get("/users/count")
        async def count_users(db: Session = Depends(get_db)) -> int:
            return db.scalar(text("select count(*) from users"))

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

    Not reported: an engine that no async handler, dependency or middleware reaches, such as that of plain `def`
    handlers, a Celery worker, a command line or Alembic; one that only a lifespan uses, where nothing else of the
    application is async; a session that is only handed to a thread; `AsyncEngine(create_engine(...))`; an engine
    disposed of in the function that makes it; an engine that only carries an inert PRAGMA listener (ADB702 speaks).

    Options: `--adb-app=sync` switches the rule off, `--adb-app=async` reports every sync engine.
    """
    for engine in module.engines:
        if engine.is_async or engine.is_wrapped_async or engine.is_disposed_in_place or engine.is_listened_only:
            continue
        if module.project.is_async_for(engine.feeds_event_loop):
            yield hit(engine.node, call=engine.call_name)


@rule(
    "ADB202",
    "missing-pool-pre-ping",
    Severity.WARNING,
    "`{call}()` without `pool_pre_ping=True`: a connection that the server has closed fails the request that gets it",
)
def missing_pool_pre_ping(module: ModuleFacts) -> Iterator[Hit]:
    """An engine that never tests its pooled connections.

    Why: after a restart of the server, a failover or an idle time-out the pool hands out closed connections,
    and the first request on each fails: DBAPIError, connection is closed. With pre-ping the connection is
    replaced and the request succeeds.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app")  # ADB202

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: NullPool and StaticPool; SQLite, by a URL that is known or guarded by a branch such as
    `if "sqlite" in url`, by a listener of the engine that always sets PRAGMAs, or by `check_same_thread`; DuckDB;
    options that cannot be resolved (`**options`, a forwarded variable); an engine disposed of in the function that
    makes it.
    """
    for engine in module.engines:
        if engine.is_in_process or engine.is_disposed_in_place or engine.is_listened_only:
            continue
        pre_ping = engine.options.get("pool_pre_ping")
        is_off = pre_ping.is_absent or pre_ping.is_literal(False, None)
        if is_off and not engine.pool_may_be(UNPOOLED):
            yield hit(engine.node, call=engine.call_name)


@rule(
    "ADB293",
    "echo-on",
    Severity.ADVICE,
    "`echo={value}` logs every statement with its parameters: leave it to the logging configuration",
)
def echo_on(module: ModuleFacts) -> Iterator[Hit]:
    """An engine that prints its statements.

    Why: `echo=True` adds a handler of its own to the `sqlalchemy.engine` logger and writes every statement with
    its parameters, personal data included, whatever the service's logging is set to.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, echo=True)  # ADB293

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: `echo=False`, and values that are not constants, such as a setting.
    """
    for engine in module.engines:
        echo = engine.options.get("echo")
        if echo.is_literal(True) or echo.is_text("debug"):
            yield hit(echo.node or engine.node, value=ast.unparse(echo.node) if echo.node else "True")


@rule(
    "ADB203",
    "engine-per-request",
    Severity.ERROR,
    "`{call}()` in `{function}` makes a new pool for every request and leaves its connections open: "
    "make one engine for the application",
)
def engine_per_request(module: ModuleFacts) -> Iterator[Hit]:
    """An engine that every request makes anew.

    Why: each engine has a pool of its own that nobody closes. Thirty requests left 30 connections open on
    PostgreSQL until the garbage collector ran (1 with one engine); of 150 at once, 55 failed with "sorry, too many
    clients already".

    Bad:

        from fastapi import APIRouter
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        router = APIRouter()

        @router.get("/users/count")
        async def count_users() -> int:
            engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)  # ADB203
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

    Good:

        from fastapi import APIRouter
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        router = APIRouter()

        @router.get("/users/count")
        async def count_users() -> int:
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

    Not reported: an engine kept in a global, an attribute, a cache or `app.state`; one disposed of in the same
    function; NullPool; a function that others than handlers and dependencies call too.
    """
    for engine in module.engines:
        if engine.is_made_per_request and engine.function is not None:
            yield hit(engine.node, call=engine.call_name, function=engine.function.name)


@rule(
    "ADB204",
    "sync-pool-class",
    Severity.ERROR,
    "`{pool}` is refused by `{call}()`: leave `poolclass` out, or use `AsyncAdaptedQueuePool` or `NullPool`",
)
def sync_pool_class(module: ModuleFacts) -> Iterator[Hit]:
    """A pool for threads given to an async engine.

    Why: ArgumentError at once: Pool class QueuePool cannot be used with asyncio engine.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.pool import QueuePool

        engine = create_async_engine("postgresql+asyncpg://db/app", poolclass=QueuePool, pool_pre_ping=True)  # ADB204

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: AsyncAdaptedQueuePool, NullPool, StaticPool, AssertionPool; pool classes that cannot be resolved;
    sync engines.
    """
    for engine in module.engines:
        pool = engine.refused_pool() if engine.is_async else None
        if pool is not None and engine.pool.node is not None:
            yield hit(engine.pool.node, pool=pool, call=engine.call_name)


@rule(
    "ADB205",
    "async-event-target",
    Severity.ERROR,
    "`{target}` sends no events, SQLAlchemy refuses the listener: listen to {better}",
)
def async_event_target(module: ModuleFacts) -> Iterator[Hit]:
    """A listener on an async object.

    Why: NotImplementedError for an AsyncEngine and an AsyncSession (asynchronous events are not implemented),
    InvalidRequestError for the class AsyncSession and for async_sessionmaker (no such event).

    Bad:

        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @event.listens_for(engine, "connect")  # ADB205
        def on_connect(connection, record): ...

    Good:

        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @event.listens_for(engine.sync_engine, "connect")
        def on_connect(connection, record): ...

    Not reported: `engine.sync_engine`, `Engine`, `Session`, sync sessions, mapped classes and attributes; targets
    that cannot be resolved.
    """
    for listener in module.listeners:
        if listener.is_on_async_object:
            yield hit(listener.node, target=listener.target_text, better=listener.better_target)


@rule(
    "ADB206",
    "engine-across-event-loops",
    Severity.ERROR,
    "task `{function}` starts an event loop of its own, but the pool of the engine of {engine} keeps connections of "
    "the last one: use `NullPool` there, or dispose of the engine before the loop ends",
)
def engine_across_event_loops(module: ModuleFacts) -> Iterator[Hit]:
    """A pooled async engine that each run of a worker's task uses in a new event loop.

    Why: a connection belongs to the event loop that opened it. The second task gets one of a loop that is closed:
    RuntimeError, got Future attached to a different loop, also with `pool_pre_ping=True`.

    Bad:

        import asyncio
        from celery import shared_task
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        async def count_users() -> int:
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

        @shared_task
        def report() -> int:
            return asyncio.run(count_users())  # ADB206

    Good:

        import asyncio
        from celery import shared_task
        from sqlalchemy import NullPool, text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", poolclass=NullPool)

        async def count_users() -> int:
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

        @shared_task
        def report() -> int:
            return asyncio.run(count_users())

    Not reported: engines with NullPool; engines made or disposed of in what the task runs; functions that are no
    task of Celery, RQ, Dramatiq, Huey or APScheduler.
    """
    for run in module.loops_per_task():
        yield hit(run.node, function=run.function.name, engine=run.where)


@rule(
    "ADB207",
    "engine-arguments",
    Severity.ERROR,
    "{problem}: {remedy}",
)
def engine_arguments(module: ModuleFacts) -> Iterator[Hit]:
    """Arguments of an engine that fail when the program runs.

    Why: `pool_size` and `max_overflow` are a TypeError with NullPool and StaticPool; asyncpg knows neither
    `sslmode` nor `channel_binding` and raises TypeError at the first connection; `str(url)` and f-strings of a
    URL object hide the password, so that the login fails: password authentication failed.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app?sslmode=require", pool_pre_ping=True)  # ADB207

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app?ssl=require", pool_pre_ping=True)

    Not reported: other drivers, which do know `sslmode`; pool classes and URLs that cannot be resolved;
    `render_as_string(hide_password=False)`.
    """
    for engine in module.engines:
        for name in engine.pooling_arguments():
            pool = ast.unparse(engine.pool.node) if engine.pool.node is not None else "the pool"
            yield hit(engine.node, problem=f"`{pool}` takes no `{name}`", remedy="leave it out")
            break
        for name in engine.refused_parameters():
            remedy = "use `ssl=require`, or `connect_args`" if name == "sslmode" else "leave it out"
            yield hit(engine.node, problem=f"asyncpg knows no `{name}` in its URL", remedy=remedy)
            break
        if engine.masked_url:
            remedy = "pass the URL object itself, or `render_as_string(hide_password=False)`"
            yield hit(
                engine.node,
                problem="the text of a URL object hides the password",
                remedy=remedy,
            )


@rule(
    "ADB291",
    "unsized-pool",
    Severity.ADVICE,
    "`{call}()` without `pool_size` leaves the pool at 5 connections and 10 more: size it for the service",
)
def unsized_pool(module: ModuleFacts) -> Iterator[Hit]:
    """A pool of the default size.

    Why: an async service easily has more than 15 requests in a transaction at once; the others wait 30 seconds and
    fail with "QueuePool limit reached". How many connections the server allows is a decision to be made.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)  # ADB291

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, pool_size=20)

    Not reported: SQLite, NullPool, StaticPool, a pool class or options that cannot be resolved.
    """
    for engine in module.engines:
        if engine.options.get("pool_size").is_absent and engine.is_pooled and not engine.is_sqlite:
            yield hit(engine.node, call=engine.call_name)


@rule(
    "ADB292",
    "redundant-future",
    Severity.ADVICE,
    "`future=True` says nothing since SQLAlchemy 2.0: leave it out",
)
def redundant_future(module: ModuleFacts) -> Iterator[Hit]:
    """The switch of SQLAlchemy 1.4 for the style of 2.0.

    Why: every engine and session of SQLAlchemy 2.0 has that style; the argument is accepted and ignored.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, future=True)  # ADB292

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: `future=False`, values that are not constants, and projects that pin SQLAlchemy below 2.0.
    """
    if module.project.sqlalchemy_is_below((2, 0)):
        return
    for options in [made.options for made in module.engines] + [made.options for made in module.session_factories]:
        future = options.get("future")
        if future.is_literal(True) and future.node is not None:
            yield hit(future.node)
