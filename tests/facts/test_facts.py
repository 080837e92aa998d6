"""The facts of small projects: what the code has, not what is wrong with it."""

from __future__ import annotations

import ast

import pytest
from projects import Code, Make

from flake8_asyncdb.facts import injection, providers, streams
from flake8_asyncdb.facts.columns import Zone
from flake8_asyncdb.facts.injection import HandlerBody, own_sessions
from flake8_asyncdb.facts.options import Options
from flake8_asyncdb.facts.urls import DatabaseUrl
from flake8_asyncdb.model.texts import Text
from flake8_asyncdb.model.values import Site, Tri

ASYNC = """
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
engine = create_async_engine("postgresql+asyncpg://db/app")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
async def get_db():
    async with SessionLocal() as session:
        yield session
"""
SYNC = """
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker
engine = create_engine("postgresql://db/app")
SessionLocal = sessionmaker(bind=engine)
def get_db():
    with SessionLocal() as session:
        yield session
"""


# -- options


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("f(name=1)", Tri.YES),
        ("f()", Tri.NO),
        ("f(other=1)", Tri.NO),
        ("f(**{'name': 1})", Tri.YES),
        ("f(**{'other': 1})", Tri.NO),
        ("f(**unknown)", Tri.UNKNOWN),
        ("f(**options)", Tri.YES),
        ("f(**changed)", Tri.UNKNOWN),
    ],
)
def test_option_is_given_or_not_or_unknown(call: str, expected: Tri, make: Make) -> None:
    code = make(f"options = {{'name': 1}}\nchanged = {{}}\nchanged['name'] = 1\nreveal({call})")
    ((node, scope),) = code.asked()
    assert isinstance(node, ast.Call)
    assert Options(Site(node, scope), code.inference).get("name").given is expected


# -- URLs


@pytest.mark.parametrize(
    ("text", "dialect", "driver", "is_async", "is_file"),
    [
        ("sqlite:///app.db", "sqlite", None, Tri.NO, True),
        ("sqlite+aiosqlite:////var/app.db", "sqlite", "aiosqlite", Tri.YES, True),
        ("sqlite://", "sqlite", None, Tri.NO, False),
        ("sqlite:///:memory:", "sqlite", None, Tri.NO, False),
        ("postgresql://db/app", "postgresql", None, Tri.UNKNOWN, False),
        ("postgresql+psycopg://db/app", "postgresql", "psycopg", Tri.YES, False),
        ("postgresql+psycopg2://db/app", "postgresql", "psycopg2", Tri.NO, False),
        ("mysql://db/app", "mysql", None, Tri.NO, False),
        ("", None, None, Tri.UNKNOWN, False),
    ],
)
def test_url(text: str, dialect: str | None, driver: str | None, is_async: Tri, is_file: bool) -> None:
    url = DatabaseUrl(Text(text, exact=bool(text)))
    assert (url.dialect, url.driver, url.is_async, url.is_sqlite_file) == (dialect, driver, is_async, is_file)


# -- sessions and the event loop


def test_factory_knows_its_product_and_engine(make: Make) -> None:
    code = make(SYNC + "registry = scoped_session(sessionmaker(engine))\n")
    factories = code.facts().session_factories
    assert [f.makes_sync_sessions for f in factories] == [Tri.YES] * 3
    assert [f.is_scoped for f in factories] == [False, True, False]
    assert all(f.engines == {code.facts().engines[0].site} for f in factories)


@pytest.mark.parametrize(("word", "reached"), [("async def", True), ("def", False)])
def test_event_loop_reaches_the_engine_of_async_handlers_only(word: str, reached: bool, make: Make) -> None:
    handler = (
        f"app = FastAPI()\n@app.get('/')\n{word} home(db: Session = Depends(get_db)):\n    return db.scalar('x')\n"
    )
    code = make(SYNC + "from fastapi import Depends, FastAPI\n" + handler)
    (engine,) = code.facts().engines
    (factory,) = code.facts().session_factories
    assert (engine.feeds_event_loop, factory.feeds_event_loop) == (reached, reached)


def test_session_bindings_tell_what_blocks(make: Make) -> None:
    code = make(SYNC + "async def f(db: Session, other: Session):\n    db.commit()\n    await g(other)\n")
    (bound,) = code.facts().blocking_sessions()
    assert (bound.name, bound.use) == ("db", "db.commit")


# -- columns


@pytest.mark.parametrize(
    ("declared", "zone"),
    [
        ("Column(DateTime)", Zone.NAIVE),
        ("Column('x', DateTime())", Zone.NAIVE),
        ("Column(DateTime(timezone=True))", Zone.AWARE),
        ("Column(DateTime(timezone=flag))", Zone.UNKNOWN),
        ("Column(Integer)", Zone.UNKNOWN),
        ("Column(ForeignKey('a.b'))", Zone.IMPLICIT),
        ("Column(**options)", Zone.UNKNOWN),
    ],
)
def test_column_zone(declared: str, zone: Zone, make: Make) -> None:
    code = make(f"from sqlalchemy import Column, DateTime, ForeignKey, Integer\ncolumn = {declared}\n")
    (column,) = code.facts().columns
    assert column.zone is zone


def test_implicit_columns_take_the_zone_of_the_base(make: Make) -> None:
    code = make(
        """
        from datetime import datetime
        from sqlalchemy import DateTime
        from sqlalchemy.orm import DeclarativeBase, Mapped
        class Naive(DeclarativeBase): ...
        class Aware(DeclarativeBase):
            type_annotation_map = {datetime: DateTime(timezone=True)}
        class A(Naive):
            at: Mapped[datetime]
        class B(Aware):
            at: Mapped[datetime]
        """
    )
    assert [(c.cls.name, c.zone) for c in code.facts().implicit_columns()] == [("A", Zone.NAIVE), ("B", Zone.AWARE)]


# -- handlers and dependencies


HANDLERS = """
from fastapi import APIRouter, FastAPI
from flask import Flask
from third_party import router as unknown
router, flask = APIRouter(), Flask("x")
@router.get("/a")
async def decorated(): ...
@unknown.post("/b")
async def with_a_path(): ...
@unknown.post(cache)
async def without_a_path(): ...
@flask.get("/c")
def of_flask(): ...
@router.websocket("/d")
async def socket(): ...
def added(): ...
def called(): ...
router.add_api_route("/e", added)
router.get("/f")(called)
def factory():
    app = FastAPI()
    @app.get("/")
    async def nested(): ...
class View:
    @router.get("/g")
    async def method(self): ...
"""


def test_handlers_of_every_shape(make: Make) -> None:
    found = {handler.function.qualname: handler.is_websocket for handler in make(HANDLERS).facts().handlers}
    assert found == dict.fromkeys(["decorated", "with_a_path", "added", "called", "nested", "View.method"], False) | {
        "socket": True
    }


def test_injections_and_what_they_run(make: Make) -> None:
    code = make(
        ASYNC
        + """
from fastapi import Depends
class Users:
    def __init__(self, db=Depends(get_db)): ...
def f(a=Depends(get_db), b=Depends(Users), c=Depends(SessionLocal), d=Depends(get_db())): ...
"""
    )
    found = code.facts().injections
    assert [each.provider_text for each in found] == ["get_db", "get_db", "Users", "SessionLocal", "get_db"]
    assert [each.is_called for each in found] == [False] * 4 + [True]
    assert [each.is_factory for each in found] == [False, False, False, True, False]
    assert [f.qualname for f in found[2].functions()] == ["Users.__init__"]


def test_provided_parameters(make: Make) -> None:
    code = make(ASYNC + "from fastapi import Depends\nasync def f(db=Depends(get_db), n: int = 1): ...\n")
    (provision,) = injection.provisions(code.function("f"), code.project)
    assert provision.binding.name == "db"
    assert code.inference.is_instance(provision.value, "sqlalchemy.ext.asyncio.AsyncSession") is Tri.YES


def test_provider_commits_and_swallows(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import sessionmaker
        SessionLocal = sessionmaker()
        def commits():
            with SessionLocal() as db:
                yield db
                db.commit()
        def swallows():
            with SessionLocal() as db:
                try:
                    yield db
                except Exception:
                    pass
        """
    )
    first, second = code.facts().session_providers()
    assert (first.commits_after_yield, second.commits_after_yield) == (True, False)
    assert (len(list(first.swallowing())), len(list(second.swallowing()))) == (0, 1)


def stream(make: Make, parameter: str) -> Code:
    return make(
        ASYNC
        + f"""
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse
router = APIRouter()
async def user(db=Depends(get_db)):
    return await db.scalar("x")
@router.get("/")
async def home({parameter}):
    return StreamingResponse(iter("a"))
"""
    )


@pytest.mark.parametrize(
    ("parameter", "chain"),
    [
        ("who=Depends(user)", [("user", "get_db")]),
        ("db=Depends(get_db)", []),
        ("who=Depends(user, scope='function')", []),
        ("who: str", []),
    ],
)
def test_parked_sessions(parameter: str, chain: list[tuple[str, ...]], make: Make) -> None:
    code = stream(make, parameter)
    assert [parked.chain for parked in streams.parked_sessions(code.facts())] == chain


def test_own_sessions_of_a_handler(make: Make) -> None:
    code = make(
        ASYNC
        + "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\nasync def f():\n    async with SessionLocal() as s: ...\n"
    )
    (handler,) = code.facts().handlers
    assert [own.text for own in own_sessions(HandlerBody(handler, code.project))] == ["SessionLocal()"]


def test_hand_driven_providers(make: Make) -> None:
    code = make(
        ASYNC + "async def f():\n    async for db in get_db(): ...\n    found = get_db()\n    await anext(found)\n"
    )
    told = [each.text for each in providers.hand_driven_providers(code.facts())]
    assert told == ["async for ... in get_db()", "anext(found)"]


# -- applications


def test_application_reaches_an_engine_and_has_a_lifespan_or_not(make: Make) -> None:
    code = make(
        {
            "app/__init__.py": "",
            "app/db.py": ASYNC,
            "app/main.py": "from fastapi import FastAPI\nfrom app.db import engine\n"
            "first = FastAPI()\nsecond = FastAPI(lifespan=f)\nthird = FastAPI(**options)\nfirst.mount('/x', second)\n"
            "@third.on_event('startup')\ndef start(): ...\n",
        }
    )
    first, second, third = code.facts("app/main.py").apps
    assert [app.has_lifespan for app in (first, second, third)] == [Tri.NO, Tri.YES, Tri.UNKNOWN]
    assert [app.is_root for app in (first, second, third)] == [True, False, True]
    assert [hook.name for hook in third.hooks] == ["on_event"]
    assert first.engine is not None
    assert first.engine.where == "app/db.py:3"


def test_an_application_is_told_of_the_async_engine_that_serves_it(make: Make) -> None:
    code = make(
        {
            "app/__init__.py": "",
            "app/db.py": ASYNC,
            "app/worker.py": """
                from sqlalchemy import create_engine
                from sqlalchemy.orm import sessionmaker
                SessionLocal = sessionmaker(create_engine("postgresql://db/app"))
            """,
            "app/main.py": "from fastapi import FastAPI\nfrom app import worker\nfrom app import db\napp = FastAPI()\n",
        }
    )
    (app,) = code.facts("app/main.py").apps
    assert app.engine is not None
    assert app.engine.is_async


# -- listeners


def test_listener_knows_its_target_and_pragmas(make: Make) -> None:
    code = make(
        """
        from sqlalchemy import create_engine, event
        from sqlalchemy.ext.asyncio import create_async_engine
        engine = create_async_engine("sqlite+aiosqlite:///a.db")
        carrier = create_engine("sqlite:///a.db")
        def wal(cursor):
            cursor.execute("PRAGMA journal_mode = WAL")
        @event.listens_for(engine.sync_engine, "connect")
        def first(connection, record):
            wal(connection)
        @event.listens_for(carrier, "connect")
        def second(connection, record):
            connection.execute("PRAGMA foreign_keys=ON")
        """
    )
    first, second = code.facts().listeners
    assert (first.pragmas, first.is_inert) == ({"journal_mode": "wal"}, False)
    assert (second.pragmas, second.is_inert) == ({"foreign_keys": "on"}, True)


# -- services


def test_services_hold_or_query_a_database(make: Make) -> None:
    code = make(
        SYNC
        + """
class Repository:
    def __init__(self, db: Session): self.db = db
class Heir(Repository): ...
class Service:
    def __init__(self): self.users = Repository(1)
class Queries:
    def f(self, db: Session): return db.scalar("x")
class Database:
    def __init__(self):
        self.engine = create_engine("x")
        self.sessions = sessionmaker(self.engine)
    def count(self):
        with self.sessions() as s: return s.scalar("x")
class Plain:
    def __init__(self): self.x = 1
"""
    )
    services = {each.cls.name: each for each in code.facts().services}
    assert {name for name, each in services.items() if each.is_service} == {*services} - {"Plain"}
    assert services["Database"].makes_engine
    assert services["Database"].makes_factory
    assert [method.name for method in services["Database"].data_access_methods] == ["count"]


# -- classes, applications, callers


def test_heirs_of_a_class_are_found_under_other_names_and_below_heirs(make: Make) -> None:
    code = make(
        {
            "base.py": "class Base: ...\nclass Near(Base): ...",
            "alias.py": "from base import Base as Model\nclass Renamed(Model): ...",
            "far.py": "from base import Near\nclass Far(Near): ...",
            "other.py": "class Base: ...\nclass Other(Base): ...",
        }
    )

    heirs = code.project.heirs(code.cls("Base", "base.py"))
    assert sorted(heir.name for heir in heirs) == ["Far", "Near", "Renamed"]


def test_applications_are_found_behind_classes_of_their_own(make: Make) -> None:
    code = make(
        {
            "kinds.py": "from fastapi import FastAPI\nclass Api(FastAPI): ...",
            "main.py": "from kinds import Api\napp = Api()",
            "renamed.py": "from fastapi import FastAPI as App\napp = App()",
            "typed.py": "from fastapi import FastAPI\ndef use(app: FastAPI): ...",
        }
    )

    assert [app.site.module.path for app in code.project.apps] == ["main.py", "renamed.py"]


def test_calls_of_outside_functions_by_any_name(make: Make) -> None:
    code = make(
        {
            "app.py": """
                import sqlalchemy as sa
                from sqlalchemy import create_engine, create_engine as connect
                from own import create_engine as by_own_name, renamed
                make = sa.create_engine
                def create_async_engine(): ...
                first = create_engine(url)
                second = sa.create_engine(url)
                third = connect(url)
                fourth = make(url)
                fifth = renamed(url)
                create_async_engine(url)
                by_own_name(url)
                other.create_engine(url)
                sa.text(url)
            """,
            "own.py": "from sqlalchemy import create_engine as renamed\ndef create_engine(url): ...",
        }
    )

    found = code.facts().calls_to("sqlalchemy.create_engine")
    called = [ast.unparse(site.node.func) for site in sorted(found, key=lambda site: site.node.lineno)]
    assert called == ["create_engine", "sa.create_engine", "connect", "make", "renamed"]
    assert not list(code.facts().calls_to("sqlalchemy.ext.asyncio.create_async_engine"))


def test_callers_are_found_by_name_property_and_renamed_import(make: Make) -> None:
    code = make(
        {
            "db.py": "def connect(): ...\nclass Pool:\n    @property\n    def size(self): ...",
            "a.py": "from db import connect\ndef first(): connect()\ndef none(): other.connect()",
            "b.py": "from db import connect as c, Pool\ndef second(): c()\ndef third(): return Pool().size",
        }
    )

    callers = code.project.callers(code.function("connect", "db.py"))
    assert [caller.name for caller in callers] == ["first", "second"]
    assert [caller.name for caller in code.project.callers(code.function("Pool.size", "db.py"))] == ["third"]
