"""ADB207 engine-arguments."""

from __future__ import annotations

import pytest
from asyncpg import InvalidPasswordError
from harness import SQLALCHEMY, Database, Loader
from sqlalchemy import NullPool, StaticPool, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

OBSERVED = "TypeError at the first connection: connect() got an unexpected keyword argument 'sslmode'"


@pytest.mark.asyncio
async def test_asyncpg_knows_no_sslmode(load: Loader) -> None:
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'sslmode'"):
        await load("ADB207", "Bad").engine.connect()


@pytest.mark.asyncio
async def test_it_knows_ssl(load: Loader) -> None:
    async with load("ADB207", "Good").engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1


@pytest.mark.parametrize("pool", [NullPool, StaticPool])
def test_these_pools_have_no_size(pool: type, database: Database) -> None:
    with pytest.raises(TypeError, match=r"Invalid argument.*'pool_size'"):
        create_async_engine(database.url(), poolclass=pool, pool_size=5)


@pytest.mark.asyncio
async def test_the_text_of_a_url_hides_its_password(database: Database) -> None:
    url = make_url(database.url()).set(username="guarded", password="secret")
    refused = DBAPIError if SQLALCHEMY >= (2, 1) else InvalidPasswordError
    with pytest.raises(refused, match="password authentication failed"):
        await create_async_engine(str(url), poolclass=NullPool).connect()
    async with create_async_engine(url, poolclass=NullPool).connect() as connection:
        assert await connection.scalar(text("select current_user")) == "guarded"
