"""ADB802 async-driver-url."""

from __future__ import annotations

import gc

import pytest
from harness import Loader
from sqlalchemy import text
from sqlalchemy.exc import MissingGreenlet

OBSERVED = "the engine is made, the first connection raises MissingGreenlet"


@pytest.mark.asyncio
@pytest.mark.filterwarnings("ignore:coroutine 'connect' was never awaited:RuntimeWarning")  # SQLAlchemy 2.1 leaves it
async def test_the_first_connection_fails(load: Loader) -> None:
    bad = load("ADB802", "Bad")
    with pytest.raises(MissingGreenlet):
        bad.engine.connect()
    gc.collect()


@pytest.mark.asyncio
async def test_an_async_engine_connects(load: Loader) -> None:
    async with load("ADB802", "Good").engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1
