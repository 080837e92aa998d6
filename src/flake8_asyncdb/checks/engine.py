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

        from fastapi import Depends, FastAPI
        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import Session, sessionmaker

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)  # ADB201
        SessionLocal = sessionmaker(engine)
        app = FastAPI()

        def get_db():
            with SessionLocal() as session:
                yield session

        @app.get("/")
        async def home(db: Session = Depends(get_db)):
            return db.execute(text("select 1")).scalar()

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: an engine that no async handler, dependency, middleware or lifespan reaches, such as that of
    plain `def` handlers, a Celery worker, a command line or Alembic; `AsyncEngine(create_engine(...))`; an
    engine disposed of in the function that makes it; an engine that only carries an inert PRAGMA listener
    (ADB702 speaks).

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
    and the first request on each fails with "connection is closed". With pre-ping the connection is replaced
    and the request succeeds.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app")  # ADB202

    Good:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

    Not reported: NullPool and StaticPool; a SQLite URL, known or guarded by a branch such as
    `if "sqlite" in url`; options that cannot be resolved (`**options`, a forwarded variable); an engine disposed
    of in the function that makes it.
    """
    for engine in module.engines:
        if engine.is_sqlite or engine.is_disposed_in_place or engine.is_listened_only:
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
