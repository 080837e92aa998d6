"""The pool: exhausted, stale, given back."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from flake8_asyncdb.reference.engine import create_engine_from
from flake8_asyncdb.reference.errors import DatabaseUnavailableError
from flake8_asyncdb.reference.models import Base
from flake8_asyncdb.reference.sessions import DBSession
from flake8_asyncdb.reference.settings import Settings

from .conftest import until

pytestmark = pytest.mark.asyncio


async def test_an_exhausted_pool_says_so_and_recovers(start, url, caplog):
    def add_routes(app: FastAPI) -> None:
        app.state.held = asyncio.Event()
        app.state.release = asyncio.Event()

        @app.get("/hold")
        async def hold(db: DBSession) -> None:
            await db.execute(text("SELECT 1"))
            app.state.held.set()
            await app.state.release.wait()

    settings = {"pool_size": 1, "max_overflow": 0, "pool_timeout_seconds": 0.05}
    async with start(url, add_routes, **settings) as service:
        holder = asyncio.create_task(service.request("GET", "/hold"))
        await service.app.state.held.wait()
        refused = await service.request("GET", "/users")
        assert refused.status_code == 503
        assert refused.json() == {"detail": "timed out waiting for a database connection"}
        assert refused.headers["Retry-After"] == "1"
        assert "pool exhausted: QueuePool limit of size 1 overflow 0 reached" in caplog.text

        service.app.state.release.set()
        assert (await holder).status_code == 200
        assert service.in_use == 0
        assert await service.emails() == []


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_server_restart_between_requests(start, postgres, driver):
    control = create_async_engine(postgres.url(driver))  # no pool_pre_ping
    async with start(postgres.url(driver), pool_size=3) as service:
        connections = [await service.app.state.engine.connect() for _ in range(3)]
        for connection in connections:
            await connection.close()
        assert service.app.state.engine.pool.checkedin() == 3
        async with control.connect() as connection:
            await connection.execute(text("SELECT 1"))

        postgres.control("restart")

        assert await service.emails() == []
        answers = await asyncio.gather(*(service.request("GET", "/users") for _ in range(6)))
        assert [answer.status_code for answer in answers] == [200] * 6
        with pytest.raises(DBAPIError):
            async with control.connect() as connection:
                await connection.execute(text("SELECT 1"))
        await control.dispose()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_stopped_application_leaves_no_connection(start, postgres, driver):
    async with start(postgres.url(driver)) as service:
        await asyncio.gather(*(service.request("GET", "/users") for _ in range(3)))
        assert postgres.connections() >= 1
    await until(lambda: postgres.connections() == 0)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_failed_start_leaves_no_connection(start, postgres, driver):
    postgres.admin("DROP SCHEMA public")
    with pytest.raises(DBAPIError, match="no schema has been selected to create in"):
        async with start(postgres.url(driver)):
            pytest.fail("started without tables")
    await until(lambda: postgres.connections() == 0)

    control = create_async_engine(postgres.url(driver))  # not disposed of
    with pytest.raises(DBAPIError, match="no schema has been selected to create in"):
        async with control.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
    assert postgres.connections() == 1
    await control.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "postgres://app:s3cret@127.0.0.1:1/app",
        "postgresql+psycopg://app:s3cret@127.0.0.1:1/app",
        "sqlite:///no/such/folder/chat.db",
    ],
)
async def test_a_database_that_cannot_be_reached_fails_the_start(start, url):
    with pytest.raises(DatabaseUnavailableError, match=r"cannot connect to (postgresql|sqlite): ") as failure:
        async with start(url):
            pytest.fail("started without a database")
    assert failure.value.__cause__ is not None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg"])
async def test_sizes_come_from_the_settings(scheme):
    settings = Settings(
        url=f"{scheme}://u:p@host/db",
        pool_size=3,
        max_overflow=4,
        pool_timeout_seconds=5,
        pool_recycle_seconds=6,
    )
    pool = create_engine_from(settings).pool
    assert isinstance(pool, AsyncAdaptedQueuePool)
    assert (pool.size(), pool._max_overflow, pool._timeout, pool._recycle, pool._pre_ping) == (
        3,
        4,
        5,
        6,
        True,
    )


@pytest.mark.parametrize(
    ("url", "sizes"),
    [
        ("sqlite:///chat.db", (3, 4, 5, -1)),
        ("sqlite:///:memory:", (1, 0, 5, -1)),
        ("sqlite://", (1, 0, 5, -1)),
        ("sqlite:///file:x?mode=memory&uri=true", (1, 0, 5, -1)),
    ],
)
async def test_sizes_on_sqlite(url, sizes):
    settings = Settings(url=url, pool_size=3, max_overflow=4, pool_timeout_seconds=5, pool_recycle_seconds=6)
    pool = create_engine_from(settings).pool
    assert isinstance(pool, AsyncAdaptedQueuePool)
    assert (pool.size(), pool._max_overflow, pool._timeout, pool._recycle) == sizes
