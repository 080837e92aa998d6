"""Row 5, Dependency injection: sessions and services come in through `Depends`."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.facts.injection import HandlerBody, own_sessions
from flake8_asyncdb.facts.services import constructions


@rule(
    "ADB501",
    "service-in-handler",
    Severity.WARNING,
    "`{cls}` built in handler `{handler}` cannot be replaced or shared: inject it, `Annotated[{cls}, Depends(...)]`",
)
def service_in_handler(module: ModuleFacts) -> Iterator[Hit]:
    """A handler that builds its own service, repository or database class.

    Why: the handler decides how its service is made, so that a test or another deployment cannot replace it,
    and its session lives outside the request's transaction. A convention of the comparison table.

    Bad:

        from fastapi import APIRouter
        from sqlalchemy import select, text
        from sqlalchemy.ext.asyncio import AsyncSession

        class UserService:
            def __init__(self, session: AsyncSession) -> None:
                self.session = session

            async def count(self) -> int:
                return await self.session.scalar(text("select count(*) from users"))

        router = APIRouter()

        @router.get("/users/count")
        async def count_users(session: AsyncSession) -> int:
            return await UserService(session).count()  # ADB501

    Good:

        from typing import Annotated
        from fastapi import APIRouter, Depends
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import AsyncSession

        class UserService:
            def __init__(self, session: AsyncSession) -> None:
                self.session = session

            async def count(self) -> int:
                return await self.session.scalar(text("select count(*) from users"))

        router = APIRouter()

        @router.get("/users/count")
        async def count_users(service: Annotated[UserService, Depends()]) -> int:
            return await service.count()

    Not reported: classes that neither hold nor make a session or engine nor run queries; mapped classes, schemas,
    dataclasses, exceptions, context managers and units of work; cached getters; dependencies, which are the place
    to build services.
    """
    for handler in module.handlers:
        seen = set()
        for site, cls in constructions(handler.function, module.project):
            if cls not in seen and module.project.is_service(cls):
                seen.add(cls)
                yield hit(site.node, cls=cls.name, handler=handler.function.name)


@rule(
    "ADB502",
    "session-in-handler",
    Severity.WARNING,
    "handler `{handler}` opens its own session by `{call}`: inject one, `Annotated[AsyncSession, Depends(get_db)]`",
)
def session_in_handler(module: ModuleFacts) -> Iterator[Hit]:
    """A handler that opens a session itself.

    Why: the session is outside the request's transaction and outside what tests override, and every handler
    has to repeat commit, rollback and close. A convention of the comparison table.

    Bad:

        from fastapi import APIRouter
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
        router = APIRouter()

        @router.get("/users/count")
        async def count_users() -> int:
            async with SessionLocal() as session:  # ADB502
                return await session.scalar(text("select count(*) from users"))

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

        @router.get("/users/count")
        async def count_users(session: Annotated[AsyncSession, Depends(get_db)]) -> int:
            return await session.scalar(text("select count(*) from users"))

    Not reported: websockets; handlers that answer with a stream, a file or server-sent events; a handler that
    opens a short session and awaits something else outside it, which is the cure for a connection held too long.
    """
    for handler in module.handlers:
        body = HandlerBody(handler, module.project)
        if handler.is_websocket or body.streams:
            continue
        for site in own_sessions(body):
            yield hit(site.node, handler=handler.function.name, call=site.text)
