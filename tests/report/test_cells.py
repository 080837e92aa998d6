"""What the cells say of small services: state, words and evidence, row by row."""

from __future__ import annotations

import os

import pytest
from compared import Draw, Write

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.report import exchange, gather
from flake8_asyncdb.report.table import Cell, Evidence, Side, State, Table, state_of

ASYNC_DATABASE = """
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
factory = async_sessionmaker(engine, expire_on_commit=False)
async def get_db():
    async with factory() as session:
        yield session
"""
SYNC_DATABASE = """
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker
engine = create_engine("postgresql://db/app", pool_pre_ping=True)
factory = sessionmaker(engine)
def get_db():
    with factory() as session:
        yield session
"""
APP = """
from typing import Annotated
from fastapi import Depends, FastAPI
app = FastAPI()
"""
ASYNC_HANDLER = """
@app.get("/")
async def read(db: Annotated[AsyncSession, Depends(get_db)]):
    await db.execute(statement)
"""
SYNC_HANDLER = """
@app.get("/")
{kind}def read(db: Annotated[Session, Depends(get_db)]):
    db.execute(text("SELECT 1"))
"""


def evidence(*sides: Side) -> list[Evidence]:
    return [Evidence("app.py", 1, "something", side) for side in sides]


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ([], State.UNUSED),
        ([Side.NEUTRAL], State.UNUSED),
        ([Side.GOOD], State.FOLLOWS),
        ([Side.GOOD, Side.NEUTRAL], State.FOLLOWS),
        ([Side.UNKNOWN], State.UNKNOWN),
        ([Side.UNKNOWN, Side.NEUTRAL], State.UNKNOWN),
        ([Side.GOOD, Side.UNKNOWN], State.UNKNOWN),
        ([Side.BAD], State.BREAKS),
        ([Side.BAD, Side.UNKNOWN, Side.NEUTRAL], State.BREAKS),
        ([Side.BAD, Side.GOOD], State.MIXED),
        ([Side.BAD, Side.GOOD, Side.UNKNOWN], State.MIXED),
    ],
)
def test_the_unknown_is_never_counted_as_good(sides: list[Side], expected: State) -> None:
    assert state_of(evidence(*sides)) is expected


def test_a_service_without_a_database_uses_no_row(draw: Draw) -> None:
    drawn = draw(APP)
    assert {cell.state for cell in drawn.values()} == {State.UNUSED}
    assert drawn[Row.INJECTION].text == "no handlers"
    assert drawn[Row.LIFECYCLE].text == "no `lifespan`, and no engine behind the application"


def test_every_cell_says_something(draw: Draw) -> None:
    for cell in draw("x = 1").values():
        assert cell.text
    for cell in draw(ASYNC_DATABASE).values():
        assert cell.text


def test_a_file_that_cannot_be_parsed_leaves_nothing_unused(draw: Draw) -> None:
    drawn = draw(app=APP, broken="import fastapi\ndef (:\n")
    assert {cell.state for cell in drawn.values()} == {State.UNKNOWN}
    assert drawn[Row.ENGINE].text == "no engine, but 1 file cannot be read"
    assert [each.place for each in drawn[Row.ENGINE].evidence] == ["broken.py:1"]


def test_a_file_of_comments_hides_nothing(draw: Draw) -> None:
    assert draw(app=APP, comments="# import fastapi\n")[Row.ENGINE].state is State.UNUSED


# -- 1 to 3


def test_async_rows_follow(draw: Draw) -> None:
    drawn = draw(ASYNC_DATABASE + APP + ASYNC_HANDLER)
    assert [drawn[row].state for row in (Row.SQLALCHEMY, Row.ENGINE, Row.SESSION)] == [State.FOLLOWS] * 3
    assert drawn[Row.SQLALCHEMY].text == "async API, 1 awaited call"
    assert drawn[Row.ENGINE].text == "`create_async_engine`, `pool_pre_ping=True`"
    assert drawn[Row.SESSION].text == "`async_sessionmaker(expire_on_commit=False)`"


def test_sync_rows_break_on_the_event_loop(draw: Draw) -> None:
    drawn = draw(SYNC_DATABASE + APP + SYNC_HANDLER.format(kind="async "))
    assert [drawn[row].state for row in (Row.SQLALCHEMY, Row.ENGINE, Row.SESSION)] == [State.BREAKS] * 3
    assert drawn[Row.SQLALCHEMY].text == "sync API on the event loop"
    assert drawn[Row.ENGINE].text == "`create_engine`, `pool_pre_ping=True`"
    assert drawn[Row.SESSION].text == "`sessionmaker`"


def test_sync_rows_of_plain_handlers_are_not_used(draw: Draw) -> None:
    drawn = draw(SYNC_DATABASE + APP + SYNC_HANDLER.format(kind=""))
    assert [drawn[row].state for row in (Row.SQLALCHEMY, Row.ENGINE, Row.SESSION)] == [State.UNUSED] * 3
    assert drawn[Row.SQLALCHEMY].text == "sync API, behind plain `def` functions"
    assert drawn[Row.SQLALCHEMY].findings == 0


def test_sync_rows_that_no_handler_is_seen_to_reach_cannot_be_told(draw: Draw) -> None:
    drawn = draw(SYNC_DATABASE + APP + "@app.get('/')\nasync def read():\n    await unknown()\n")
    assert [drawn[row].state for row in (Row.ENGINE, Row.SESSION)] == [State.UNKNOWN] * 2


def test_an_engine_that_nothing_is_seen_to_use_cannot_be_told(draw: Draw) -> None:
    drawn = draw('from sqlalchemy.ext.asyncio import create_async_engine\ncreate_async_engine("sqlite+aiosqlite://")\n')
    assert drawn[Row.SQLALCHEMY].state is State.UNKNOWN
    assert drawn[Row.ACCESS].state is State.UNKNOWN


def test_a_service_with_both_apis_is_mixed(draw: Draw) -> None:
    drawn = draw(new=ASYNC_DATABASE + APP + ASYNC_HANDLER, old=SYNC_DATABASE + APP + SYNC_HANDLER.format(kind="async "))
    assert [drawn[row].state for row in (Row.SQLALCHEMY, Row.ENGINE, Row.SESSION)] == [State.MIXED] * 3
    assert drawn[Row.SQLALCHEMY].text == "async API, 1 awaited call, sync API on the event loop"


def test_a_sync_factory_of_async_sessions_is_mixed(draw: Draw) -> None:
    code = ASYNC_DATABASE.replace("async_sessionmaker(engine", "sessionmaker(engine, class_=AsyncSession")
    drawn = draw("from sqlalchemy.orm import sessionmaker\n" + code)
    assert drawn[Row.SESSION].state is State.MIXED
    assert drawn[Row.SESSION].text == "`sessionmaker(class_=AsyncSession, expire_on_commit=False)`"


# -- 4 DateTime

MODEL = """
from datetime import datetime
from sqlalchemy import DateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
class Base(DeclarativeBase): pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
AWARE = "    made: Mapped[datetime] = mapped_column(DateTime(timezone=True))\n"
NAIVE = "    changed: Mapped[datetime] = mapped_column(DateTime)\n"
FOREIGN = "    seen: Mapped[datetime] = mapped_column(UtcDateTime)\n"


@pytest.mark.parametrize(
    ("columns", "state", "text"),
    [
        ("", State.UNUSED, "no columns of dates and times"),
        (AWARE, State.FOLLOWS, "`DateTime(timezone=True)` in 1 column"),
        (AWARE + AWARE.replace("made", "left"), State.FOLLOWS, "`DateTime(timezone=True)` in all 2 columns"),
        (NAIVE, State.BREAKS, "`DateTime` without a time zone in 1 column"),
        (AWARE + NAIVE, State.MIXED, "1 of 2 columns aware, 1 naive"),
        (FOREIGN, State.UNKNOWN, "a type that the linter does not know in 1 column"),
        (AWARE + FOREIGN, State.UNKNOWN, "1 of 2 columns aware, 1 of an unknown type"),
    ],
)
def test_datetime(draw: Draw, columns: str, state: State, text: str) -> None:
    cell = draw("from elsewhere import UtcDateTime\n" + MODEL + columns)[Row.DATETIME]
    assert (cell.state, cell.text) == (state, text)


def test_a_naive_column_is_told_once(draw: Draw) -> None:
    cell = draw(MODEL + NAIVE)[Row.DATETIME]
    assert [(each.line, each.code) for each in cell.evidence] == [(9, "ADB401")]


# -- 5 Dependency injection


def test_injection_says_how_sessions_are_injected(draw: Draw) -> None:
    cell = draw(ASYNC_DATABASE + APP + ASYNC_HANDLER)[Row.INJECTION]
    assert (cell.state, cell.text) == (
        State.FOLLOWS,
        "`Annotated[AsyncSession, Depends(get_db)]` in 1 parameter",
    )
    by_default = ASYNC_HANDLER.replace("Annotated[AsyncSession, Depends(get_db)]", "AsyncSession = Depends(get_db)")
    assert draw(ASYNC_DATABASE + APP + by_default)[Row.INJECTION].text == (
        "`AsyncSession = Depends(get_db)` in 1 parameter"
    )


def test_injection_breaks_where_handlers_open_sessions(draw: Draw) -> None:
    handler = "@app.get('/')\nasync def read():\n    async with factory() as db:\n        await db.execute(statement)\n"
    cell = draw(ASYNC_DATABASE + APP + handler)[Row.INJECTION]
    assert (cell.state, cell.text) == (State.BREAKS, "sessions opened in handlers")


def test_injection_of_handlers_without_a_visible_session_cannot_be_told(draw: Draw) -> None:
    cell = draw(ASYNC_DATABASE + APP + "@app.get('/')\nasync def read():\n    await unknown()\n")[Row.INJECTION]
    assert (cell.state, cell.text) == (State.UNKNOWN, "no session seen in 1 handler")


def test_a_database_class_in_place_of_a_session_is_no_injected_service(draw: Draw) -> None:
    code = """
    from fastapi import Depends, FastAPI
    from sqlalchemy import create_engine
    from sqlalchemy.orm import sessionmaker
    app = FastAPI()
    class Database:
        def __init__(self):
            self.engine = create_engine("sqlite:///chat.db")
            self.factory = sessionmaker(self.engine)
        def users(self):
            with self.factory() as session:
                return session.scalars(statement)
    def get_database():
        return Database()
    @app.get("/")
    async def read(database: Database = Depends(get_database)):
        return database.users()
    """
    drawn = draw(code)
    assert drawn[Row.INJECTION].text == "`Database` injected in place of a session"
    assert drawn[Row.INJECTION].state is State.UNUSED
    assert drawn[Row.ACCESS].text == "`Database` makes its own engine"
    assert drawn[Row.LIFECYCLE].text == "no `lifespan`, engine made in the constructor of `Database`"


# -- 6 Lifecycle

LIFESPAN = """
from contextlib import asynccontextmanager
from fastapi import FastAPI
@asynccontextmanager
async def lifespan(app):
    yield
    await engine.dispose()
"""


@pytest.mark.parametrize(
    ("app", "state", "text"),
    [
        ("app = FastAPI(lifespan=lifespan)", State.FOLLOWS, "`lifespan` that disposes of the engine"),
        ("app = FastAPI()", State.BREAKS, "no `lifespan`"),
        ("app = FastAPI(**options)", State.UNKNOWN, "whether it has a `lifespan` cannot be told"),
        ("", State.UNUSED, "no application"),
    ],
)
def test_lifecycle(draw: Draw, app: str, state: State, text: str) -> None:
    cell = draw(ASYNC_DATABASE + LIFESPAN + app + "\n")[Row.LIFECYCLE]
    assert (cell.state, cell.text) == (state, text)


# -- 7 SQLite

LISTENER = """
from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
engine = create_async_engine({url})
{other}
@event.listens_for({target}, "connect")
def tune(connection, record):
    connection.execute("PRAGMA journal_mode=WAL")
"""


def tuned(url: str = '"sqlite+aiosqlite:///chat.db"', target: str = "engine.sync_engine", other: str = "") -> str:
    return LISTENER.format(url=url, target=target, other=other) + "factory = async_sessionmaker(engine)\n"


@pytest.mark.parametrize(
    ("code", "state", "text"),
    [
        (tuned(), State.FOLLOWS, "`journal_mode=WAL` on the serving engine"),
        (tuned(url="settings.url"), State.FOLLOWS, "`journal_mode=WAL` on the serving engine"),
        (
            tuned(target="other", other='other = create_engine("sqlite:///chat.db")'),
            State.BREAKS,
            "`journal_mode=WAL` never reach the serving engine",
        ),
        (
            'from sqlalchemy.ext.asyncio import create_async_engine\ncreate_async_engine("sqlite+aiosqlite:///a.db")',
            State.BREAKS,
            "a file with SQLite's defaults",
        ),
        (ASYNC_DATABASE, State.UNUSED, "no SQLite: `postgresql`"),
        (
            'from sqlalchemy.ext.asyncio import create_async_engine\ncreate_async_engine("sqlite+aiosqlite://")',
            State.UNUSED,
            "SQLite in memory",
        ),
        (
            "from sqlalchemy.ext.asyncio import create_async_engine\ncreate_async_engine(settings.url)",
            State.UNKNOWN,
            "whether on SQLite cannot be told",
        ),
        ("import sqlalchemy", State.UNUSED, "no engine"),
    ],
)
def test_sqlite(draw: Draw, code: str, state: State, text: str) -> None:
    cell = draw(code)[Row.SQLITE]
    assert (cell.state, cell.text) == (state, text)


# -- 8 URL


def url_cell(draw: Draw, url: str, before: str = "", make: str = "create_async_engine") -> Cell:
    imported = (
        "from sqlalchemy import create_engine, make_url\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
    )
    return draw(f"{imported}{before}\nengine = {make}({url})\n")[Row.URL]


def test_url_with_an_async_driver(draw: Draw) -> None:
    cell = url_cell(draw, '"postgresql+asyncpg://db/app"')
    assert (cell.state, cell.text) == (State.FOLLOWS, "`postgresql+asyncpg`")


def test_url_converted_by_replacement(draw: Draw) -> None:
    before = 'url = settings.url\nif url.startswith("sqlite:///"):\n    url = url.replace("sqlite:///", "sqlite+aiosqlite:///")'
    cell = url_cell(draw, "url", before)
    assert (cell.state, cell.text) == (State.FOLLOWS, "converted to `sqlite+aiosqlite`")


def test_url_converted_by_a_table_of_drivers(draw: Draw) -> None:
    before = """
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
def converted(text):
    url = make_url(text)
    return url.set(drivername=DRIVERS[url.drivername])
"""
    cell = url_cell(draw, "converted(settings.url)", before)
    assert (cell.state, cell.text) == (State.FOLLOWS, "converted to `sqlite+aiosqlite`, `postgresql+asyncpg`")


def test_url_converted_to_something_unknown(draw: Draw) -> None:
    before = "def converted(text):\n    return make_url(text).set(drivername=settings.driver)\n"
    assert url_cell(draw, "converted(settings.url)", before).state is State.UNKNOWN


def test_url_known_at_run_time_only(draw: Draw) -> None:
    cell = url_cell(draw, "settings.url")
    assert (cell.state, cell.text) == (State.UNKNOWN, "URL only known at run time")


def test_url_with_a_sync_driver(draw: Draw) -> None:
    cell = url_cell(draw, '"sqlite:///chat.db"')
    assert (cell.state, cell.text, cell.findings) == (State.BREAKS, "`sqlite` not converted", 1)


def test_url_never_shows_a_password(draw: Draw) -> None:
    cell = url_cell(draw, 'f"{settings.scheme}://ada:secret@db/app"')
    assert not any("secret" in each.text + each.source for each in cell.evidence)
    assert "ada:***@db" in cell.evidence[0].source


def test_url_of_a_sync_engine_on_the_event_loop(draw: Draw) -> None:
    drawn = draw(SYNC_DATABASE + APP + SYNC_HANDLER.format(kind="async "))
    assert (drawn[Row.URL].state, drawn[Row.URL].text) == (State.BREAKS, "`postgresql` not converted")
    drawn = draw(SYNC_DATABASE + APP + SYNC_HANDLER.format(kind=""))
    assert drawn[Row.URL].state is State.UNUSED


# -- 9 Access pattern

SERVICE = """
class Users:
    async def all(self, db: AsyncSession):
        return await db.scalars(statement)
"""


def test_a_service_layer_follows(draw: Draw) -> None:
    cell = draw(ASYNC_DATABASE + SERVICE)[Row.ACCESS]
    assert (cell.state, cell.text) == (State.FOLLOWS, "service layer: `Users`")


def test_functions_on_a_given_session_are_a_service_layer(draw: Draw) -> None:
    cell = draw(ASYNC_DATABASE + "async def users(db: AsyncSession):\n    return await db.scalars(statement)\n")[
        Row.ACCESS
    ]
    assert (cell.state, cell.text) == (State.FOLLOWS, "1 function on a given session")


def test_a_class_that_makes_its_own_sessions_is_no_service_layer(draw: Draw) -> None:
    code = "class Users:\n    async def all(self):\n        async with factory() as db:\n            await db.scalars(statement)\n"
    cell = draw(ASYNC_DATABASE + code)[Row.ACCESS]
    assert (cell.state, cell.text) == (State.UNUSED, "`Users` makes its own sessions")


def test_queries_in_handlers_are_no_service_layer(draw: Draw) -> None:
    cell = draw(ASYNC_DATABASE + APP + ASYNC_HANDLER)[Row.ACCESS]
    assert (cell.state, cell.text) == (State.UNUSED, "no service layer: queries in handlers")


# -- general practices


def test_general_practices(draw: Draw) -> None:
    model = MODEL.replace("import DateTime", "import DateTime, ForeignKey, event")
    keys = """
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    deleted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
"""
    cell = draw(model + keys)[Row.PRACTICES]
    assert (cell.state, cell.text) == (State.MIXED, "1 of 2 foreign keys indexed, soft delete in 1 model")
    timed = '@event.listens_for(engine.sync_engine, "before_cursor_execute")\ndef timed(*arguments): pass\n'
    cell = draw("from sqlalchemy import event\n" + ASYNC_DATABASE + timed)[Row.PRACTICES]
    assert (cell.state, cell.text) == (State.FOLLOWS, "queries timed")
    traced = "from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor\n"
    cell = draw(ASYNC_DATABASE + traced)[Row.PRACTICES]
    assert (cell.state, cell.text, cell.evidence[0].line) == (State.FOLLOWS, "queries timed", 8)
    cell = draw(ASYNC_DATABASE + "import opentelemetry\n")[Row.PRACTICES]
    assert (cell.state, cell.text) == (State.UNKNOWN, "a tracing library, whether for queries cannot be told")
    cell = draw(ASYNC_DATABASE)[Row.PRACTICES]
    assert (cell.state, cell.text) == (State.BREAKS, "no slow-query log")


# -- where evidence points to


def test_evidence_shows_its_line(draw: Draw) -> None:
    (found,) = draw(ASYNC_DATABASE)[Row.ENGINE].evidence
    assert found.place == "app.py:3"
    assert found.source.startswith("engine = create_async_engine(")


def test_a_long_line_is_cut(draw: Draw) -> None:
    code = ASYNC_DATABASE.replace("True)", f"True, echo={'x' * 300})")
    (found,) = draw(code)[Row.ENGINE].evidence
    assert len(found.source) == 200
    assert found.source.endswith("…")


def test_a_line_with_control_characters_is_printable(draw: Draw) -> None:
    code = ASYNC_DATABASE.replace("engine =", "engine\t=").replace("True)", "True)  # \x1b[31m\u202e")
    (found,) = draw(code)[Row.ENGINE].evidence
    assert found.source.isprintable()


def test_code_that_is_nested_too_deeply_cannot_be_told(draw: Draw) -> None:
    deep = "from sqlalchemy import text\nx = text" + ".a" * 3000 + "\ny = " + "+".join(["x"] * 3000) + "\n"
    drawn = draw(app=APP, deep=deep)
    assert {cell.state for cell in drawn.values()} <= {State.UNKNOWN, State.UNUSED}
    drawn = draw(app=ASYNC_DATABASE, deep=deep)
    assert drawn[Row.ENGINE].state in (State.FOLLOWS, State.UNKNOWN)


def test_a_file_whose_name_cannot_be_shown_is_read(write: Write) -> None:
    root = write("service", {"app.py": ASYNC_DATABASE})
    (root / "app.py").rename(root / os.fsdecode(b"new\nline\xff.py"))
    (service,) = gather.read([str(root)]).services
    (found,) = service.cell(Row.ENGINE).evidence
    assert found.place == "new\ufffdline\ufffd.py:3"
    exchange.dumps(Table((service,))).encode()


def test_a_file_that_the_rules_cannot_follow_is_told(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(*arguments: object) -> None:
        raise RecursionError

    monkeypatch.setattr("flake8_asyncdb.catalog.run", too_deep)
    drawn = draw(APP)
    assert {cell.state for cell in drawn.values()} == {State.UNKNOWN}
    assert drawn[Row.ENGINE].text == "no engine, but 1 file cannot be read"


# -- the rest of what cells name


def test_sessions_made_from_their_class(draw: Draw) -> None:
    made = "async def work():\n    async with AsyncSession(engine, expire_on_commit=False) as db:\n        await db.commit()\n"
    cell = draw(ASYNC_DATABASE + made)[Row.SESSION]
    assert (cell.state, cell.text) == (
        State.FOLLOWS,
        "`async_sessionmaker(expire_on_commit=False)`, `AsyncSession(engine)`",
    )


def test_a_registry_is_one_factory(draw: Draw) -> None:
    code = "from sqlalchemy.orm import scoped_session, sessionmaker\nSession = scoped_session(sessionmaker())\n"
    assert draw(code)[Row.SESSION].text == "`scoped_session`"


def test_hooks_in_place_of_a_lifespan(draw: Draw) -> None:
    hook = "@app.on_event('startup')\nasync def start():\n    await engine.connect()\n"
    cell = draw(ASYNC_DATABASE + APP + hook)[Row.LIFECYCLE]
    assert (cell.state, cell.text) == (State.BREAKS, "start-up and shutdown hooks")


def test_injected_services(draw: Draw) -> None:
    handler = """
def get_users(db: Annotated[AsyncSession, Depends(get_db)]) -> Users:
    return Users()
@app.get("/")
async def read(users: Annotated[Users, Depends(get_users)], db: Annotated[AsyncSession, Depends(get_db)]):
    return await users.all(db)
"""
    cell = draw(ASYNC_DATABASE + APP + SERVICE + handler)[Row.INJECTION]
    assert (cell.state, cell.text) == (
        State.FOLLOWS,
        "`Annotated[AsyncSession, Depends(get_db)]` in 2 parameters, 1 injected service",
    )


def test_a_provider_driven_by_hand(draw: Draw) -> None:
    code = "async def work():\n    async for db in get_db():\n        await db.commit()\n"
    cell = draw(ASYNC_DATABASE + code)[Row.INJECTION]
    assert (cell.state, cell.text) == (State.BREAKS, "provider driven by hand")


def test_sessions_that_live_too_long(draw: Draw) -> None:
    code = "class Users:\n    def __init__(self, db: AsyncSession):\n        self.db = db\n"
    kept = "opened = factory()\nusers = Users(factory())\n"
    cell = draw(app=APP + "import database\n", database=ASYNC_DATABASE + code + kept)[Row.ACCESS]
    assert cell.state is State.BREAKS
    assert {"a session kept in a singleton", "a session open from the import on"} & set(cell.text.split(", "))


def test_sqlite_that_may_be_in_memory(draw: Draw) -> None:
    guarded = """
from sqlalchemy.ext.asyncio import create_async_engine
url = settings.url
if "sqlite" in url:
    create_async_engine(url)
"""
    cell = draw(guarded)[Row.SQLITE]
    assert (cell.state, cell.evidence[0].text) == (State.UNKNOWN, "SQLite; whether in a file cannot be told")
