"""The application: everything is made when it starts and gone when it has stopped."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from .engine import create_engine_from
from .errors import add_error_handlers
from .models import Base
from .routes import router
from .sessions import make_session_factories
from .settings import Settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    """Make the engine, check that the database answers, serve, and dispose of the engine.

    The `try` begins right behind the engine: its connections are closed also when the start-up fails.
    """
    settings: Settings = app.state.settings
    engine = create_engine_from(settings)
    try:
        async with engine.begin() as connection:
            if settings.create_tables:
                await connection.run_sync(Base.metadata.create_all)
        app.state.engine = engine
        app.state.session_factories = make_session_factories(engine)
        yield
    finally:
        await engine.dispose()


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application; without `settings`, they come from the environment.

    Nothing connects before the server runs the lifespan. Serve it with
    `uvicorn --factory PACKAGE.app:create_app`, or `python -m PACKAGE`.
    """
    app = FastAPI(title="Chat", lifespan=lifespan)
    app.state.settings = settings or Settings()
    app.include_router(router)
    add_error_handlers(app)
    return app
