"""Conversions of URLs, and the engines whose URL passes through one."""

from __future__ import annotations

import pytest
from projects import Make

from flake8_asyncdb.facts.conversions import conversions_of

IMPORTS = """
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from elsewhere import settings
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
SYNC = {"sqlite": "sqlite"}
ODD = {"sqlite": settings.driver}
"""


@pytest.mark.parametrize(
    ("code", "schemes", "is_async"),
    [
        ('url.replace("sqlite:", "sqlite+aiosqlite:")', ("sqlite+aiosqlite",), True),
        ('url.replace("postgres://", "postgresql://")', ("postgresql",), False),
        ('make_url(url).set(drivername="postgresql+asyncpg")', ("postgresql+asyncpg",), True),
        ("url.set(drivername=DRIVERS[url.drivername])", ("sqlite+aiosqlite", "postgresql+asyncpg"), True),
        (
            "url.set(drivername=DRIVERS.get(url.drivername, url.drivername))",
            ("sqlite+aiosqlite", "postgresql+asyncpg"),
            True,
        ),
        ("url.set(drivername=SYNC[url.drivername])", ("sqlite",), False),
        ("url.set(drivername=ODD[url.drivername])", (), False),
        ("url.set(drivername=settings.driver)", (), False),
    ],
)
def test_conversions(make: Make, code: str, schemes: tuple[str, ...], is_async: bool) -> None:
    (found,) = make(IMPORTS + f"def converted(url):\n    return {code}\n").facts().url_conversions
    assert (found.schemes, found.is_async) == (schemes, is_async)


@pytest.mark.parametrize("code", ['name.replace("a", "b")', "cache.set(key, value)", "url.set(host='db')"])
def test_other_calls_are_no_conversions(make: Make, code: str) -> None:
    assert (
        make(IMPORTS + f"def other(url, name, cache, key, value):\n    return {code}\n").facts().url_conversions == []
    )


CONVERTED = 'def converted(url):\n    return url.set(drivername="sqlite+aiosqlite")\n'


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("create_async_engine(converted(settings.url))", 1),
        ("url = converted(settings.url)\ncreate_async_engine(url)", 1),
        ('create_async_engine(settings.url.replace("sqlite:", "sqlite+aiosqlite:"))', 1),
        ("def outer(url):\n    return converted(url)\ncreate_async_engine(outer(settings.url))", 1),
        (
            "class Settings:\n    @property\n    def url(self):\n        return converted(self.raw)\n"
            "create_async_engine(Settings().url)",
            1,
        ),
        ("create_async_engine(settings.url)", 0),
        ("converted(settings.url)\ncreate_async_engine(settings.url)", 0),
        ('create_async_engine("sqlite+aiosqlite://")', 0),
        ("create_async_engine()", 0),
    ],
)
def test_conversions_on_the_way_to_an_engine(make: Make, code: str, number: int) -> None:
    (engine,) = make(IMPORTS + CONVERTED + code + "\n").facts().engines
    assert len(list(conversions_of(engine))) == number
