"""Row 0: general practices around the database."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts


@rule(
    "ADB091",
    "unindexed-foreign-key",
    Severity.ADVICE,
    "foreign key without an index: joins and cascading deletes scan the table, add `index=True`",
)
def unindexed_foreign_key(module: ModuleFacts) -> Iterator[Hit]:
    """A foreign key column without an index.

    Why: PostgreSQL and SQLite index the key that is referred to, not the column that refers to it; deleting a parent
    row and joining from it then read the whole table.

    Bad:

        from sqlalchemy import ForeignKey
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Message(Base):
            __tablename__ = "messages"
            id: Mapped[int] = mapped_column(primary_key=True)
            chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"))  # ADB091

    Good:

        from sqlalchemy import ForeignKey
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Message(Base):
            __tablename__ = "messages"
            id: Mapped[int] = mapped_column(primary_key=True)
            chat_id: Mapped[int] = mapped_column(ForeignKey("chats.id"), index=True)

    Not reported: columns that are a primary key, unique, or named in an `Index` or constraint of their class;
    options that cannot be resolved.
    """
    for column in module.columns:
        if column.is_foreign_key and not column.may_be_indexed:
            yield hit(column.node)


@rule(
    "ADB092",
    "no-slow-query-log",
    Severity.ADVICE,
    "no listener times the queries of this engine: log the slow ones in `before_cursor_execute` and "
    "`after_cursor_execute`",
)
def no_slow_query_log(module: ModuleFacts) -> Iterator[Hit]:
    """An engine whose slow queries nobody sees.

    Why: without a log with a threshold a slow query is found by users; the database's own log does not know the
    request.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)  # ADB092

    Good:

        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @event.listens_for(engine.sync_engine, "after_cursor_execute")
        def log_slow_query(connection, cursor, statement, parameters, context, executemany): ...

    Not reported: projects with any `before_cursor_execute` or `after_cursor_execute` listener, or that use
    OpenTelemetry, Sentry or Datadog.
    """
    if not module.project.times_queries:
        for engine in module.engines:
            yield hit(engine.node)


@rule(
    "ADB093",
    "hard-delete-of-soft-deletable",
    Severity.ADVICE,
    "`{cls}` has `{column}`, but is deleted for real: set that column instead",
)
def hard_delete_of_soft_deletable(module: ModuleFacts) -> Iterator[Hit]:
    """A row deleted although its model is made to be marked as deleted.

    Why: the row cannot be restored, and rows that refer to it are deleted or left behind.

    Bad:

        from datetime import datetime
        from sqlalchemy import DateTime, delete
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Chat(Base):
            __tablename__ = "chats"
            id: Mapped[int] = mapped_column(primary_key=True)
            deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

        statement = delete(Chat)  # ADB093

    Good:

        from datetime import datetime
        from sqlalchemy import DateTime, func, update
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class Chat(Base):
            __tablename__ = "chats"
            id: Mapped[int] = mapped_column(primary_key=True)
            deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

        statement = update(Chat).values(deleted_at=func.now())

    Not reported: models without `deleted_at` or `is_deleted`; objects whose class cannot be resolved.
    """
    for deletion in module.hard_deletions():
        yield hit(deletion.node, cls=deletion.cls, column=deletion.column)
