"""ADB305 generator-annotated-as-session: a convention, nothing fails at run time."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from fastapi import Depends, FastAPI
from harness import Loader, example, serving, type_checked
from sqlalchemy import text

OBSERVED = "nothing fails at run time; mypy rejects the annotation and takes a call, an async generator, for a session"


@pytest.mark.asyncio
@pytest.mark.parametrize("section", ["Bad", "Good"])
async def test_either_provider_works(load: Loader, section: str) -> None:
    app = FastAPI()
    provider = load("ADB305", section).get_db

    @app.get("/")
    async def home(session=Depends(provider)) -> int:  # noqa: B008
        return await session.scalar(text("select 1"))

    async with serving(app) as client:
        assert (await client.get("/")).json() == 1
    assert inspect.isasyncgenfunction(provider)


def test_mypy_takes_the_generator_for_a_session(tmp_path: Path) -> None:
    reveal = "reveal_type(get_db())\n"
    sources = {f"{section.lower()}.py": example("ADB305", section)["app.py"] + reveal for section in ("Bad", "Good")}
    said = type_checked(tmp_path, sources)
    (error,) = (line for line in said if " error: " in line)
    assert error.startswith("bad.py:")
    assert "The return type of an async generator function should be" in error
    of_bad, of_good = (line for line in said if "Revealed type" in line)
    assert of_bad.endswith('"sqlalchemy.ext.asyncio.session.AsyncSession"')
    assert of_good.endswith('AsyncIterator[sqlalchemy.ext.asyncio.session.AsyncSession]"')
