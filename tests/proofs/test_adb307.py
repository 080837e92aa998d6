"""ADB307 sync-with-on-async."""

from __future__ import annotations

import sys

import pytest
from harness import Database, Loader
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import sessionmaker

OBSERVED = "TypeError: object does not support the context manager protocol (AttributeError on Python 3.10)"

if sys.version_info >= (3, 11):
    ERROR, NO_CONTEXT = TypeError, "does not support the context manager protocol"
    NO_ASYNC_CONTEXT = "does not support the asynchronous context manager protocol"
else:
    ERROR, NO_CONTEXT, NO_ASYNC_CONTEXT = AttributeError, "__enter__", "__aenter__"


@pytest.mark.asyncio
async def test_an_async_session_is_no_context_manager(load: Loader, database: Database) -> None:
    database.create_all()
    with pytest.raises(ERROR, match=NO_CONTEXT):
        await load("ADB307", "Bad").count_users()
    assert await load("ADB307", "Good").count_users() == 0


def test_nor_is_what_an_async_engine_begins() -> None:
    with pytest.raises(ERROR, match=NO_CONTEXT), create_async_engine("sqlite+aiosqlite://").begin():
        pass


@pytest.mark.asyncio
async def test_nor_is_a_sync_session_an_async_one() -> None:
    with pytest.raises(ERROR, match=NO_ASYNC_CONTEXT):
        async with sessionmaker(create_engine("sqlite://"))():
            pass
