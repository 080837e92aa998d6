"""Row 1, SQLAlchemy: the async API, awaited."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts


@rule(
    "ADB101",
    "sync-session-in-async-function",
    Severity.ERROR,
    "sync session `{name}` in async `{function}`: {use} stops the event loop, use an AsyncSession or a plain `def`",
)
def sync_session_in_async_function(module: ModuleFacts) -> Iterator[Hit]:
    """A sync session that an async function uses on the event loop.

    Why: each of its queries holds the loop until the database answers, so that all other requests of the
    process wait. A query of half a second stops the loop for 0.515 s; through an AsyncSession for 0.008 s.

    Bad:

        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import Session

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)

        async def count_users() -> int:
            with Session(engine) as session:  # ADB101
                return session.scalar(text("select count(*) from users"))

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        async def count_users(session: AsyncSession) -> int:
            return await session.scalar(text("select count(*) from users"))

    Not reported: `def` functions, handlers and dependencies (FastAPI runs them in a thread); a session used only
    in functions handed to `run_sync`, `to_thread`, `run_in_threadpool` or an executor; one that is only passed on
    to an async function (the finding is there).
    """
    for bound in module.blocking_sessions():
        yield hit(bound.node, name=bound.name, function=bound.function.name, use=bound.use)
