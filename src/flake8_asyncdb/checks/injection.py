"""Row 5, Dependency injection: sessions and services come in through `Depends`."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.facts.injection import own_sessions
from flake8_asyncdb.facts.services import constructions
from flake8_asyncdb.model.values import Tri


@rule(
    "ADB501",
    "service-in-handler",
    Severity.WARNING,
    "`{cls}` built in handler `{handler}` cannot be replaced or shared: inject it, `Annotated[{cls}, Depends(...)]`",
)
def service_in_handler(module: ModuleFacts) -> Iterator[Hit]:
    """A handler that builds its own service, repository or database class.

    Why: a convention of the comparison table, no fault of the program: the handler decides how its service is made, so
    that nobody can put another in its place. A test that overrides the service in `app.dependency_overrides` was
    ignored, and the handler queried the database; injected, the override answered.

    Bad:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        DBSession = Annotated[AsyncSession, Depends(get_db)]

        class UserService:
            def __init__(self, session: DBSession) -> None:
                self.session = session

            async def count(self) -> int:
                return await self.session.scalar(text("select count(*) from users"))

        @router.get("/users/count")
        async def count_users(session: DBSession) -> int:
            return await UserService(session).count()  # ADB501

    Good:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        DBSession = Annotated[AsyncSession, Depends(get_db)]

        class UserService:
            def __init__(self, session: DBSession) -> None:
                self.session = session

            async def count(self) -> int:
                return await self.session.scalar(text("select count(*) from users"))

        @router.get("/users/count")
        async def count_users(service: Annotated[UserService, Depends()]) -> int:
            return await service.count()

    Not reported: classes that neither hold nor make a session or engine nor run queries; mapped classes, schemas,
    dataclasses, containers, exceptions, context managers and units of work; cached getters, and classes
    whose metaclass may give one object every time; dependencies, which are the place to build services.
    """
    for handler in module.handlers:
        seen = set()
        for site, cls in constructions(handler.function, module.project):
            service = module.project.service(cls)
            if cls not in seen and service.is_service and not service.may_be_cached:
                seen.add(cls)
                yield hit(site.node, cls=cls.name, handler=handler.function.name)


@rule(
    "ADB502",
    "session-in-handler",
    Severity.WARNING,
    "handler `{handler}` opens its own session by `{call}`: let it take the request's, by `Depends(get_db)`",
)
def session_in_handler(module: ModuleFacts) -> Iterator[Hit]:
    """A handler that opens a session itself.

    Why: a convention of the comparison table: the handler's session is not the one of the request's dependencies, it
    has a transaction and a connection of its own, and `app.dependency_overrides` does not reach it. A test that
    overrides `get_db` with a session that it rolls back left its row in the database; with the session injected it left
    none.

    Bad:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        @router.post("/users")
        async def add_user(name: str) -> None:
            async with SessionLocal() as session:  # ADB502
                await session.execute(text("insert into users (name) values (:name)"), {"name": name})
                await session.commit()

    Good:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        @router.post("/users")
        async def add_user(name: str, session: Annotated[AsyncSession, Depends(get_db)]) -> None:
            await session.execute(text("insert into users (name) values (:name)"), {"name": name})
            await session.commit()

    Not reported: websockets; handlers that answer with a stream, a file or server-sent events; a handler that
    opens a short session and awaits something else outside it, which is the cure for a connection held too long.
    """
    for body in module.handler_bodies:
        if not body.handler.is_websocket and body.streams is Tri.NO:
            for site in own_sessions(body):
                yield hit(site.node, handler=body.function.name, call=site.text)


@rule(
    "ADB504",
    "called-dependency",
    Severity.ERROR,
    "`Depends({call})` is given what the provider returns, not the provider: write `Depends({provider})`",
)
def called_dependency(module: ModuleFacts) -> Iterator[Hit]:
    """A provider that is called where it should be named.

    Why: TypeError at import, when the route is declared: `<async_generator object get_db at ...> is not a callable
    object`.

    Bad:

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
        async def count_users(session: AsyncSession = Depends(get_db())) -> int:  # ADB504
            return await session.scalar(text("select count(*) from users"))

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
        async def count_users(session: AsyncSession = Depends(get_db)) -> int:
            return await session.scalar(text("select count(*) from users"))

    Not reported: factories that return a callable, such as `Depends(require("admin"))` and `Depends(Guard())`.
    """
    for injected in module.injections:
        if injected.is_called and injected.argument is not None:
            yield hit(injected.argument, call=injected.argument_text, provider=injected.provider_text)


@rule(
    "ADB505",
    "request-session-escapes",
    Severity.ERROR,
    "`{call}` takes {what} along, and the session is closed too early or held until the task ends: "
    "open a new session in the task",
)
def request_session_escapes(module: ModuleFacts) -> Iterator[Hit]:
    """A request's session, an object of it or a method of an object that holds it, given to work after the response.

    Why: since FastAPI 0.118 the request's transaction is open until the task ends: when the task started, the client
    had its 200 and nobody else saw the row, and a task that failed rolled the row back. In FastAPI 0.106 to 0.117, and
    under any middleware that owns the session, it is closed before the task runs. A task started by `create_task` and
    not awaited finds it closed in every version: its query takes a connection that nobody gives back. An object loaded
    from the session fails in the task on whatever it has not loaded yet (MissingGreenlet, DetachedInstanceError).

    Bad:

        from fastapi import APIRouter, BackgroundTasks, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal.begin() as session:
                yield session

        async def queue_mail(session: AsyncSession, user_id: int) -> None:
            await session.execute(text("insert into mails (user_id) values (:id)"), {"id": user_id})

        @router.post("/users")
        async def add_user(name: str, tasks: BackgroundTasks, session: AsyncSession = Depends(get_db)) -> int:
            insert = text("insert into users (name) values (:name) returning id")
            user_id = await session.scalar(insert, {"name": name})
            tasks.add_task(queue_mail, session, user_id)  # ADB505
            return user_id

    Good:

        from fastapi import APIRouter, BackgroundTasks, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal.begin() as session:
                yield session

        async def queue_mail(user_id: int) -> None:
            async with SessionLocal.begin() as session:
                await session.execute(text("insert into mails (user_id) values (:id)"), {"id": user_id})

        @router.post("/users")
        async def add_user(
            name: str, tasks: BackgroundTasks, session: AsyncSession = Depends(get_db, scope="function")
        ) -> int:
            insert = text("insert into users (name) values (:name) returning id")
            user_id = await session.scalar(insert, {"name": name})
            tasks.add_task(queue_mail, user_id)
            return user_id

    Not reported: ids and plain values, those of loaded objects among them; factories; tasks that the handler awaits or
    gathers; a session that its provider makes and returns, which nobody closes with the request; objects of a handler
    that expunges.
    """
    for escaping in module.escaping_sessions:
        yield hit(escaping.node, call=escaping.call, what=escaping.what)


@rule(
    "ADB506",
    "manual-dependency-iteration",
    Severity.ERROR,
    "`{text}` drives the provider by hand: what it does after its `yield` (commit, close) is skipped or comes at the "
    "wrong time, use the session factory or an `@asynccontextmanager`",
)
def manual_dependency_iteration(module: ModuleFacts) -> Iterator[Hit]:
    """A loop over a provider of sessions, or a `next()` of it.

    Why: `async for db in get_db(): ...; return` leaves the generator suspended at its `yield`: the commit that follows
    never ran (0 rows, no error), and the connection was still in use when the function had returned: the session is
    closed whenever the generator is collected. After `db = next(get_db())` that is at once, before its first use.

    Bad:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db():
            async with SessionLocal() as session:
                yield session
                await session.commit()

        async def add_user(name: str) -> None:
            async for session in get_db():  # ADB506
                await session.execute(text("insert into users (name) values (:name)"), {"name": name})
                return

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def add_user(name: str) -> None:
            async with SessionLocal.begin() as session:
                await session.execute(text("insert into users (name) values (:name)"), {"name": name})

    Not reported: loops over other generators; context managers; a generator that a second `next()` drives on.
    """
    for driven in module.hand_driven_providers:
        yield hit(driven.node, text=driven.text)


@rule(
    "ADB507",
    "session-held-by-stream",
    Severity.ERROR,
    "handler `{handler}` streams while it holds the session of {chain}: one pooled connection is parked until the "
    'client leaves, close it before the response or use `Depends(..., scope="function")`',
)
def session_held_by_stream(module: ModuleFacts) -> Iterator[Hit]:
    """A streaming handler that keeps a request's session, its own or that of a dependency such as authentication.

    Why: since FastAPI 0.118, and before 0.106, a dependency ends when the response has been sent, and a stream is sent
    for as long as the client listens. While 15 clients listened, all 15 connections of the default pool stood idle in a
    transaction, and the next request failed: TimeoutError, QueuePool limit of size 5 overflow 10 reached. With
    `scope="function"` none did.

    Bad:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from fastapi.responses import StreamingResponse
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, pool_timeout=0)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        async def current_user(session: Annotated[AsyncSession, Depends(get_db)]) -> str:
            return await session.scalar(text("select name from users"))

        async def answer(user: str):
            yield f"hello {user}"

        @router.get("/chat")
        async def chat(user: Annotated[str, Depends(current_user)]):  # ADB507
            return StreamingResponse(answer(user))

    Good:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from fastapi.responses import StreamingResponse
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True, pool_timeout=0)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        async def current_user(session: Annotated[AsyncSession, Depends(get_db, scope="function")]) -> str:
            return await session.scalar(text("select name from users"))

        async def answer(user: str):
            yield f"hello {user}"

        @router.get("/chat")
        async def chat(user: Annotated[str, Depends(current_user, scope="function")]):
            return StreamingResponse(answer(user))

    Not reported: `Depends(..., scope="function")` anywhere on the way; a session that the handler or the dependency
    closes, commits or rolls back; websockets without a loop; projects whose FastAPI is surely 0.106 to 0.117, which
    ended dependencies before the response was sent; what also hands the session to a background task (ADB505 speaks).
    """
    escaping = {found.function for found in module.escaping_sessions}
    for parked in module.parked_sessions():
        if parked.function not in escaping:
            chain = " -> ".join(f"`{name}`" for name in parked.chain)
            yield hit(parked.node, handler=parked.handler, chain=chain)


@rule(
    "ADB508",
    "commit-after-response",
    Severity.ERROR,
    "`{provider}` commits after the client has its answer, so that a failing commit goes unnoticed: "
    'commit in the handler or write `Depends({provider}, scope="function")`{since}',
)
def commit_after_response(module: ModuleFacts) -> Iterator[Hit]:
    """A provider whose commit comes after the response.

    Why: since FastAPI 0.118 the code after a dependency's `yield` runs when the response has been sent. With a commit
    that failed (a deferred constraint) the client had a 200 and the row was not stored; with `scope="function"` (0.121
    and newer) it had a 500.

    Bad:

        # file: requirements.txt
        fastapi>=0.121
        # file: app.py
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session
                await session.commit()

        @router.post("/users")
        async def add_user(id: int, session: AsyncSession = Depends(get_db)) -> None:  # ADB508
            await session.execute(text("insert into users (id, name) values (:id, '')"), {"id": id})

    Good:

        # file: requirements.txt
        fastapi>=0.121
        # file: app.py
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session
                await session.commit()

        @router.post("/users")
        async def add_user(id: int, session: AsyncSession = Depends(get_db, scope="function")) -> None:
            await session.execute(text("insert into users (id, name) values (:id, '')"), {"id": id})

    Not reported: projects whose own files do not pin FastAPI to 0.118 or newer, or below 0.106; a `scope` that
    cannot be resolved; providers that do not commit; a session that the function which takes it commits itself.
    """
    if not module.project.commits_after_response:
        return
    for injected in module.injections:
        if injected.commits_late:
            since = "" if module.project.may_scope_dependencies else " with FastAPI 0.121 or newer"
            yield hit(injected.node, provider=injected.provider_text, since=since)


@rule(
    "ADB509",
    "sessionmaker-as-dependency",
    Severity.ERROR,
    "`Depends({factory})` asks the client for the factory's arguments, every request is refused: "
    "write a provider that yields it",
)
def sessionmaker_as_dependency(module: ModuleFacts) -> Iterator[Hit]:
    """A session factory used as a dependency.

    Why: FastAPI reads the factory's `__call__(**local_kw)` and demands a query parameter `local_kw`: the answer is 422;
    and where a client sends one, TypeError: `Session` has no such argument.

    Bad:

        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        @router.get("/users/count")
        async def count_users(session: AsyncSession = Depends(SessionLocal)) -> int:  # ADB509
            return await session.scalar(text("select count(*) from users"))

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
        async def count_users(session: AsyncSession = Depends(get_db)) -> int:
            return await session.scalar(text("select count(*) from users"))

    Not reported: functions that return or yield the factory's sessions; what does not resolve to a factory.
    """
    for injected in module.injections:
        if injected.is_factory:
            yield hit(injected.node, factory=injected.provider_text)


@rule(
    "ADB510",
    "dependency-called-by-hand",
    Severity.ERROR,
    "`{function}()` called directly gets the `Depends` object itself for `{parameter}`: pass that argument",
)
def dependency_called_by_hand(module: ModuleFacts) -> Iterator[Hit]:
    """A direct call that leaves a parameter to its `Depends(...)` default.

    Why: only FastAPI resolves `Depends`; a direct call gets the marker object, and the first use of it is an
    AttributeError: 'Depends' object has no attribute 'scalar'.

    Bad:

        from fastapi import Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db():
            async with SessionLocal() as session:
                yield session

        async def count_users(session: AsyncSession = Depends(get_db)) -> int:
            return await session.scalar(text("select count(*) from users"))

        async def report() -> str:
            return f"{await count_users()} users"  # ADB510

    Good:

        from fastapi import Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db():
            async with SessionLocal() as session:
                yield session

        async def count_users(session: AsyncSession = Depends(get_db)) -> int:
            return await session.scalar(text("select count(*) from users"))

        async def report(session: AsyncSession) -> str:
            return f"{await count_users(session)} users"

    Not reported: calls with `*args` or `**kwargs`; `Annotated` parameters, where the missing argument is an error
    of its own; functions that cannot be resolved.
    """
    for call in module.unfilled_calls():
        yield hit(call.node, function=call.function.qualname, parameter=call.parameter)


@rule(
    "ADB511",
    "swallowing-provider",
    Severity.ERROR,
    "`except` in provider `{provider}` neither raises nor rolls back, so that errors vanish and half a transaction "
    "stays: roll back and `raise`",
)
def swallowing_provider(module: ModuleFacts) -> Iterator[Hit]:
    """A provider that swallows the errors of its handlers.

    Why: since FastAPI 0.110 an exception that a dependency catches at its `yield` and does not raise again becomes a
    RuntimeError ("Response not awaited"): the client had a 500 instead of the handler's 409, and half of the
    transaction was committed.

    Bad:

        from fastapi import APIRouter, Depends, HTTPException
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                try:
                    yield session
                except Exception as error:  # ADB511
                    print(error)
                await session.commit()

        @router.post("/users")
        async def add_user(name: str, session: AsyncSession = Depends(get_db)) -> None:
            await session.execute(text("insert into users (name) values (:name)"), {"name": name})
            raise HTTPException(409, "no chat for the user")

    Good:

        from fastapi import APIRouter, Depends, HTTPException
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                try:
                    yield session
                except Exception:
                    await session.rollback()
                    raise
                await session.commit()

        @router.post("/users")
        async def add_user(name: str, session: AsyncSession = Depends(get_db)) -> None:
            await session.execute(text("insert into users (name) values (:name)"), {"name": name})
            raise HTTPException(409, "no chat for the user")

    Not reported: an `except` that raises or rolls back; one that is not around the `yield`; generators that yield no
    session.
    """
    for provider in module.session_providers():
        for handler in provider.swallowing():
            yield hit(handler, provider=provider.function.name)


@rule(
    "ADB512",
    "lost-write",
    Severity.ERROR,
    "neither handler `{handler}` nor `{provider}` commits what `{call}` changes, so that it is rolled back: "
    "commit in the provider after its `yield`",
)
def lost_write(module: ModuleFacts) -> Iterator[Hit]:
    """A handler that changes rows in a session which nobody commits.

    Why: leaving the session rolls back. The client has its 200, and the table has 0 rows.

    Bad:

        from fastapi import APIRouter, Depends
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db():
            async with SessionLocal() as session:
                yield session

        router = APIRouter()

        @router.post("/users")
        async def add_user(session: AsyncSession = Depends(get_db)) -> None:
            session.add(User())  # ADB512
            await session.flush()

    Good:

        from fastapi import APIRouter, Depends
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        class Base(DeclarativeBase):
            pass

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db():
            async with SessionLocal() as session:
                yield session
                await session.commit()

        router = APIRouter()

        @router.post("/users")
        async def add_user(session: AsyncSession = Depends(get_db, scope="function")) -> None:
            session.add(User())
            await session.flush()

    Not reported: a handler that commits, begins a transaction, or does anything with the session but call its
    methods; a provider that commits or begins a transaction, or that cannot be resolved.
    """
    for lost in module.lost_writes():
        yield hit(lost.node, handler=lost.handler, provider=lost.provider, call=lost.call)


@rule(
    "ADB591",
    "unannotated-session-depends",
    Severity.ADVICE,
    "`{parameter}` is injected by its default: write `{parameter}: Annotated[{type}, Depends({provider})]`",
)
def unannotated_session_depends(module: ModuleFacts) -> Iterator[Hit]:
    """A session injected by a default value instead of `Annotated`.

    Why: with a default the function can be called without the argument, and gets the `Depends` object (ADB510);
    an `Annotated` alias is written once and shared by all handlers.

    Bad:

        from fastapi import APIRouter, Depends
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        @router.get("/users")
        async def list_users(session: AsyncSession = Depends(get_db)): ...  # ADB591

    Good:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        async def get_db():
            async with SessionLocal() as session:
                yield session

        DBSession = Annotated[AsyncSession, Depends(get_db)]

        @router.get("/users")
        async def list_users(session: DBSession): ...

    Not reported: `Annotated` parameters; what is injected and is no session.

    Related: ruff's FAST002 asks for `Annotated` in the route handlers of one file, for every kind of dependency.
    """
    for default in module.session_defaults():
        values = {"parameter": default.name, "type": default.type, "provider": default.provider}
        yield hit(default.node, **values)


@rule(
    "ADB592",
    "service-built-from-injected-session",
    Severity.ADVICE,
    "handler `{handler}` builds `{cls}` from the session it is given: inject the service itself",
)
def service_built_from_injected_session(module: ModuleFacts) -> Iterator[Hit]:
    """A service made in the handler by a class method that takes the injected session.

    Why: the handler knows how the service is made, so that a test cannot put another in its place.

    Bad:

        from fastapi import APIRouter
        from sqlalchemy.ext.asyncio import AsyncSession

        class Users:
            def __init__(self, session: AsyncSession) -> None:
                self.session = session

            @classmethod
            def from_session(cls, session: AsyncSession) -> "Users":
                return cls(session)

        router = APIRouter()

        @router.get("/users")
        async def list_users(session: AsyncSession):
            return Users.from_session(session)  # ADB592

    Good:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from sqlalchemy.ext.asyncio import AsyncSession

        class Users:
            def __init__(self, session: AsyncSession) -> None:
                self.session = session

        router = APIRouter()

        @router.get("/users")
        async def list_users(users: Annotated[Users, Depends()]):
            return users

    Not reported: constructors called directly (ADB501 speaks); class methods that take no session.
    """
    for built in module.services_from_sessions():
        yield hit(built.node, handler=built.handler, cls=built.cls)
