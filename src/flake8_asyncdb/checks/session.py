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

    Why: every query of such a session stops the event loop until the database answers.

    Bad:

        from fastapi import FastAPI
        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import sessionmaker

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)
        SessionLocal = sessionmaker(bind=engine)  # ADB301
        app = FastAPI()

        @app.get("/")
        async def home():
            with SessionLocal() as session:
                return session.scalar(text("select 1"))

    Good:

        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

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
    "`sessionmaker(class_=AsyncSession)` types its sessions as sync ones: use `async_sessionmaker()`",
)
def sessionmaker_for_async_session(module: ModuleFacts) -> Iterator[Hit]:
    """A sync factory made to produce AsyncSessions.

    Why: it works, but type checkers take its sessions for sync ones, so that a missing `await` passes unseen;
    `async_sessionmaker` exists since SQLAlchemy 2.0 for this. A convention: nothing fails at run time.

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
    as a FastAPI response a 500, or 200 with an empty body where there is no response model.

    Bad:

        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine)  # ADB303

    Good:

        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

    Not reported: a value that is a variable; options that cannot be resolved; factories of sync sessions.
    """
    for factory in module.session_factories:
        if factory.callee in (api.SESSIONMAKER, api.ASYNC_SESSIONMAKER) and factory.makes_async_sessions is Tri.YES:
            if _expires(factory.options.get("expire_on_commit")):
                yield hit(factory.node, call=f"{factory.callee.rpartition('.')[2]}()")
    for opened in module.session_calls:
        if opened.is_async and _expires(opened.options.get("expire_on_commit")):
            yield hit(opened.node, call="AsyncSession()")


def _expires(option: Option) -> bool:
    return option.is_absent or option.is_literal(True)
