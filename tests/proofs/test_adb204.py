"""ADB204 sync-pool-class."""

from __future__ import annotations

import pytest
from harness import Loader
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError

OBSERVED = "ArgumentError when the engine is made: Pool class QueuePool cannot be used with asyncio engine"


@pytest.mark.asyncio
async def test_a_pool_for_threads_is_refused(load: Loader) -> None:
    with pytest.raises(ArgumentError, match="Pool class QueuePool cannot be used with asyncio engine"):
        load("ADB204", "Bad")
    async with load("ADB204", "Good").engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1
