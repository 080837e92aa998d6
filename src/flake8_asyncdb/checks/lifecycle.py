"""Row 6, Lifecycle: the engine lives as long as the application."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Hit, Severity, hit, rule
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.model.values import Tri


@rule(
    "ADB601",
    "missing-lifespan",
    Severity.WARNING,
    "`{call}()` without `lifespan` although the application reaches the engine of {engine}: "
    "nothing disposes of it, give it an `@asynccontextmanager` that does",
)
def missing_lifespan(module: ModuleFacts) -> Iterator[Hit]:
    """An application with a database and no lifespan.

    Why: nothing closes the pool when the server stops, and nothing sets the database up in a place where a failure
    stops the start. After the application's shutdown PostgreSQL still counted its connection; with the lifespan, none.

    Bad:

        from fastapi import FastAPI
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        app = FastAPI()  # ADB601

        @app.get("/users/count")
        async def count_users() -> int:
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

    Good:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

        @app.get("/users/count")
        async def count_users() -> int:
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

    Not reported: an application that another one mounts (its lifespan never runs); one whose imports reach no
    engine; one with start-up hooks (ADB602 speaks); `**options` that cannot be resolved; one that a command or script
    makes for itself and neither returns nor stores.
    """
    for app in module.apps:
        if app.has_lifespan is Tri.NO and app.is_root and app.is_service and not app.hooks and app.engine is not None:
            yield hit(app.node, call=app.call_name, engine=app.engine.where)


@rule(
    "ADB602",
    "deprecated-on-event",
    Severity.WARNING,
    "`{name}` is {fate}: use one `lifespan` context manager",
)
def deprecated_on_event(module: ModuleFacts) -> Iterator[Hit]:
    """Start-up and shutdown hooks where a lifespan belongs.

    Why: FastAPI's `on_event` is a DeprecationWarning at import. Starlette 1.0 removed `on_event` and
    `add_event_handler` from its applications (AttributeError), `add_event_handler` from FastAPI's too, and refuses
    `on_startup=` (TypeError), which FastAPI still takes.

    Bad:

        from fastapi import FastAPI
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        app = FastAPI()

        @app.on_event("shutdown")  # ADB602
        async def close() -> None:
            await engine.dispose()

    Good:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

    Not reported: applications that reach no engine; hooks on an application that has a lifespan (ADB603 speaks);
    hooks of other objects that happen to have the name.
    """
    for hook in module.hooks:
        if module.project.belongs_to_database_app(hook, Tri.NO):
            yield hit(hook.node, name=hook.name, fate=module.project.fate_of(hook))


@rule(
    "ADB603",
    "ignored-on-event",
    Severity.ERROR,
    "`{name}` on an application that has `lifespan=` never runs: move its work into the lifespan",
)
def ignored_on_event(module: ModuleFacts) -> Iterator[Hit]:
    """Hooks that a lifespan has switched off.

    Why: an application with `lifespan=` runs none of its `on_event` hooks, and says nothing: the application started
    without an error, and without its table; observed with FastAPI 0.110 and 0.165.

    Bad:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

        @app.on_event("startup")  # ADB603
        async def create_tables() -> None:
            async with engine.begin() as connection:
                await connection.execute(text("create table users (id int)"))

    Good:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        async def create_tables() -> None:
            async with engine.begin() as connection:
                await connection.execute(text("create table users (id int)"))

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            await create_tables()
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

    Not reported: applications without `lifespan=`, or whose `lifespan` cannot be resolved; applications that reach
    no engine.
    """
    for hook in module.hooks:
        if module.project.belongs_to_database_app(hook, Tri.YES):
            yield hit(hook.node, name=hook.name)


@rule(
    "ADB604",
    "engine-not-disposed",
    Severity.WARNING,
    "lifespan `{lifespan}` ends without disposing of the engine of {engine}: call `{call}` after its `yield`",
)
def engine_not_disposed(module: ModuleFacts) -> Iterator[Hit]:
    """A lifespan that leaves the engine's pool open.

    Why: when the process ends, the pooled connections are cut instead of closed: PostgreSQL counts them as abandoned
    (`pg_stat_database.sessions_abandoned`: 1, with `dispose()` 0). Where the process goes on, as in a test, they stay
    open.

    Bad:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @asynccontextmanager
        async def lifespan(app: FastAPI):  # ADB604
            print("up")
            yield
            print("down")

        app = FastAPI(lifespan=lifespan)

        @app.get("/users/count")
        async def count_users() -> int:
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

    Good:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            print("up")
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

        @app.get("/users/count")
        async def count_users() -> int:
            async with engine.connect() as connection:
                return await connection.scalar(text("select count(*) from users"))

    Not reported: a lifespan after whose `yield` anything disposes of an engine, through any number of calls, or
    calls what cannot be resolved; applications that reach no engine, only engines with NullPool, or only engines that
    nothing connects; applications that others mount.
    """
    for found in module.undisposed():
        call = "await engine.dispose()" if found.engine.is_async else "engine.dispose()"
        yield hit(found.lifespan.node, lifespan=found.lifespan.name, engine=found.engine.where, call=call)


@rule(
    "ADB605",
    "import-time-io",
    Severity.WARNING,
    "importing this module talks to the database: {how}: move it into the lifespan",
)
def import_time_io(module: ModuleFacts) -> Iterator[Hit]:
    """Database work that runs when a module is imported.

    Why: tests, command lines and every worker of the server pay for it, in whatever order modules happen to be
    imported, and without a database nothing can be imported at all (OperationalError). In one real service it was 34
    statements.

    Bad:

        from fastapi import FastAPI
        from sqlalchemy import create_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        engine = create_engine("postgresql://db/app", pool_pre_ping=True)

        class Base(DeclarativeBase): ...

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)

        Base.metadata.create_all(engine)  # ADB605
        app = FastAPI(lifespan=None)

    Good:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        class Base(DeclarativeBase): ...

        class User(Base):
            __tablename__ = "users"
            id: Mapped[int] = mapped_column(primary_key=True)

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

    Not reported: modules that no application imports, such as scripts; what stands under
    `if __name__ == "__main__"`; making engines and session factories, which is no I/O.
    """
    for found in module.import_time_io():
        yield hit(found.node, how=found.how)
