"""ADB803 postgres-scheme."""

from __future__ import annotations

import pytest
from harness import Loader
from sqlalchemy import text
from sqlalchemy.exc import NoSuchModuleError

OBSERVED = "NoSuchModuleError at import: Can't load plugin: sqlalchemy.dialects:postgres"


@pytest.mark.asyncio
async def test_the_alias_is_gone(load: Loader) -> None:
    with pytest.raises(NoSuchModuleError, match=r"Can't load plugin: sqlalchemy\.dialects:postgres$"):
        load("ADB803", "Bad")


@pytest.mark.asyncio
async def test_the_dialect_connects(load: Loader) -> None:
    async with load("ADB803", "Good").engine.connect() as connection:
        assert await connection.scalar(text("select 1")) == 1
