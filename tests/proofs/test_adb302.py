"""ADB302 sessionmaker-for-async-session: a convention, nothing fails at run time."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import Loader, example, type_checked
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

OBSERVED = "nothing fails at run time; mypy rejects the call (no overload variant) and takes the sessions for Any"


@pytest.mark.asyncio
@pytest.mark.parametrize("section", ["Bad", "Good"])
async def test_either_factory_works(load: Loader, section: str) -> None:
    async with load("ADB302", section).SessionLocal() as session:
        assert isinstance(session, AsyncSession)
        assert await session.scalar(text("select 1")) == 1


def test_mypy_knows_the_sessions_of_one_only(tmp_path: Path) -> None:
    reveal = "reveal_type(SessionLocal())\n"
    sources = {f"{section.lower()}.py": example("ADB302", section)["app.py"] + reveal for section in ("Bad", "Good")}
    said = type_checked(tmp_path, sources)
    (error,) = (line for line in said if " error: " in line)
    assert error.startswith("bad.py:")
    assert error.endswith("[call-overload]")
    assert 'No overload variant of "sessionmaker"' in error
    of_bad, of_good = (line for line in said if "Revealed type" in line)
    assert of_bad.endswith('"Any"')
    assert of_good.endswith('"sqlalchemy.ext.asyncio.session.AsyncSession"')
