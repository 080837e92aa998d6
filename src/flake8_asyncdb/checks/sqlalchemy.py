"""Row 1, SQLAlchemy: the async API, awaited."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts


@rule(
    "ADB101",
    "sync-session-in-async-function",
    Severity.ERROR,
    "sync session `{name}` in async `{function}`: `{use}()` stops the event loop, use an AsyncSession or a plain `def`",
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


@rule(
    "ADB102",
    "sync-connection-in-async-function",
    Severity.ERROR,
    "`{call}()` in async `{function}` connects to the database on the event loop: use an AsyncEngine, "
    "or hand it to a thread",
)
def sync_connection_in_async_function(module: ModuleFacts) -> Iterator[Hit]:
    """A sync connection that an async function opens.

    Why: connecting and every query hold the event loop, for 0.515 s where the query takes half a second.

    Bad:

        from sqlalchemy import create_engine, text

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)

        async def count_users() -> int:
            with engine.connect() as connection:  # ADB102
                return connection.scalar(text("select count(*) from users"))

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        async def count_users() -> int:
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

    Not reported: `def` functions and what is handed to `to_thread` or an executor; receivers that do not resolve to
    a sync Engine; `engine.sync_engine` of an async one.
    """
    for found in module.sync_connections():
        yield hit(found.node, call=found.call, function=found.function.name)


@rule(
    "ADB103",
    "missing-await",
    Severity.ERROR,
    "`{call}` of {cls} returns a coroutine that nothing awaits, so it never runs: write `await {call}`",
)
def missing_await(module: ModuleFacts) -> Iterator[Hit]:
    """A coroutine of the async API that is dropped, or used as if it were its result.

    Why: `session.commit()` without `await` leaves a RuntimeWarning and 0 rows: the write is lost.
    `session.execute(query).scalars()` is an AttributeError of a coroutine.

    Bad:

        from sqlalchemy.ext.asyncio import AsyncSession

        async def add_user(session: AsyncSession, user: object) -> None:
            session.add(user)
            session.commit()  # ADB103

    Good:

        from sqlalchemy.ext.asyncio import AsyncSession

        async def add_user(session: AsyncSession, user: object) -> None:
            session.add(user)
            await session.commit()

    Not reported: coroutines that are returned, yielded, passed on or kept; receivers that do not resolve to
    AsyncSession, AsyncConnection, AsyncEngine or async_scoped_session; names bound by looping over a provider
    (ADB506 speaks).

    Related: mypy's `unused-coroutine` and ruff's RUF006 see some of these in typed code.
    """
    for call in module.async_calls:
        if call.is_dropped:
            yield hit(call.node, call=call.text, cls=call.class_name)


@rule(
    "ADB104",
    "awaited-sync-method",
    Severity.ERROR,
    "`{call}` of {cls} is not awaitable, `await` raises TypeError: {remedy}",
)
def awaited_sync_method(module: ModuleFacts) -> Iterator[Hit]:
    """`await` on a method that returns no awaitable.

    Why: `await session.add(row)` adds the row and then raises TypeError, because None cannot be awaited, before the
    commit. `await engine.begin()` raises TypeError on the context manager.

    Bad:

        from sqlalchemy.ext.asyncio import AsyncSession

        async def add_user(session: AsyncSession, user: object) -> None:
            await session.add(user)  # ADB104
            await session.commit()

    Good:

        from sqlalchemy.ext.asyncio import AsyncSession

        async def add_user(session: AsyncSession, user: object) -> None:
            session.add(user)
            await session.commit()

    Not reported: `session.begin()`, `session.begin_nested()`, `engine.connect()`, which may be awaited; receivers
    that cannot be resolved.
    """
    for call in module.async_calls:
        if call.is_awaited_in_vain:
            remedy = "write `async with`" if call.method == "begin" else "leave `await` out"
            yield hit(call.node, call=call.text, cls=call.class_name, remedy=remedy)


@rule(
    "ADB105",
    "query-on-async-session",
    Severity.ERROR,
    "AsyncSession has no `query()`: write `await {session}.execute(select(...))`",
)
def query_on_async_session(module: ModuleFacts) -> Iterator[Hit]:
    """The query API of sync sessions on an AsyncSession.

    Why: AttributeError: 'AsyncSession' object has no attribute 'query'.

    Bad:

        from sqlalchemy.ext.asyncio import AsyncSession

        async def list_users(session: AsyncSession, User: type) -> list:
            return session.query(User).all()  # ADB105

    Good:

        from sqlalchemy import select
        from sqlalchemy.ext.asyncio import AsyncSession

        async def list_users(session: AsyncSession, User: type) -> list:
            return list(await session.scalars(select(User)))

    Not reported: sync sessions, also those that `run_sync` hands to a function; receivers that cannot be resolved.
    """
    for call in module.async_calls:
        if call.is_query:
            yield hit(call.node, session=call.receiver_text)


@rule(
    "ADB106",
    "session-shared-by-tasks",
    Severity.ERROR,
    "`{call}` runs several tasks on the one session `{name}`, which serves one task at a time: "
    "give each task a session of its own",
)
def session_shared_by_tasks(module: ModuleFacts) -> Iterator[Hit]:
    """One AsyncSession in several tasks at once.

    Why: two reads on a cold pool raised InvalidRequestError (this session is provisioning a new connection;
    concurrent operations are not permitted) 20 times of 20, and closing the session then IllegalStateChangeError;
    concurrent writes raised one of the two 10 times of 10. Two reads on a warm connection may pass.

    Bad:

        import asyncio
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        async def overview(session: AsyncSession):
            return await asyncio.gather(  # ADB106
                session.scalar(text("select count(*) from users")),
                session.scalar(text("select count(*) from chats")),
            )

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        async def overview(session: AsyncSession):
            users = await session.scalar(text("select count(*) from users"))
            chats = await session.scalar(text("select count(*) from chats"))
            return users, chats

    Not reported: a factory shared by tasks; a session that only one of the tasks uses; a session that each turn of
    the loop or comprehension makes anew.
    """
    for shared in module.shared_sessions():
        yield hit(shared.node, call=shared.call, name=shared.name)


@rule(
    "ADB107",
    "blocking-call-in-async-function",
    Severity.ERROR,
    "blocks the event loop: {chain} ({where}): await an async version, or hand the call to a thread",
)
def blocking_call_in_async_function(module: ModuleFacts) -> Iterator[Hit]:
    """An async function that calls sync code of the project which talks to the database.

    Why: the event loop stands still until the sync query, however many calls and files away, has its answer: for
    0.515 s where the query takes half a second.

    Bad:

        # file: users.py
        from sqlalchemy import create_engine, text

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)

        class Users:
            def count(self) -> int:
                with engine.connect() as connection:
                    return connection.scalar(text("select count(*) from users"))
        # file: app.py
        from users import Users

        async def report(users: Users) -> str:
            return f"{users.count()} users"  # ADB107

    Good:

        # file: users.py
        from sqlalchemy import create_engine, text

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)

        class Users:
            def count(self) -> int:
                with engine.connect() as connection:
                    return connection.scalar(text("select count(*) from users"))
        # file: app.py
        import asyncio
        from users import Users

        async def report(users: Users) -> str:
            return f"{await asyncio.to_thread(users.count)} users"

    Not reported: calls in `def` functions, handlers and dependencies; functions handed to `run_sync`, `to_thread`,
    `run_in_threadpool` or an executor; calls and receivers that cannot be resolved; a call that is given a session
    whose binding is a finding (ADB101 speaks); a rollback in an `except`; a function behind a decorator that the
    linter does not know.
    """
    for call in module.blocking_calls():
        yield hit(call.node, chain=call.chain, where=call.witness.operation.where)


@rule(
    "ADB108",
    "dynamic-relationship",
    Severity.ERROR,
    'relationship `{name}` is `lazy="dynamic"`, which no AsyncSession can load: '
    'use `lazy="write_only"` or eager loading',
)
def dynamic_relationship(module: ModuleFacts) -> Iterator[Hit]:
    """A relationship that gives a query of the sync API.

    Why: iterating or calling `.all()` on it runs a sync query outside the AsyncSession's greenlet: MissingGreenlet.
    SQLAlchemy's asyncio documentation names it as incompatible.

    Bad:

        from sqlalchemy import ForeignKey
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        class Base(DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            chats = relationship("Chat", lazy="dynamic")  # ADB108

        class Chat(Base):
            __tablename__ = "chats"
            id: Mapped[int] = mapped_column(primary_key=True)
            user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

        async def list_chats(user_id: int) -> list[Chat]:
            async with SessionLocal() as session:
                user = await session.get_one(User, user_id)
                return user.chats.all()

    Good:

        from sqlalchemy import ForeignKey
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        class Base(DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            chats = relationship("Chat", lazy="write_only")

        class Chat(Base):
            __tablename__ = "chats"
            id: Mapped[int] = mapped_column(primary_key=True)
            user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

        async def list_chats(user_id: int) -> list[Chat]:
            async with SessionLocal() as session:
                user = await session.get_one(User, user_id)
                return list(await session.scalars(user.chats.select()))

    Not reported: programs that make no AsyncSession, or make sync sessions too, for which it may be meant.
    """
    project = module.project
    for relationship in module.relationships():
        if relationship.is_dynamic and project.has_async_sessions and not project.has_sync_sessions:
            yield hit(relationship.node, name=relationship.name)


@rule(
    "ADB109",
    "event-loop-in-async-function",
    Severity.ERROR,
    "`{call}` in async `{function}` raises RuntimeError, a loop is running already: write `await {coroutine}()`",
)
def event_loop_in_async_function(module: ModuleFacts) -> Iterator[Hit]:
    """A database coroutine run by `asyncio.run` or `run_until_complete` inside an async function.

    Why: RuntimeError: asyncio.run() cannot be called from a running event loop (for `run_until_complete`: this
    event loop is already running), and a RuntimeWarning for the coroutine that was never awaited.

    Bad:

        import asyncio
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        async def count_users(session: AsyncSession) -> int:
            return await session.scalar(text("select count(*) from users"))

        async def report(session: AsyncSession) -> str:
            return f"{asyncio.run(count_users(session))} users"  # ADB109

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        async def count_users(session: AsyncSession) -> int:
            return await session.scalar(text("select count(*) from users"))

        async def report(session: AsyncSession) -> str:
            return f"{await count_users(session)} users"

    Not reported: `def` functions, which may be right to start a loop; coroutines that do no database work.
    """
    for run in module.nested_loops():
        yield hit(run.node, call=run.call, function=run.function.name, coroutine=run.coroutine)


@rule(
    "ADB110",
    "raw-sql-string",
    Severity.ERROR,
    "`{call}` refuses a plain string since SQLAlchemy 2.0: wrap it, `text(...)`",
)
def raw_sql_string(module: ModuleFacts) -> Iterator[Hit]:
    """SQL given to a session or connection as a plain string.

    Why: a session raises ArgumentError (Textual SQL expression should be explicitly declared as text(...)), a
    connection ObjectNotExecutableError, on every call. In an f-string the values also are part of the SQL: use
    `text()` with bound parameters.

    Bad:

        from sqlalchemy.ext.asyncio import AsyncSession

        async def count_users(session: AsyncSession) -> int:
            return await session.scalar("select count(*) from users")  # ADB110

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        async def count_users(session: AsyncSession) -> int:
            return await session.scalar(text("select count(*) from users"))

    Not reported: `exec_driver_sql()`, which takes strings; statements that are not certainly strings; receivers that
    cannot be resolved; projects that pin SQLAlchemy below 2.0.
    """
    if module.project.sqlalchemy_is_below((2, 0)):
        return
    for call in module.raw_sql_calls():
        yield hit(call.node, call=call.text)


@rule(
    "ADB191",
    "implicit-lazy-relationship",
    Severity.ADVICE,
    "relationship `{name}` loads when it is read, which raises MissingGreenlet under AsyncSession: "
    'say `lazy="selectin"`, `"raise"` or another strategy',
)
def implicit_lazy_relationship(module: ModuleFacts) -> Iterator[Hit]:
    """A relationship that is left to load when it is read.

    Why: under AsyncSession the read raises MissingGreenlet unless the statement loaded it eagerly; `lazy="raise"`
    finds every such place in a test.

    Bad:

        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        class Base(DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            chats = relationship("Chat")  # ADB191

    Good:

        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        class Base(DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)
            chats = relationship("Chat", lazy="selectin")

    Not reported: relationships with a strategy, also one that cannot be resolved; programs that make no AsyncSession.
    """
    for relationship in module.relationships():
        if relationship.loads_when_read and module.project.has_async_sessions:
            yield hit(relationship.node, name=relationship.name)


@rule(
    "ADB192",
    "await-in-open-transaction",
    Severity.ADVICE,
    "`{call}` is awaited inside an open transaction, which keeps its connection and locks meanwhile: "
    "await it before or after",
)
def await_in_open_transaction(module: ModuleFacts) -> Iterator[Hit]:
    """Slow work awaited while a transaction is open.

    Why: a call to another service or a model takes seconds; for all of that time the connection is out of the pool
    and the rows that were written are locked.

    Bad:

        import httpx
        from sqlalchemy.ext.asyncio import AsyncSession

        async def notify(session: AsyncSession, client: httpx.AsyncClient) -> None:
            async with session.begin():
                await client.post("https://example.com/hook")  # ADB192

    Good:

        import httpx
        from sqlalchemy.ext.asyncio import AsyncSession

        async def notify(session: AsyncSession, client: httpx.AsyncClient) -> None:
            await client.post("https://example.com/hook")
            async with session.begin():
                await session.flush()

    Not reported: calls outside the `begin()` block; clients that do not resolve to httpx, aiohttp, openai or
    anthropic; `asyncio.sleep(0)`.
    """
    for found in module.slow_awaits():
        yield hit(found.node, call=found.text)
