"""The facts of engines: how each is made, on which databases, and what becomes of it."""

from __future__ import annotations

import ast

import pytest
from projects import Code, Make

from flake8_asyncdb.facts.engines import Engine
from flake8_asyncdb.facts.tables import holds_foreign_keys
from flake8_asyncdb.model.values import instances

IMPORTS = """
import os
import sqlalchemy
from sqlalchemy import (
    AssertionPool, NullPool, QueuePool, StaticPool, create_engine, engine_from_config, event, inspect, make_url
)
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.ext.asyncio import async_engine_from_config
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import AsyncAdaptedQueuePool, SingletonThreadPool
"""


def written(make: Make, code: str) -> Code:
    return make(IMPORTS + code)


def only(make: Make, code: str) -> Engine:
    (engine,) = written(make, code).facts().engines
    return engine


def by_line(code: Code, path: str = "app.py") -> list[Engine]:
    return sorted(code.facts(path).engines, key=lambda engine: engine.node.lineno)


# -- how it is made


@pytest.mark.parametrize(
    ("call", "name", "is_async"),
    [
        ("create_engine(url)", "create_engine", False),
        ("sqlalchemy.create_engine(url)", "create_engine", False),
        ("engine_from_config(options)", "engine_from_config", False),
        ("create_async_engine(url)", "create_async_engine", True),
        ("async_engine_from_config(options)", "async_engine_from_config", True),
    ],
)
def test_call_and_kind(call: str, name: str, is_async: bool, make: Make) -> None:
    engine = only(make, f"engine = {call}\n")
    assert (engine.call_name, engine.is_async) == (name, is_async)


def test_names_of_other_libraries_make_no_engine(make: Make) -> None:
    code = "from other import create_async_engine\nfirst = create_async_engine(url)\nsecond = duck.create_engine(url)\n"
    assert written(make, code).facts().engines == []


def test_place_and_function(make: Make) -> None:
    code = make(
        "from sqlmodel import create_engine\nengine = create_engine(a)\ndef make():\n    return create_engine(b)\n"
    )
    first, second = by_line(code)
    assert (first.where, first.function) == ("app.py:2", None)
    assert (second.where, second.function) == ("app.py:4", code.function("make"))


@pytest.mark.parametrize(
    ("statement", "target"),
    [
        ("engine = create_engine(url)", "engine"),
        ("app.state.engine = create_engine(url)", "app.state.engine"),
        ("first = second = create_engine(url)", "first, second"),
        ("use(create_engine(url))", ""),
    ],
)
def test_target(statement: str, target: str, make: Make) -> None:
    assert only(make, statement).target_text == target


# -- its URL


@pytest.mark.parametrize(
    ("call", "url"),
    [
        ("create_engine('sqlite://')", "'sqlite://'"),
        ("create_engine(url='sqlite://')", "'sqlite://'"),
        ("create_engine(**{'url': 'sqlite://'})", "'sqlite://'"),
        ("create_engine()", None),
        ("create_engine(*arguments)", None),
        ("engine_from_config(options, 'sqlalchemy.')", None),
    ],
)
def test_url_argument(call: str, url: str | None, make: Make) -> None:
    node = only(make, f"engine = {call}\n").url_node
    assert (None if node is None else ast.unparse(node)) == url


@pytest.mark.parametrize(
    ("code", "prefixes"),
    [
        ("engine = create_engine('sqlite:///a.db')", ["sqlite:///a.db"]),
        ("URL_ = 'sqlite:///a.db'\nengine = create_engine(URL_)", ["sqlite:///a.db"]),
        ("engine = create_engine(f'sqlite:///{name}.db')", ["sqlite:///"]),
        ("engine = create_engine(a if b else 'sqlite://')", ["", "sqlite://"]),
        ("engine = create_engine(os.getenv('URL', 'sqlite:///a.db'))", ["", "sqlite:///a.db"]),
        ("engine = create_engine(unknown)", [""]),
        ("engine = engine_from_config(options)", []),
    ],
)
def test_urls_with_the_unknown_one_as_an_empty_text(code: str, prefixes: list[str], make: Make) -> None:
    assert [url.text.prefix for url in only(make, code).urls] == prefixes


@pytest.mark.parametrize(
    ("url", "is_sqlite", "may_be", "file"),
    [
        ("'sqlite:///a.db'", True, True, True),
        ("'sqlite://'", True, True, False),
        ("'sqlite:///:memory:'", True, True, False),
        ("'sqlite:///a.db' if local else 'sqlite://'", True, True, True),
        ("'sqlite:///a.db' if local else 'postgresql://db/a'", False, True, True),
        ("'postgresql://db/a'", False, False, False),
        ("'postgresql://db/a' if local else url", False, True, False),
        ("url", False, True, False),
    ],
)
def test_sqlite(url: str, is_sqlite: bool, may_be: bool, file: bool, make: Make) -> None:
    engine = only(make, f"engine = create_engine({url})\n")
    assert (engine.is_sqlite, engine.may_be_sqlite, engine.sqlite_file is not None) == (is_sqlite, may_be, file)


def test_branch_that_asks_for_the_scheme_makes_the_url_known(make: Make) -> None:
    code = "def make(url):\n    if url.startswith('sqlite'):\n        return create_engine(url)\n    return create_engine(url)\n"
    assert [engine.is_sqlite for engine in by_line(written(make, code))] == [True, False]


@pytest.mark.parametrize(
    ("url", "pin", "scheme"),
    [
        ("'postgresql+psycopg2://db/a'", "", "postgresql+psycopg2"),
        ("'mysql://db/a'", "", "mysql"),
        ("'sqlite:///a.db'", "", "sqlite"),
        ("'postgresql+asyncpg://db/a'", "", None),
        ("'postgresql+psycopg://db/a'", "", None),
        ("'postgres://db/a'", "", None),
        ("'postgresql://db/a'", "", None),
        ("'postgresql://db/a'", "sqlalchemy<2.1", "postgresql"),
        ("'postgresql://db/a'", "sqlalchemy>=2.1", None),
        ("url", "", None),
    ],
)
def test_url_whose_driver_is_sync(url: str, pin: str, scheme: str | None, make: Make) -> None:
    code = make({"app.py": f"{IMPORTS}engine = create_async_engine({url})\n", "requirements.txt": pin})
    (engine,) = code.facts().engines
    found = engine.url_for_sync_driver()
    assert (None if found is None else found.scheme) == scheme


@pytest.mark.parametrize(
    ("argument", "has_creator"),
    [("creator=connect", True), ("async_creator=connect", True), ("module=duckdb", True), ("echo=True", False)],
)
def test_creator(argument: str, has_creator: bool, make: Make) -> None:
    assert only(make, f"engine = create_engine('postgresql://', {argument})").has_creator is has_creator


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("'postgresql+asyncpg://db/a?sslmode=require'", ["sslmode"]),
        ("'postgresql+asyncpg://db/a?sslmode=require&channel_binding=prefer'", ["sslmode", "channel_binding"]),
        ("'postgresql+psycopg://db/a?sslmode=require'", []),
        ("'postgresql+asyncpg://db/a'", []),
    ],
)
def test_parameters_that_asyncpg_refuses(url: str, refused: list[str], make: Make) -> None:
    assert only(make, f"engine = create_async_engine({url})").refused_parameters() == refused


@pytest.mark.parametrize(
    ("code", "masked"),
    [
        ("url = make_url(text)\nengine = create_engine(str(url))", True),
        ("url = URL.create('postgresql', password='x')\nengine = create_engine(str(url))", True),
        ("url = make_url(text)\nengine = create_engine(f'{url}')", True),
        ("url = make_url(text)\nengine = create_engine(url.render_as_string())", True),
        ("url = make_url(text)\nengine = create_engine(url.render_as_string(hide_password=False))", False),
        ("url = make_url(text)\nengine = create_engine(url)", False),
        ("engine = create_engine(str(text))", False),
    ],
)
def test_masked_url(code: str, masked: bool, make: Make) -> None:
    assert only(make, code).masked_url is masked


# -- its pool


@pytest.mark.parametrize(
    ("argument", "is_pooled"),
    [
        ("", True),
        ("poolclass=QueuePool", True),
        ("poolclass=AsyncAdaptedQueuePool", True),
        ("poolclass=NullPool", False),
        ("poolclass=StaticPool", False),
        ("poolclass=chosen", False),
    ],
)
def test_pool_that_surely_keeps_connections(argument: str, is_pooled: bool, make: Make) -> None:
    assert only(make, f"engine = create_engine(url, {argument})").is_pooled is is_pooled


@pytest.mark.parametrize(
    ("argument", "may_be"),
    [
        ("", False),
        ("poolclass=None", False),
        ("poolclass=NullPool", True),
        ("poolclass=sqlalchemy.pool.NullPool", True),
        ("poolclass=QueuePool", False),
        ("poolclass=chosen", True),
        ("pool=made", True),
        ("**options", True),
    ],
)
def test_pool_that_may_be_one(argument: str, may_be: bool, make: Make) -> None:
    engine = only(make, f"engine = create_engine(url, {argument})")
    assert engine.pool_may_be(frozenset({"sqlalchemy.pool.NullPool"})) is may_be


@pytest.mark.parametrize(
    ("argument", "refused"),
    [
        ("poolclass=QueuePool", "QueuePool"),
        ("poolclass=SingletonThreadPool", "SingletonThreadPool"),
        ("poolclass=NullPool if testing else QueuePool", "QueuePool"),
        ("poolclass=NullPool", None),
        ("poolclass=AsyncAdaptedQueuePool", None),
        ("poolclass=chosen", None),
        ("", None),
    ],
)
def test_pool_that_an_async_engine_refuses(argument: str, refused: str | None, make: Make) -> None:
    assert only(make, f"engine = create_async_engine(url, {argument})").refused_pool() == refused


@pytest.mark.parametrize(
    ("arguments", "refused"),
    [
        ("poolclass=NullPool, pool_size=5", ["pool_size"]),
        ("poolclass=StaticPool, max_overflow=1, pool_timeout=3", ["max_overflow", "pool_timeout"]),
        ("poolclass=NullPool, **{'pool_size': 5}", ["pool_size"]),
        ("poolclass=NullPool", []),
        ("pool_size=5", []),
        ("poolclass=chosen, pool_size=5", []),
    ],
)
def test_arguments_that_its_pool_refuses(arguments: str, refused: list[str], make: Make) -> None:
    assert only(make, f"engine = create_engine(url, {arguments})").pooling_arguments() == refused


# -- what becomes of it


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("return create_engine(url)", False),
        ("engine = create_engine(url)\n    engine.connect()", False),
        ("global engine\n    engine = create_engine(url)", True),
        ("app.state.engine = create_engine(url)", True),
        ("engine = create_engine(url)\n    cache['x'] = engine", True),
        ("engine: object = create_engine(url)\n    app.state.engine = engine", True),
        ("app.state.engine = create_engine(url) if url else None", True),
        ("app.state.sessions = sessionmaker(create_engine(url))", True),
    ],
)
def test_kept_where_it_outlives_the_call(body: str, kept: bool, make: Make) -> None:
    assert only(make, f"def make(url, app, cache):\n    {body}\n").is_kept is kept


@pytest.mark.parametrize(
    "code",
    [
        "engine = create_engine(url)",
        "class Database:\n    engine = create_engine(url)",
        "class Database:\n    def __init__(self):\n        engine = create_engine(url)",
        "from functools import cache\n@cache\ndef make():\n    return create_engine(url)",
        "from functools import lru_cache\n@lru_cache(maxsize=1)\ndef make():\n    return create_engine(url)",
        "from other import once\n@once\ndef make():\n    return create_engine(url)",
    ],
)
def test_kept_by_module_class_constructor_or_cache(code: str, make: Make) -> None:
    assert only(make, code).is_kept


@pytest.mark.parametrize(
    ("body", "local"),
    [
        ("engine = create_engine(url)\n    engine.connect()", True),
        ("engine = create_engine(url)\n    return engine", False),
        ("return create_engine(url)", False),
        ("engine = create_engine(url)\n    return 1, (engine, 2)", False),
        ("yield create_engine(url)", False),
        ("app.state.engine = create_engine(url)", False),
        ("engine = create_engine(url)\n    return engine.connect()", True),
    ],
)
def test_local_where_nothing_outside_sees_it(body: str, local: bool, make: Make) -> None:
    assert only(make, f"def make(url, app):\n    {body}\n").stays_local is local


@pytest.mark.parametrize(
    ("body", "in_place"),
    [
        ("engine = create_engine(url)\n    engine.connect()", True),
        ("create_engine(url).connect()", True),
        ("engine = create_engine(url)\n    check(engine)", False),
        ("engine = create_engine(url)\n    def inner(): check(engine)\n    engine.connect()", False),
        ("engine = create_engine(url)\n    return engine", False),
        ("check(create_engine(url))", False),
    ],
)
def test_used_in_place_where_nothing_gets_it(body: str, in_place: bool, make: Make) -> None:
    assert only(make, f"def make(app):\n    {body}\n").is_used_in_place is in_place


@pytest.mark.parametrize(
    ("code", "disposed"),
    [
        ("def f():\n    engine = create_engine(url)\n    engine.dispose()", True),
        (
            "async def f():\n    engine = create_async_engine(url)\n    try: ...\n    finally:\n        await engine.dispose()",
            True,
        ),
        ("def f():\n    engine = create_engine(url)\n    other.dispose()", False),
        ("engine = create_engine(url)\ndef f():\n    engine.dispose()", False),
        ("def f():\n    engine = create_engine(url)\n    def g():\n        engine.dispose()", False),
    ],
)
def test_disposed_in_place(code: str, disposed: bool, make: Make) -> None:
    assert only(make, code).is_disposed_in_place is disposed


@pytest.mark.parametrize(
    ("code", "wrapped"),
    [
        ("engine = AsyncEngine(create_engine(url))", True),
        ("engine = AsyncEngine(sync_engine=create_engine(url))", True),
        ("inner = create_engine(url)\nengine = AsyncEngine(inner)", True),
        ("inner = create_engine(url)\nengine = Session(inner)", False),
        ("engine = create_engine(url)", False),
    ],
)
def test_wrapped_in_an_async_engine(code: str, wrapped: bool, make: Make) -> None:
    assert only(make, code).is_wrapped_async is wrapped


HANDLER = "from fastapi import Depends, FastAPI\napp = FastAPI()\n"


@pytest.mark.parametrize(
    ("code", "per_request"),
    [
        ("@app.get('/')\ndef home():\n    engine = create_engine(url)\n    engine.connect()", True),
        ("def make():\n    return create_engine(url)\n@app.get('/')\ndef home():\n    make()", True),
        ("def db():\n    yield create_engine(url)\n@app.get('/')\ndef home(e=Depends(db)): ...", True),
        ("@app.get('/')\ndef home():\n    engine = create_engine(url, poolclass=NullPool)", False),
        ("@app.get('/')\ndef home():\n    engine = create_engine(url)\n    engine.dispose()", False),
        ("@app.get('/')\ndef home():\n    app.state.engine = create_engine(url)", False),
        ("def make():\n    return create_engine(url)\ndef job():\n    make()", False),
        ("engine = create_engine(url)", False),
    ],
)
def test_made_per_request(code: str, per_request: bool, make: Make) -> None:
    assert only(make, HANDLER + code).is_made_per_request is per_request


@pytest.mark.parametrize(
    ("code", "never"),
    [
        ("engine = create_engine(url)", True),
        ("engine = create_engine(url)\nprint(engine.dialect.name, engine.url)", True),
        ("engine = create_engine(url)\nengine.connect()", False),
        ("engine = create_engine(url)\nFactory = sessionmaker(engine)", False),
        ("engine = create_engine(url)\nadmin(app, engine)", False),
        ("app.state.engine = create_engine(url)", False),
        ("def make():\n    engine = create_engine(url)", False),
    ],
)
def test_never_connected(code: str, never: bool, make: Make) -> None:
    assert only(make, code).is_never_connected is never


@pytest.mark.parametrize(
    ("user", "never"),
    [
        ("from db import engine\nprint(engine.dialect)\n", True),
        ("from db import engine as e\ne.connect()\n", False),
        ("import db\ndb.engine.connect()\n", False),
        ("import db\nprint(db.engine.url)\n", True),
    ],
)
def test_never_connected_by_another_module(user: str, never: bool, make: Make) -> None:
    code = make({"db.py": f"{IMPORTS}engine = create_engine(url)\n", "app.py": user})
    (engine,) = code.facts("db.py").engines
    assert engine.is_never_connected is never


def test_listened_only(make: Make) -> None:
    code = """
engine = create_async_engine("sqlite+aiosqlite:///a.db")
carrier = create_engine("sqlite:///a.db")
@event.listens_for(carrier, "connect")
def pragmas(connection, record):
    connection.execute("PRAGMA journal_mode=WAL")
Factory = async_sessionmaker(engine)
"""
    assert [engine.is_listened_only for engine in by_line(written(make, code))] == [False, True]


@pytest.mark.parametrize(
    ("handler", "feeds"),
    [
        ("async def home():\n    with engine.connect() as connection:\n        connection.execute(q)", True),
        ("async def home():\n    with Session(engine) as session:\n        session.execute(q)", True),
        ("async def home():\n    load()", True),
        ("async def home():\n    await run_in_threadpool(load)", False),
        ("def home():\n    load()", False),
    ],
)
def test_feeds_the_event_loop(handler: str, feeds: bool, make: Make) -> None:
    code = (
        "from starlette.concurrency import run_in_threadpool\nengine = create_engine('postgresql://db/a')\n"
        "def load():\n    with Session(engine) as session:\n        session.execute(q)\n"
    )
    assert only(make, f"{HANDLER}{code}@app.get('/')\n{handler}\n").feeds_event_loop is feeds


# -- the engines behind other objects


@pytest.mark.parametrize(
    "expression",
    [
        "engine",
        "engine.connect()",
        "engine.execution_options(isolation_level='AUTOCOMMIT')",
        "Session(engine)",
        "Session(bind=engine)",
        "Factory",
        "Factory()",
        "scoped_session(Factory)",
        "Factory().connection()",
    ],
)
def test_engine_behind(expression: str, make: Make) -> None:
    code = written(make, f"engine = create_engine(url)\nFactory = sessionmaker(bind=engine)\nreveal({expression})\n")
    (engine,) = code.facts().engines
    (instance,) = instances(code.value())
    assert code.project.engine_sites(instance) == {engine.site}


@pytest.mark.parametrize(
    "expression", ["engine.sync_engine", "AsyncSession(engine)", "async_sessionmaker(engine)", "engine.connect()"]
)
def test_async_engine_behind(expression: str, make: Make) -> None:
    code = written(make, f"engine = create_async_engine(url)\nreveal({expression})\n")
    (engine,) = code.facts().engines
    (instance,) = instances(code.value())
    assert code.project.engine_sites(instance) == {engine.site}


def test_no_engine_behind_a_session_without_bind(make: Make) -> None:
    code = written(make, "engine = create_engine(url)\nreveal(Session(), sessionmaker())\n")
    assert [code.project.engine_sites(each) for value in code.values() for each in instances(value)] == [set(), set()]


# -- the tables that it holds

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): ...
class Plain(DeclarativeBase): ...
class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
first = create_engine("sqlite:///first.db")
"""


@pytest.mark.parametrize(
    ("code", "holding"),
    [
        ("", ["first"]),
        ("second = create_engine('sqlite:///second.db')", []),
        ("second = create_engine('sqlite:///second.db')\nFactory = sessionmaker(first)", ["first"]),
        ("second = create_engine('sqlite:///second.db')\nBase.metadata.create_all(second)", ["second"]),
        ("second = create_engine('sqlite:///second.db')\nPlain.metadata.create_all(bind=first)", []),
        (
            "second = create_async_engine('sqlite+aiosqlite:///first.db')\nBase.metadata.create_all(first)",
            ["first", "second"],
        ),
        (
            "second = create_async_engine('sqlite+aiosqlite:///second.db')\nasync def create():\n"
            "    async with second.begin() as connection:\n"
            "        await connection.run_sync(Base.metadata.create_all)\n",
            ["second"],
        ),
    ],
)
def test_engines_that_surely_hold_foreign_keys(code: str, holding: list[str], make: Make) -> None:
    made = written(make, MODELS + code)
    found = [each.target_text for each in by_line(made) if holds_foreign_keys(each, made.project)]
    assert found == holding
