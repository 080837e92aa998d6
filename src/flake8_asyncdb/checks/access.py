"""Row 9, Access pattern: a service layer with an injected session."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts


@rule(
    "ADB901",
    "database-class",
    Severity.ADVICE,
    "`{cls}` makes its own engine and sessions and also has data access (`{method}`): "
    "leave the engine to the lifespan, and give services a session",
)
def database_class(module: ModuleFacts) -> Iterator[Hit]:
    """One class that is engine, session factory and data access at once.

    Why: a convention of the comparison table: whoever needs a row needs the whole object with its pool, and its methods
    each have a transaction and a connection of their own. Two calls of one request of which the second failed left the
    first one's row behind; a service that is given the request's session left none.

    Bad:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        class Database:  # ADB901
            def __init__(self, url: str) -> None:
                self.engine = create_async_engine(url, pool_pre_ping=True)
                self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

            async def add_user(self, id: int) -> None:
                async with self.sessions.begin() as session:
                    await session.execute(text("insert into users (id, name) values (:id, '')"), {"id": id})

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        class UserService:
            def __init__(self, session: AsyncSession) -> None:
                self.session = session

            async def add_user(self, id: int) -> None:
                await self.session.execute(text("insert into users (id, name) values (:id, '')"), {"id": id})

    Not reported: a class that makes engine and factory and only hands out sessions, or asks the server on no
    table (`SELECT 1`, a PRAGMA); a service that is given its session, engine or factory; heirs of a class that is
    reported.
    """
    for service in module.services:
        if service.is_database_class:
            yield hit(service.node, cls=service.cls.name, method=service.data_access_methods[0].name)


@rule(
    "ADB902",
    "session-in-singleton",
    Severity.ERROR,
    "`{name}` is one `{cls}` for all requests and keeps a session, which serves one task at a time: "
    "give it the session factory, or make it per request",
)
def session_in_singleton(module: ModuleFacts) -> Iterator[Hit]:
    """A service object of the module that holds a session.

    Why: all requests share the session and its transaction. Of two calls at the same time one raised
    InvalidRequestError ("concurrent operations are not permitted"), and one's rollback undid the other's work. With the
    factory both passed.

    Bad:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        class Users:
            def __init__(self) -> None:
                self.session = SessionLocal()

            async def count(self) -> int:
                return await self.session.scalar(text("select count(*) from users"))

        users = Users()  # ADB902

    Good:

        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        class Users:
            def __init__(self) -> None:
                self.sessions = SessionLocal

            async def count(self) -> int:
                async with self.sessions() as session:
                    return await session.scalar(text("select count(*) from users"))

        users = Users()

    Not reported: objects that hold an engine or a factory; sessions that methods make for themselves.
    """
    for singleton in module.singletons_with_session():
        yield hit(singleton.node, name=singleton.name, cls=singleton.cls.name)


@rule(
    "ADB903",
    "module-level-session",
    Severity.ERROR,
    "a session opened at import is shared by all requests and never closed: open one for each request",
)
def module_level_session(module: ModuleFacts) -> Iterator[Hit]:
    """A session opened when a module is imported, at its top level or in the body of a class.

    Why: every request uses the same session and transaction. After one bad request (`limit=-1`, 500) every following
    one was a 500 too, "current transaction is aborted", until somebody rolls back; and one's rollback undoes the
    others' work.

    Bad:

        from fastapi import FastAPI
        from sqlalchemy import create_engine, text
        from sqlalchemy.orm import sessionmaker

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)
        SessionLocal = sessionmaker(engine)
        db = SessionLocal()  # ADB903
        app = FastAPI()

        @app.get("/users")
        def list_users(limit: int) -> list[int]:
            return list(db.scalars(text("select id from users limit :limit"), {"limit": limit}))

    Good:

        from contextlib import asynccontextmanager
        from fastapi import Depends, FastAPI
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

        async def get_db():
            async with SessionLocal() as session:
                yield session

        @app.get("/users")
        async def list_users(limit: int, session: AsyncSession = Depends(get_db)) -> list[int]:
            return list(await session.scalars(text("select id from users limit :limit"), {"limit": limit}))

    Not reported: factories and registries; scripts, which neither an application nor a module with coroutines imports;
    what stands under `if __name__ == "__main__"`.
    """
    for statement in module.opened_at_import():
        yield hit(statement)


@rule(
    "ADB991",
    "sql-in-handler",
    Severity.ADVICE,
    "handler `{handler}` queries the database itself by `{call}`: leave that to a service",
)
def sql_in_handler(module: ModuleFacts) -> Iterator[Hit]:
    """A handler that runs its own statements.

    Why: the statement can be reused and tested only through HTTP.

    Bad:

        from fastapi import APIRouter
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        router = APIRouter()

        @router.get("/users/count")
        async def count_users(session: AsyncSession) -> int:
            return await session.scalar(text("select count(*) from users"))  # ADB991

    Good:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        class Users:
            def __init__(self, session: AsyncSession) -> None:
                self.session = session

            async def count(self) -> int:
                return await self.session.scalar(text("select count(*) from users"))

        router = APIRouter()

        @router.get("/users/count")
        async def count_users(users: Annotated[Users, Depends()]) -> int:
            return await users.count()

    Not reported: `commit`, `rollback`, `flush` and `refresh`; services, repositories and dependencies. One finding
    for each handler.
    """
    for queried in module.queries_in_handlers():
        yield hit(queried.node, handler=queried.handler, call=queried.call)


@rule(
    "ADB992",
    "commit-in-service-and-dependency",
    Severity.ADVICE,
    "`{service}` commits although `{provider}`, which provides its session, commits too: leave it to one of them",
)
def commit_in_service_and_dependency(module: ModuleFacts) -> Iterator[Hit]:
    """A service that commits a session whose provider commits.

    Why: the transaction of a request falls into parts, so that a later failure leaves the earlier ones in place.

    Bad:

        from typing import Annotated
        from fastapi import Depends
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db():
            async with SessionLocal() as session:
                yield session
                await session.commit()

        class Users:
            def __init__(self, session: Annotated[AsyncSession, Depends(get_db)]) -> None:
                self.session = session

            async def add(self, user: object) -> None:
                self.session.add(user)
                await self.session.commit()  # ADB992

    Good:

        from typing import Annotated
        from fastapi import Depends
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)

        async def get_db():
            async with SessionLocal() as session:
                yield session
                await session.commit()

        class Users:
            def __init__(self, session: Annotated[AsyncSession, Depends(get_db)]) -> None:
                self.session = session

            async def add(self, user: object) -> None:
                self.session.add(user)
                await self.session.flush()

    Not reported: sessions whose provider is not known or does not commit.
    """
    for commit in module.double_commits():
        yield hit(commit.node, service=commit.service, provider=commit.provider)
