"""Row 7, SQLite: write-ahead log and pragmas, on the engine that serves."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.facts.listeners import is_in_wal_mode, may_act_on


@rule(
    "ADB701",
    "sqlite-without-pragmas",
    Severity.WARNING,
    "SQLite file without `journal_mode=WAL`: readers and writers lock each other out, "
    "set PRAGMAs in a `connect` listener on {target}",
)
def sqlite_without_pragmas(module: ModuleFacts) -> Iterator[Hit]:
    """An engine on a SQLite file that runs with SQLite's defaults.

    Why: with the default journal a commit waits for every reader that is half way through its rows, and fails with
    "database is locked" when they take longer than SQLite's timeout, 5 s; with WAL it passed. And rows that refer to
    nothing were stored, until `foreign_keys=ON`. Both are set for each connection, by a listener.

    Bad:

        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("sqlite+aiosqlite:///app.db")  # ADB701

    Good:

        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("sqlite+aiosqlite:///app.db")

        @event.listens_for(engine.sync_engine, "connect")
        def set_pragmas(connection, record):
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()

    Not reported: databases in memory; URLs that are not known to be SQLite; an engine that a `connect` listener
    with PRAGMAs may reach, on it, on `Engine` or on a target that cannot be resolved; where a listener exists
    that never acts (ADB702 speaks); a file that a statement of the program switches to WAL, where it stays.
    """
    project = module.project
    for engine in module.engines:
        if engine.sqlite_file is None or engine.is_disposed_in_place or is_in_wal_mode(engine, project):
            continue
        if not any(may_act_on(listener, engine) or listener.is_inert for listener in project.listeners):
            yield hit(engine.node, target="`engine.sync_engine`" if engine.is_async else "the engine")


@rule(
    "ADB702",
    "inert-pragmas",
    Severity.ERROR,
    "these PRAGMAs never reach a connection in service: {reason}",
)
def inert_pragmas(module: ModuleFacts) -> Iterator[Hit]:
    """A PRAGMA listener that acts on nothing.

    Why: the serving engine keeps SQLite's defaults, as was read back from it: journal_mode delete, synchronous 2,
    cache_size -2000. With the listener on `engine.sync_engine`: wal, 1, -64000.

    Bad:

        from sqlalchemy import create_engine, event
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("sqlite+aiosqlite:///app.db")
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        sync_engine = create_engine("sqlite:///app.db")

        @event.listens_for(sync_engine, "connect")  # ADB702
        def set_pragmas(connection, record):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA cache_size=-64000")

    Good:

        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("sqlite+aiosqlite:///app.db")
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        @event.listens_for(engine.sync_engine, "connect")
        def set_pragmas(connection, record):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA cache_size=-64000")

    Not reported: listeners on `Engine`, on `engine.sync_engine` or on an engine that anything else uses; an
    `isinstance(connection, sqlite3.Connection)` gate where a sync engine is served too.
    """
    for listener in module.listeners:
        if listener.is_inert:
            yield hit(listener.node, reason=listener.inert_reason)


@rule(
    "ADB704",
    "static-pool-on-file",
    Severity.ERROR,
    "`StaticPool` on a SQLite file gives all sessions one connection: one's rollback undoes the others' rows, "
    "leave the pool to SQLAlchemy",
)
def static_pool_on_file(module: ModuleFacts) -> Iterator[Hit]:
    """One connection for all sessions of a file.

    Why: sessions share a transaction. When one rolled back between another's insert and commit, the committed row was
    gone: 0 rows and no error.

    Bad:

        from sqlalchemy import StaticPool
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("sqlite+aiosqlite:///app.db", poolclass=StaticPool)  # ADB704

    Good:

        from sqlalchemy import event
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("sqlite+aiosqlite:///app.db")

        @event.listens_for(engine.sync_engine, "connect")
        def set_pragmas(connection, record):
            connection.execute("PRAGMA journal_mode=WAL")

    Not reported: databases in memory, for which StaticPool is made; other dialects; URLs that are not known.
    """
    for engine in module.engines:
        if engine.sqlite_file is not None and engine.has_pool("sqlalchemy.pool.StaticPool"):
            yield hit(engine.node)


@rule(
    "ADB703",
    "incomplete-pragmas",
    Severity.WARNING,
    "the SQLite listener does not set {pragmas}: {effect}",
)
def incomplete_pragmas(module: ModuleFacts) -> Iterator[Hit]:
    """A PRAGMA listener that leaves out what matters.

    Why: without WAL a commit fails with "database is locked" while somebody reads; without `foreign_keys=ON` SQLite
    took a chat of a user that does not exist, although the models declare the key. With both the commit passed, and the
    chat was an IntegrityError.

    Bad:

        from sqlalchemy import ForeignKey, event
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        engine = create_async_engine("sqlite+aiosqlite:///app.db")

        class Base(DeclarativeBase): ...

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Chat(Base):
            __tablename__ = "chats"
            id: Mapped[int] = mapped_column(primary_key=True)
            user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)

        @event.listens_for(engine.sync_engine, "connect")  # ADB703
        def set_pragmas(connection, record):
            connection.execute("PRAGMA synchronous=NORMAL")

    Good:

        from sqlalchemy import ForeignKey, event
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        engine = create_async_engine("sqlite+aiosqlite:///app.db")

        class Base(DeclarativeBase): ...

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)

        class Chat(Base):
            __tablename__ = "chats"
            id: Mapped[int] = mapped_column(primary_key=True)
            user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)

        @event.listens_for(engine.sync_engine, "connect")
        def set_pragmas(connection, record):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA synchronous=NORMAL")

    Not reported: a missing `busy_timeout` (sqlite3 waits 5 s by itself); `foreign_keys` where no model declares one;
    WAL for a database in memory; listeners that never act (ADB702 speaks); PRAGMAs that another listener sets.
    """
    for listener in module.listeners:
        if listener.sets_pragmas and not listener.is_inert and listener.missing_pragmas:
            names = " and ".join(f"`{pragma}`" for pragma in listener.missing_pragmas)
            wal = "journal_mode=WAL" in listener.missing_pragmas
            keys = "foreign_keys=ON" in listener.missing_pragmas
            effects = ["readers and writers lock each other out"] * wal + ["foreign keys are not enforced"] * keys
            yield hit(listener.node, pragmas=names, effect=", ".join(effects))
