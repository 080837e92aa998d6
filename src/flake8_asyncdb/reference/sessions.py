"""Sessions: how they are made, what they hide, and how a request gets one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from .models import SoftDeleteMixin
from .sqlite import BEGIN_OPTION

INCLUDE_DELETED = "include_deleted"
"""Execution option of a statement that is to see deleted rows: `.execution_options(include_deleted=True)`."""


class SoftDeleteSession(Session):
    """The session below every `AsyncSession` here: statements do not see or change deleted rows.

    That holds for SELECT, with joins, subqueries and relationship loads, and for bulk UPDATE and DELETE
    through the ORM. It does not hold for `session.get()` of an object that the session already has, for Core
    statements on `Model.__table__`, and, before SQLAlchemy 2.1, in an EXISTS that selects no entity:
    `Model.relation.has()`, `.any()`, `exists().where(...)`. Join instead, or say `select(...).exists()`.
    """


@event.listens_for(SoftDeleteSession, "do_orm_execute")
def hide_deleted(state: ORMExecuteState) -> None:
    """Add `deleted_at IS NULL` for every soft-deletable entity, unless the statement asks for all rows."""
    if state.is_column_load or state.execution_options.get(INCLUDE_DELETED):
        return  # a column load refreshes an object that was found before
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(
            with_loader_criteria(SoftDeleteMixin, lambda cls: cls.deleted_at.is_(None), include_aliases=True)
        )


@dataclass(frozen=True)
class SessionFactories:
    """What makes the sessions of the process."""

    write: async_sessionmaker[AsyncSession]
    """For transactions that may write. Use `async with factories.write.begin() as session:`."""

    read: async_sessionmaker[AsyncSession]
    """For transactions that only read: on SQLite they do not wait for the writer. The same elsewhere."""


def make_session_factories(engine: AsyncEngine) -> SessionFactories:
    """Return the factories on `engine`; both use its pool.

    `expire_on_commit=False`: attributes stay readable after the commit. The default would load them again
    on access, which asyncio cannot do (`MissingGreenlet`).
    """
    reading = engine.execution_options(**{BEGIN_OPTION: "DEFERRED"})
    return SessionFactories(
        write=async_sessionmaker(engine, expire_on_commit=False, sync_session_class=SoftDeleteSession),
        read=async_sessionmaker(reading, expire_on_commit=False, sync_session_class=SoftDeleteSession),
    )


async def get_session_factories(connection: HTTPConnection) -> SessionFactories:
    """Return the factories that the lifespan made, for code that opens its own short transactions."""
    factories: SessionFactories = connection.app.state.session_factories
    return factories


Factories = Annotated[SessionFactories, Depends(get_session_factories)]


async def get_db(connection: HTTPConnection, factories: Factories) -> AsyncGenerator[AsyncSession, None]:
    """Yield the request's session: one transaction, committed when the handler returns.

    `begin()` commits, or rolls back on any exception, cancellation included, and then closes. It does so in
    a task of its own, which a cancelled request cannot interrupt: the connection goes back clean. A GET or
    HEAD handler gets a session for reading and must not write.

    Raises what the commit raises: with `DBSession` the client gets that as an error.
    """
    safe = connection.scope.get("method") in ("GET", "HEAD")
    async with (factories.read if safe else factories.write).begin() as session:
        yield session


DBSession = Annotated[AsyncSession, Depends(get_db, scope="function")]
"""The session of a request. `scope="function"` ends the dependency, and so the transaction, before the
response is sent. With the default scope FastAPI >= 0.118 sends 200 first and commits then, and a streaming
response keeps its connection until the client leaves. Needs FastAPI >= 0.121."""
