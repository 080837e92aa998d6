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

    Why: nothing closes the pool when the server stops, and nothing sets the database up in a place where a
    failure stops the start.

    Bad:

        from fastapi import FastAPI
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
        app = FastAPI()  # ADB601

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

    Not reported: an application that another one mounts (its lifespan never runs); one whose imports reach no
    engine; one with start-up hooks (ADB602 speaks); `**options` that cannot be resolved.
    """
    for app in module.apps:
        if app.has_lifespan is Tri.NO and app.is_root and not app.hooks and app.engine is not None:
            yield hit(app.node, call=app.call_name, engine=app.engine.where)


@rule(
    "ADB602",
    "deprecated-on-event",
    Severity.WARNING,
    "`{name}` is {fate}: use one `lifespan` context manager",
)
def deprecated_on_event(module: ModuleFacts) -> Iterator[Hit]:
    """Start-up and shutdown hooks where a lifespan belongs.

    Why: FastAPI deprecates `on_event`; Starlette 1.0 removed `on_event`, `add_event_handler` and `on_startup=`
    from its applications, where they fail at import.

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
        if any(app.has_lifespan is Tri.NO and app.engine is not None for app in module.project.apps_of(hook)):
            yield hit(hook.node, name=hook.name, fate=hook.fate)


@rule(
    "ADB603",
    "ignored-on-event",
    Severity.ERROR,
    "`{name}` on an application that has `lifespan=` never runs: move its work into the lifespan",
)
def ignored_on_event(module: ModuleFacts) -> Iterator[Hit]:
    """Hooks that a lifespan has switched off.

    Why: an application with `lifespan=` runs none of its `on_event` hooks, and says nothing; observed with
    FastAPI 0.110 and 0.165.

    Bad:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

        @app.on_event("startup")  # ADB603
        async def warm_up() -> None: ...

    Good:

        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)

        async def warm_up() -> None: ...

        @asynccontextmanager
        async def lifespan(app: FastAPI):
            await warm_up()
            yield
            await engine.dispose()

        app = FastAPI(lifespan=lifespan)

    Not reported: applications without `lifespan=`, or whose `lifespan` cannot be resolved; applications that reach
    no engine.
    """
    for hook in module.hooks:
        if any(app.has_lifespan is Tri.YES and app.engine is not None for app in module.project.apps_of(hook)):
            yield hit(hook.node, name=hook.name)
