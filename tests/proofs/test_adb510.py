"""ADB510 dependency-called-by-hand."""

from __future__ import annotations

import pytest
from harness import Database, Loader
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "AttributeError: 'Depends' object has no attribute 'scalar'"


@pytest.mark.asyncio
async def test_a_direct_call_gets_the_marker(load: Loader, database: Database, session: AsyncSession) -> None:
    database.create_all()
    with pytest.raises(AttributeError, match="'Depends' object has no attribute 'scalar'"):
        await load("ADB510", "Bad").report()
    assert await load("ADB510", "Good").report(session) == "0 users"
