"""Which functions do database I/O on their caller's thread, and how they come to it."""

from __future__ import annotations

import ast
import time

import pytest
from projects import Code, Make

DATABASE = """
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql://db/app")
SessionLocal = sessionmaker(engine)
"""


def chain(code: Code, qualname: str, path: str = "app.py") -> list[str]:
    """The functions on the way to the database and the call there; empty for a function that does not block."""
    witness = code.effects.blocking(code.function(qualname, path))
    if witness is None:
        return []
    return [function.qualname for function in witness.functions()] + [witness.operation.name]


def project(make: Make, body: str) -> Code:
    return make({"db.py": DATABASE, "app.py": f"from db import *\n{body}"})


# The calls themselves


@pytest.mark.parametrize(
    ("statement", "operation"),
    [
        ("SessionLocal().execute(q)", "Session.execute"),
        ("SessionLocal().scalars(q)", "Session.scalars"),
        ("SessionLocal().get(A, 1)", "Session.get"),
        ("SessionLocal().query(A).all()", "Session.query"),
        ("SessionLocal().commit()", "Session.commit"),
        ("SessionLocal().flush()", "Session.flush"),
        ("Session(engine).refresh(a)", "Session.refresh"),
        ("engine.connect()", "Engine.connect"),
        ("engine.connect().execute(q)", "Connection.execute"),
        ("engine.raw_connection()", "Engine.raw_connection"),
        ("MetaData().create_all(engine)", "MetaData.create_all"),
        ("Base.metadata.create_all(bind=engine)", "MetaData.create_all"),
        ("scoped_session(SessionLocal).execute(q)", "scoped_session.execute"),
        ("scoped_session(SessionLocal)().execute(q)", "Session.execute"),
        ("ModelSession(engine).exec(q)", "Session.exec"),
        ("Own(engine).execute(q)", "Session.execute"),
    ],
)
def test_calls_that_talk_to_the_database(statement: str, operation: str, make: Make) -> None:
    code = project(
        make,
        f"""
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, scoped_session
from sqlmodel import Session as ModelSession
class Base(DeclarativeBase): ...
class Own(Session): ...
def work():
    {statement}
""",
    )

    assert chain(code, "work") == ["work", operation]


@pytest.mark.parametrize(
    "statement",
    [
        "SessionLocal()",
        "SessionLocal().add(a)",
        "SessionLocal().close()",
        "Session(engine)",
        "engine.dispose()",
        "create_engine('x')",
        "create_async_engine('x').connect()",
        "async_sessionmaker()().execute(q)",
        "MetaData().create_all()",
        "unheard().execute(q)",
        "cursor.execute(q)",
        "SessionLocal.configure(bind=engine)",
        "select(A).where(B)",
        "Fake().execute(q)",
        "lambda: SessionLocal().execute(q)",
        "print(SessionLocal().execute)",
    ],
)
def test_calls_that_do_not(statement: str, make: Make) -> None:
    code = project(
        make,
        f"""
from sqlalchemy import MetaData, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
class Fake:
    def execute(self, q): ...
def work():
    {statement}
""",
    )

    assert chain(code, "work") == []


# Chains


def test_chain_goes_through_files_methods_and_instances(make: Make) -> None:
    code = make(
        {
            "db.py": DATABASE,
            "table.py": """
                from db import SessionLocal
                class ChatTable:
                    def get(self, id):
                        with SessionLocal() as db:
                            return db.get(object, id)
                chats = ChatTable()
                """,
            "service.py": """
                from table import chats
                class Service:
                    def __init__(self): self.table = chats
                    def load(self, id): return self.table.get(id)
                def service() -> Service: ...
                """,
            "app.py": """
                import service as s
                def handler(): return s.service().load(1)
                """,
        }
    )
    witness = code.effects.blocking(code.function("handler"))

    assert chain(code, "handler") == ["handler", "Service.load", "ChatTable.get", "Session.get"]
    assert witness is not None
    assert witness.operation.where == "table.py:6"
    assert witness.last.qualname == "ChatTable.get"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def work(r: Repo): r.load()", ["work", "Repo.load"]),
        ("def work(r: 'Repo | None'): r.load()", ["work", "Repo.load"]),
        ("def work(): Repo().load()", ["work", "Repo.load"]),
        ("def work(): repo.load()", ["work", "Repo.load"]),
        ("def work(): Repo.create().load()", ["work", "Repo.load"]),
        ("def work(): build().load()", ["work", "Repo.load"]),
        ("def work(r=Depends(build)): r.load()", ["work", "Repo.load"]),
        ("def work(r=Depends(provide)): r.load()", ["work", "Repo.load"]),
        ("def work(s: Sub): s.load()", ["work", "Repo.load"]),
        ("def work(s: Sub): s.inherited()", ["work", "Repo.inherited", "Sub.hook"]),
        ("def work(): Repo.static()", ["work", "Repo.static"]),
        ("def work(): Repo.klass()", ["work", "Repo.klass"]),
        ("def work(): Eager()", ["work", "Eager.__init__"]),
        ("def work(): HeirOfEager()", ["work", "Eager.__init__"]),
        ("def work(r: Repo): return r.prop", ["work", "Repo.prop"]),
        ("def work(r: Repo): return r.cached", ["work", "Repo.cached"]),
        ("def work(r: Repo): return r()", ["work", "Repo.__call__"]),
        ("def work():\n    with scope() as s: ...", ["work", "scope"]),
        ("def work():\n    for row in rows(): ...", ["work", "rows"]),
        ("def work(): return [row for row in rows()]", ["work", "rows"]),
        ("def work(): return list(rows())", ["work", "rows"]),
        ("def work(): yield from rows()", ["work", "rows"]),
        ("def work(): return [*rows()]", ["work", "rows"]),
        ("def work():\n    def inner(): repo.load()\n    inner()", ["work", "inner", "Repo.load"]),
        ("def work(): traced()", ["work", "traced"]),
        ("def work():\n    load = repo.load\n    load()", ["work", "Repo.load"]),
        ("def work(): return [repo.load() for _ in x]", ["work", "Repo.load"]),
        ("def work(): super_user().load()", ["work", "Sub2.load", "Repo.load"]),
        ("def work():\n    with Unit() as u: ...", ["work", "Unit.__enter__"]),
        ("def work():\n    with Left() as l: ...", ["work", "Left.__exit__"]),
    ],
)
def test_ways_to_run_a_function(body: str, expected: list[str], make: Make) -> None:
    code = project(
        make,
        f"""
import functools
from contextlib import contextmanager
from fastapi import Depends
class Repo:
    def load(self): return SessionLocal().execute(q)
    def inherited(self): return self.hook()
    def hook(self): ...
    @classmethod
    def create(cls): return cls()
    @staticmethod
    def static(): return SessionLocal().execute(q)
    @classmethod
    def klass(cls): return SessionLocal().execute(q)
    @property
    def prop(self): return SessionLocal().execute(q)
    @functools.cached_property
    def cached(self): return SessionLocal().execute(q)
    def __call__(self): return SessionLocal().execute(q)
class Sub(Repo):
    def hook(self): return SessionLocal().execute(q)
class Sub2(Repo):
    def load(self): return super().load()
class Eager:
    def __init__(self): SessionLocal().execute(q)
class HeirOfEager(Eager): ...
class Unit:
    def __enter__(self): return SessionLocal().execute(q)
    def __exit__(self, *args): ...
class Left:
    def __enter__(self): ...
    def __exit__(self, *args): SessionLocal().execute(q)
repo = Repo()
def super_user() -> Sub2: ...
def build(): return Repo()
def provide(): yield Repo()
@contextmanager
def scope():
    yield SessionLocal().execute(q)
def rows():
    for row in SessionLocal().execute(q): yield row
@functools.lru_cache
def traced(): return SessionLocal().execute(q)
{body}
""",
    )

    assert chain(code, "work") == [*expected, "Session.execute"]


@pytest.mark.parametrize(
    "body",
    [
        "async def work(): await run_in_threadpool(load)",
        "async def work(): await asyncio.to_thread(load, 1)",
        "async def work(): await asyncio.to_thread(lambda: load())",
        "async def work(): await loop.run_in_executor(None, load)",
        "async def work(s: AsyncSession): await s.run_sync(load)",
        "async def work(s: AsyncSession): await s.run_sync(lambda session: load())",
        "def work(): return load",
        "def work():\n    def inner(): load()\n    return inner",
        "def work(): return rows()",
        "def work(): return next(rows())",
        "def work(x=Depends(load)): return x",
        "def work(): return aload()",
        "def work(): return scope()",
        "def work(): return opaque()",
        "def work(): return Repo.load",
        "def work(db=None):\n    if db:\n        load()",
        "def work(db=None):\n    if db is not None and x:\n        load()",
        "def work(flag=False):\n    if flag:\n        SessionLocal().execute(q)",
        "class work:\n    def f(self): load()",
    ],
)
def test_what_is_not_run_on_the_spot(body: str, make: Make) -> None:
    code = project(
        make,
        f"""
import asyncio
from contextlib import contextmanager
from fastapi import Depends
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.ext.asyncio import AsyncSession
from elsewhere import magic
def load(): return SessionLocal().execute(q)
async def aload(): return SessionLocal().execute(q)
def rows(): yield SessionLocal().execute(q)
@contextmanager
def scope(): yield SessionLocal().execute(q)
@magic
def opaque(): return SessionLocal().execute(q)
class Repo:
    def load(self): return SessionLocal().execute(q)
{body}
""",
    )
    (function,) = [f for f in code.module().functions if f.name in ("work", "f") and f.qualname != "Repo.load"]

    steps = [step.function.name for step in code.effects.steps(function) if code.effects.runs_at_once(step)]
    assert steps == ["load"] if function.name == "f" or "if db" in body else "load" not in steps
    if function.name == "work":
        assert chain(code, "work") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("await load()", []),
        ("await aload()", []),
        ("rows = load()", ["load"]),
        ("await send(load())", ["load"]),
        ("await send(Repo().first)", ["first"]),
        ("await send(Repo().later)", []),
        ("with Unit(): await aload()", ["__enter__"]),
        ("async with Unit(): ...", []),
    ],
)
def test_what_runs_before_a_function_waits(body: str, expected: list[str], make: Make) -> None:
    code = project(
        make,
        f"""
from elsewhere import send
def load(): ...
async def aload(): ...
class Repo:
    @property
    def first(self): ...
    def later(self): ...
class Unit:
    def __enter__(self): ...
    async def __aenter__(self): ...
async def work():
    {body}
""",
    )

    steps = code.effects.steps_on_the_spot(code.function("work"))
    assert [step.function.name for step in steps] == expected


def test_condition_on_a_required_parameter_does_not_make_work_optional(make: Make) -> None:
    code = project(
        make,
        """
def required(flag):
    if flag: SessionLocal().execute(q)
def other_arm(db=None):
    if not db: SessionLocal().execute(q)
def in_else(db=None):
    if db: ...
    else: SessionLocal().execute(q)
""",
    )

    assert all(chain(code, name) for name in ("required", "other_arm", "in_else"))


def test_overridden_method_hides_the_blocking_one(make: Make) -> None:
    code = project(
        make,
        """
class Repo:
    def load(self): return SessionLocal().execute(q)
    def run(self): return self.load()
class Cached(Repo):
    def load(self): return 3
def work(c: Cached): c.load()
""",
    )

    assert chain(code, "work") == []


def test_inherited_method_runs_the_override_of_its_own_class(make: Make) -> None:
    code = project(
        make,
        """
class Repo:
    def load(self): return SessionLocal().execute(q)
    def run(self): return self.load()
class Cached(Repo):
    def load(self): return 3
def work(c: Cached): c.run()
""",
    )

    assert chain(code, "work") == []


# Cycles and size


def test_recursion_ends(make: Make) -> None:
    code = project(
        make,
        """
def a(n): return b(n)
def b(n): return c(n) if n else a(n)
def c(n): return a(n - 1) or SessionLocal().execute(q)
def d(): return e()
def e(): return d()
def f(): return f()
""",
    )

    assert chain(code, "a") == ["a", "b", "c", "Session.execute"]
    assert chain(code, "b") == ["b", "c", "Session.execute"]
    assert [chain(code, name) for name in "def"] == [[], [], []]


@pytest.mark.parametrize("first", ["even", "odd", "entry"])
def test_answer_does_not_depend_on_who_was_asked_first(first: str, make: Make) -> None:
    code = project(
        make,
        """
def even(n): return odd(n - 1)
def odd(n): return even(n - 1) if n else deep()
def deep(): return SessionLocal().execute(q)
def entry(): return even(3)
def side(): return entry()
""",
    )
    chain(code, first)

    assert chain(code, "even") == ["even", "odd", "deep", "Session.execute"]
    assert chain(code, "odd") == ["odd", "deep", "Session.execute"]
    assert chain(code, "side") == ["side", "entry", "even", "odd", "deep", "Session.execute"]


@pytest.mark.parametrize("first", ["work", "deep", "deeper"])
def test_shortest_way_is_told(first: str, make: Make) -> None:
    code = project(
        make,
        """
def deep(): return deeper()
def deeper(): return SessionLocal().execute(q)
def work():
    deep()
    deeper()
""",
    )
    chain(code, first)

    assert chain(code, "work") == ["work", "deeper", "Session.execute"]


def test_long_chain_is_followed_to_its_end(make: Make) -> None:
    links = "".join(f"def f{n}(): return f{n + 1}()\n" for n in range(500))
    code = project(make, f"{links}def f500(): return SessionLocal().execute(q)\n")

    assert len(chain(code, "f0")) == 502


def test_dense_call_graph_costs_no_more_than_its_size(make: Make) -> None:
    names = [f"f{n}" for n in range(120)]
    body = "; ".join(f"{name}()" for name in names)
    code = project(make, "".join(f"def {name}(): {body}\n" for name in names))
    began = time.process_time()

    assert chain(code, "f0") == []
    assert time.process_time() - began < 10


def test_reachable_functions(make: Make) -> None:
    code = make("def a(): b(); c()\ndef b(): c()\ndef c(): a()\ndef d(): a()")

    reached = code.effects.reachable(code.function("a"), lambda step: step.function.name != "c")
    assert [function.name for function in reached] == ["a", "b"]


def test_steps_of_module_level(make: Make) -> None:
    code = make("def a(): ...\nclass B:\n    def __init__(self): ...\na()\nB()\nif x: a()\nprint()")

    steps = code.effects.steps_in(code.module().scope)
    assert [(step.function.qualname, ast.unparse(step.node)) for step in steps] == [
        ("a", "a()"),
        ("B.__init__", "B()"),
        ("a", "a()"),
    ]
