"""What names, attributes, calls and annotations stand for, across the files of a project."""

from __future__ import annotations

import sys

import pytest
from projects import Make, told

from flake8_asyncdb.model import api
from flake8_asyncdb.model.values import UNKNOWN, Tri

SESSION = "sqlalchemy.orm.Session"
ASYNC = "sqlalchemy.ext.asyncio.AsyncSession"
ENGINE = "sqlalchemy.Engine"

# Imports


@pytest.mark.parametrize(
    "code",
    [
        "from sqlalchemy.orm import Session\nreveal(Session)",
        "from sqlalchemy.orm import Session as S\nreveal(S)",
        "from sqlalchemy import orm\nreveal(orm.Session)",
        "from sqlalchemy import orm as o\nreveal(o.Session)",
        "import sqlalchemy\nreveal(sqlalchemy.orm.Session)",
        "import sqlalchemy as sa\nreveal(sa.orm.Session)",
        "import sqlalchemy.orm\nreveal(sqlalchemy.orm.Session)",
        "import sqlalchemy.orm as o\nreveal(o.Session)",
        "import sqlalchemy.orm.session as s\nreveal(s.Session)",
        "from sqlalchemy.orm.session import Session\nreveal(Session)",
        "import os, sqlalchemy.orm as o\nreveal(o.Session)",
        "def f():\n    from sqlalchemy.orm import Session\n    reveal(Session)",
        "class A:\n    from sqlalchemy.orm import Session\n    reveal(Session)",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy.orm import Session\nreveal(Session)",
        "try:\n    from sqlalchemy.orm import Session\nexcept ImportError:\n    raise\nreveal(Session)",
        "from sqlalchemy.orm import Session\nS = Session\nT = S\nreveal(T)",
    ],
)
def test_every_form_of_import_names_the_same_class(code: str, make: Make) -> None:
    assert make(code).revealed() == [f"<{SESSION}>"]


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("sqlalchemy.ext.asyncio.engine.create_async_engine", api.CREATE_ASYNC_ENGINE),
        ("sqlalchemy.ext.asyncio.session.AsyncSession", ASYNC),
        ("sqlalchemy.engine.create_engine", api.CREATE_ENGINE),
        ("sqlalchemy.engine.base.Engine", ENGINE),
        ("sqlalchemy.sql.sqltypes.DateTime", "sqlalchemy.DateTime"),
        ("sqlalchemy.types.DateTime", "sqlalchemy.DateTime"),
        ("sqlalchemy.schema.Column", "sqlalchemy.Column"),
        ("sqlalchemy.ext.declarative.declarative_base", "sqlalchemy.orm.declarative_base"),
        ("sqlmodel.create_engine", api.CREATE_ENGINE),
        ("sqlmodel.Column", "sqlalchemy.Column"),
        ("sqlmodel.DateTime", "sqlalchemy.DateTime"),
        ("sqlmodel.ext.asyncio.session.AsyncSession", "sqlmodel.ext.asyncio.AsyncSession"),
        ("fastapi.routing.APIRouter", api.ROUTER),
        ("fastapi.applications.FastAPI", api.FASTAPI),
        ("fastapi.params.Depends", api.DEPENDS),
        ("typing_extensions.Annotated", "typing.Annotated"),
        ("collections.abc.AsyncIterator", "typing.AsyncIterator"),
        ("typing.List", "builtins.list"),
        ("starlette.responses.StreamingResponse", "fastapi.responses.StreamingResponse"),
    ],
)
def test_one_spelling_for_each_object_of_the_libraries(written: str, canonical: str, make: Make) -> None:
    module, _, name = written.rpartition(".")
    files = {
        "direct.py": f"from {module} import {name}\nreveal({name})",
        "dotted.py": f"import {module}\nreveal({written})",
    }

    code = make(files)

    assert code.revealed("direct.py") == code.revealed("dotted.py") == [f"<{canonical}>"]


def test_try_import_error_gives_both_alternatives(make: Make) -> None:
    code = make(
        """
        try:
            from sqlalchemy.orm import Session
        except ImportError:
            from legacy_lib import Session
        reveal(Session)
        """
    )

    assert code.revealed() == ["<legacy_lib.Session> | <sqlalchemy.orm.Session>"]


def test_an_older_name_of_the_same_library_is_for_older_versions(make: Make) -> None:
    code = make(
        """
        try:
            from sqlalchemy.ext.asyncio import async_sessionmaker
        except ImportError:
            from sqlalchemy.orm import sessionmaker as async_sessionmaker
        reveal(async_sessionmaker)
        """
    )

    assert code.revealed() == ["<sqlalchemy.ext.asyncio.async_sessionmaker>"]


def test_first_party_import_forms(make: Make) -> None:
    code = make(
        {
            "pkg/__init__.py": "from .core import Repo as Repo",
            "pkg/core.py": "class Repo: ...\nrepo = Repo()",
            "pkg/sub/__init__.py": "",
            "pkg/sub/user.py": """
                from ..core import Repo
                from .. import core
                from ..core import repo as r
                from . import sibling
                from .sibling import value
                reveal(Repo, core, r, core.Repo, sibling, value)
                """,
            "pkg/sub/sibling.py": "value = 3",
            "app.py": """
                import pkg
                import pkg.core as c
                from pkg import Repo, core, sub
                from pkg.core import *
                reveal(pkg.Repo, c.repo, Repo, core, sub, repo, pkg.core.Repo)
                """,
        }
    )

    assert code.revealed("pkg/sub/user.py") == [
        "<class Repo>",
        "<module pkg/core.py>",
        "Repo",
        "<class Repo>",
        "<module pkg/sub/sibling.py>",
        "3",
    ]
    assert code.revealed() == [
        "<class Repo>",
        "Repo",
        "<class Repo>",
        "<module pkg/core.py>",
        "<module pkg/sub/__init__.py>",
        "Repo",
        "<class Repo>",
    ]


def test_reexports_through_several_modules(make: Make) -> None:
    code = make(
        {
            "a.py": "from b import Session\nreveal(Session)",
            "b.py": "from c import *",
            "c.py": "from d import S as Session",
            "d.py": "from sqlalchemy.orm import Session as S",
        }
    )

    assert code.revealed("a.py") == [f"<{SESSION}>"]


def test_name_that_a_first_party_module_lacks_is_never(make: Make) -> None:
    code = make({"a.py": "", "app.py": "from a import nothing\nreveal(nothing)"})

    assert code.revealed() == ["never"]


@pytest.mark.parametrize("broken", ["def (:", "\0", "x = ("])
def test_name_from_a_module_that_cannot_be_parsed_is_unknown(broken: str, make: Make) -> None:
    code = make({"broken.py": broken, "app.py": "from broken import Session\nreveal(Session)"})

    assert code.revealed() == ["unknown"]


def test_module_with_getattr_can_have_any_name(make: Make) -> None:
    code = make({"lazy.py": "def __getattr__(name): ...", "app.py": "from lazy import anything\nreveal(anything)"})

    assert code.revealed() == ["unknown"]


def test_relative_import_above_the_root_is_unknown(make: Make) -> None:
    assert make("from ...far import thing\nreveal(thing)").revealed() == ["unknown"]


def test_star_import_from_outside_makes_names_unknown(make: Make) -> None:
    assert make("from somewhere import *\nreveal(Session, print)").revealed() == ["unknown", "unknown"]


def test_star_import_of_the_module_itself(make: Make) -> None:
    assert make("from app import *\nreveal(nothing)").revealed() == ["unknown"]


def test_a_name_means_another_thing_where_another_scope_binds_it(make: Make) -> None:
    code = make(
        """
        from fastapi import APIRouter as once, FastAPI as twice
        class A:
            twice = 1
            reveal(once, twice)
        def f():
            twice = 2
            reveal(once, twice)
        def g():
            global later
            later = 3
        reveal(once, twice, later)
        """
    )
    router, app = "<fastapi.APIRouter>", "<fastapi.FastAPI>"

    assert code.revealed() == [router, "1", router, "2", router, app, "3"]


def test_builtins_can_be_shadowed(make: Make) -> None:
    code = make("reveal(print)\ndef f():\n    print = 3\n    reveal(print)")

    assert code.revealed() == ["<builtins.print>", "3"]


# Annotations


@pytest.mark.parametrize(
    "annotation",
    [
        "AsyncSession",
        "'AsyncSession'",
        '"AsyncSession | None"',
        "Optional['AsyncSession']",
        "Annotated[AsyncSession, Depends(get_db)]",
        "Annotated['AsyncSession', Depends(get_db)]",
        "'Annotated[AsyncSession, Depends(get_db)]'",
        "Annotated[Annotated[AsyncSession, 1], 2]",
        "DB",
        "Nested",
        "Aliased",
        "Explicit",
        "Final[AsyncSession]",
    ],
)
def test_annotations_of_a_session(annotation: str, make: Make) -> None:
    code = make(
        f"""
        from typing import Annotated, Final, Optional, TypeAlias
        from fastapi import Depends
        from sqlalchemy.ext.asyncio import AsyncSession
        def get_db(): ...
        DB = Annotated[AsyncSession, Depends(get_db)]
        Nested = Annotated[DB, "more"]
        Aliased = AsyncSession
        Explicit: TypeAlias = AsyncSession
        Quoted: TypeAlias = "AsyncSession"
        def f(db: {annotation}):
            if db is None:
                return
            reveal(db)
        """
    )

    assert code.inference.is_instance(code.value(), ASYNC) is Tri.YES


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("AsyncSession | None", f"None | {ASYNC}"),
        ("Optional[AsyncSession]", f"None | {ASYNC}"),
        ("Union[AsyncSession, Session]", f"{ASYNC} | {SESSION}"),
        ("None", "None"),
        ("list[Session]", f"builtins.list[{SESSION}]"),
        ("dict[str, Session]", f"builtins.dict[builtins.str, {SESSION}]"),
        ("type[Session]", f"<{SESSION}>"),
        ("Literal['x']", "unknown"),
        ("Callable[[], Session]", "unknown"),
        ("Unheard", "unknown"),
        ("1 + 1", "unknown"),
        ("'not ( an expression'", "unknown"),
        ("UserId", "builtins.int"),
        ("Db", SESSION),
    ],
)
def test_annotations(annotation: str, expected: str, make: Make) -> None:
    code = make(
        f"""
        from collections.abc import Callable
        from typing import Literal, NewType, Optional, Union
        from sqlalchemy.ext.asyncio import AsyncSession
        from sqlalchemy.orm import Session
        UserId = NewType("UserId", int)
        Db = NewType("Db", Session)
        def f(x: {annotation}):
            reveal(x)
        """
    )

    assert code.revealed() == [expected]


ALIASES = [
    "Db = Session",
    "Db: TypeAlias = Session",
    "Db: TypeAlias = 'Session'",
    "Db = Annotated[Session, 1]",
    "Db = NewType('Db', Session)",
    "Db = Session | None",
    "Db = Optional[Session]",
]
if sys.version_info >= (3, 12):
    ALIASES += ["type Db = Session", "type Db = Annotated[Session, 1]", "type Db = 'Session'"]


@pytest.mark.parametrize("alias", ALIASES)
def test_aliases_of_a_type(alias: str, make: Make) -> None:
    code = make(
        f"""
        from typing import Annotated, NewType, Optional, TypeAlias
        from sqlalchemy.orm import Session
        {alias}
        def f(db: Db, quoted: "Db"):
            reveal(db, quoted)
        """
    )

    assert [code.inference.is_instance(value, SESSION) for value in code.values()] == [Tri.YES, Tri.YES]


def test_alias_in_another_module_is_read_in_that_modules_scope(make: Make) -> None:
    code = make(
        {
            "deps.py": """
                from typing import Annotated
                from fastapi import Depends
                from sqlalchemy.orm import Session as Inner
                DB = Annotated["Inner", Depends(lambda: None)]
                """,
            "app.py": "from deps import DB\nInner = int\ndef f(db: DB):\n    reveal(db)",
        }
    )

    assert code.revealed() == [SESSION]


def test_annotation_wins_over_a_value_that_does_not_fit(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import Session
        a: Session = make_it()
        b: Session = 3
        c: object = Session()
        reveal(a, b, c)
        """
    )

    assert code.revealed()[:2] == [SESSION, SESSION]


def test_value_of_a_subclass_is_more_exact_than_its_annotation(make: Make) -> None:
    code = make(
        """
        class Base: ...
        class Repo(Base): ...
        repo: Base = Repo()
        reveal(repo)
        """
    )

    assert code.revealed() == ["Repo"]


# Values


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("create_engine('x')", ENGINE),
        ("sessionmaker(create_engine('x'))()", SESSION),
        ("async_sessionmaker()()", ASYNC),
        ("async_sessionmaker[AsyncSession]()()", ASYNC),
        ("sessionmaker(class_=AsyncSession)()", ASYNC),
        ("sessionmaker[AsyncSession](class_=AsyncSession)()", ASYNC),
        ("sessionmaker(class_=Own)()", "Own"),
        ("sessionmaker(**options)()", "unknown"),
        ("sessionmaker(class_=unheard)()", "unknown"),
        ("scoped_session(sessionmaker())()", SESSION),
        ("async_scoped_session(async_sessionmaker(), scopefunc=f)()", ASYNC),
        ("Own()", "Own"),
        ("Own().query(1)", "sqlalchemy.orm.Query"),
        ("Own().query(1).filter(2).order_by(3)", "sqlalchemy.orm.Query"),
        ("Own().query(1).filter(2).first()", "unknown"),
        ("create_engine('x').connect()", "sqlalchemy.Connection"),
        ("create_async_engine('x').sync_engine", ENGINE),
        ("create_engine('x').execution_options(a=1)", ENGINE),
        ("(Session() if x else AsyncSession())", f"{ASYNC} | {SESSION}"),
        ("(None or Session())", f"None | {SESSION}"),
        ("(s := Session())", SESSION),
        ("(Session(), 1)[0]", SESSION),
        ("(Session(), 1)[-1]", "1"),
        ("(Session(), 1)[7]", "unknown"),
        ("[Session()][0]", SESSION),
        ("[Session() for _ in y][0]", SESSION),
        ("(lambda: Session())()", SESSION),
        ("cast(Session, x)", SESSION),
        ("cast('Session', x)", SESSION),
        ("unheard()", "unknown"),
        ("f'{x}'", "builtins.str"),
        ("1.5", "unknown"),
    ],
)
def test_expressions(expression: str, expected: str, make: Make) -> None:
    code = make(
        f"""
        from typing import cast
        from sqlalchemy import create_engine
        from sqlalchemy.ext.asyncio import (
            AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine
        )
        from sqlalchemy.orm import Session, scoped_session, sessionmaker
        class Own(Session): ...
        reveal({expression})
        """
    )

    assert code.revealed() == [expected]


def test_factories_functions_and_methods(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import Session, sessionmaker
        SessionLocal = sessionmaker()
        def make(): return SessionLocal()
        def make_declared() -> Session: return something()
        def maybe(flag):
            if flag:
                return SessionLocal()
        async def make_async(): return SessionLocal()
        class Repo:
            @classmethod
            def create(cls): return cls()
            @staticmethod
            def session(): return make()
            def me(self): return self
        class SubRepo(Repo): ...
        async def main():
            reveal(make(), make_declared(), await make_async(), make_async())
            reveal(Repo.create(), SubRepo.create(), Repo.session(), Repo().me(), SubRepo().me())
        """
    )

    assert code.revealed() == [
        SESSION,
        SESSION,
        SESSION,
        f"typing.Coroutine[{SESSION}]",
        "Repo",
        "SubRepo",
        SESSION,
        "Repo",
        "SubRepo",
    ]


def test_function_that_falls_off_its_end_may_return_none(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import Session
        def maybe(flag):
            if flag:
                return Session()
        def nothing(): pass
        reveal(maybe(1), nothing())
        """
    )

    assert code.inference.is_instance(code.values()[0], SESSION) is Tri.YES
    assert code.revealed()[1] == "None"


def test_generators_and_context_managers(make: Make) -> None:
    code = make(
        """
        from collections.abc import AsyncIterator, Iterator
        from contextlib import asynccontextmanager, closing, contextmanager
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
        from sqlalchemy.orm import Session, sessionmaker
        SessionLocal = sessionmaker()
        AsyncLocal = async_sessionmaker()
        engine = create_async_engine("x")

        def plain():
            with SessionLocal() as db:
                yield db
        def declared() -> Iterator[Session]:
            yield other()
        def misdeclared() -> Session:
            yield SessionLocal()
        @contextmanager
        def scope():
            yield SessionLocal()
        @asynccontextmanager
        async def ascope() -> AsyncIterator[AsyncSession]:
            yield other()
        class Unit:
            def __enter__(self): return SessionLocal()
            def __exit__(self, *a): ...
            async def __aenter__(self): return self
            async def __aexit__(self, *a): ...
        class Own(Session): ...

        async def main():
            for a in plain(): reveal(a)
            for b in declared(): reveal(b)
            for c in misdeclared(): reveal(c)
            with scope() as d: reveal(d)
            async with ascope() as e: reveal(e)
            with Unit() as f: reveal(f)
            with Own() as g: reveal(g)
            with closing(SessionLocal()) as h: reveal(h)
            with SessionLocal.begin() as i: reveal(i)
            async with AsyncLocal.begin() as j, AsyncLocal() as k: reveal(j, k)
            async with engine.begin() as l, engine.connect() as m: reveal(l, m)
            with unheard() as n: reveal(n)
            reveal(next(plain()), plain().__next__(), next(stream()))
            reveal(await anext(stream()), await stream().__anext__(), await anext(plain()))
            with contextmanager(plain)() as o, asynccontextmanager(stream)() as p: reveal(o)
            async with asynccontextmanager(stream)() as q: reveal(q)

        async def stream():
            yield AsyncLocal()
        """
    )

    assert code.revealed() == [
        SESSION,
        SESSION,
        SESSION,
        SESSION,
        ASYNC,
        SESSION,
        "Own",
        SESSION,
        SESSION,
        ASYNC,
        ASYNC,
        api.ASYNC_CONNECTION,
        api.ASYNC_CONNECTION,
        "unknown",
        *(SESSION, SESSION, "unknown"),
        *(ASYNC, ASYNC, "unknown"),
        SESSION,
        ASYNC,
    ]


def test_async_with_uses_aenter_where_a_class_has_both(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import Session
        class Unit:
            def __enter__(self): return Session()
            async def __aenter__(self): return self
        async def main():
            async with Unit() as unit:
                reveal(unit)
        """
    )

    assert code.revealed() == ["Unit"]


def test_attributes_of_objects(make: Make) -> None:
    code = make(
        {
            "base.py": """
                from sqlalchemy.orm import sessionmaker
                class Base:
                    def __init__(self):
                        self.sessions = sessionmaker()
                """,
            "app.py": """
                from functools import cached_property
                from sqlalchemy.orm import Session
                from base import Base
                class Repo(Base):
                    engine: "Session"
                    shared = Session()
                    late: Session | None = None
                    def __init__(self, db: Session):
                        super().__init__()
                        self.db = db
                        self.first, self.second = Session(), 2
                    def open(self):
                        self.late = Session()
                    @property
                    def session(self): return self.sessions()
                    @cached_property
                    def cached(self): return self.sessions()
                    def method(self): return self.session
                repo = Repo(unheard())
                reveal(repo.db, repo.engine, repo.shared, Repo.shared, repo.first, repo.second)
                reveal(repo.session, repo.cached, repo.method(), repo.sessions(), repo.nothing)
                reveal(repo.late)
                """,
        }
    )

    assert code.revealed() == [
        *[SESSION] * 5,
        "2",
        *[SESSION] * 4,
        "unknown",
        SESSION,
    ]


def test_inherited_attribute_of_an_external_base_is_a_method_of_it(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import Session
        class Own(Session):
            def save(self): reveal(self.commit)
        reveal(Own().execute)
        """
    )

    assert [told(value.receiver) for value in code.values()] == [SESSION, SESSION]
    assert [value.name for value in code.values()] == ["commit", "execute"]


def test_override_hides_the_method_of_the_base(make: Make) -> None:
    code = make(
        """
        class Base:
            def get(self): return 1
            def run(self): return self.get()
        class Repo(Base):
            def get(self): return 2
        class Mixin:
            def get(self): return 3
        class Both(Mixin, Base): ...
        reveal(Base().get(), Repo().get(), Both().get(), super)
        """
    )

    assert code.revealed()[:3] == ["1", "2", "3"]


def test_super_calls_the_base(make: Make) -> None:
    code = make(
        """
        class Base:
            def get(self): return 1
        class Repo(Base):
            def get(self):
                reveal(super().get())
                return 2
        """
    )

    assert code.revealed() == ["1"]


def test_tuple_unpacking(make: Make) -> None:
    code = make(
        """
        from sqlalchemy import create_engine
        from sqlalchemy.orm import Session, sessionmaker
        def build():
            engine = create_engine("x")
            return engine, sessionmaker(engine)
        engine, factory = build()
        a, (b, c) = 1, (2, Session())
        first, *rest = build()
        [d, e] = build()
        x = y = Session()
        reveal(engine, factory(), a, b, c, first, rest, d, e(), x, y)
        """
    )

    assert code.revealed() == [
        ENGINE,
        SESSION,
        "1",
        "2",
        SESSION,
        "unknown",
        "unknown",
        ENGINE,
        SESSION,
        SESSION,
        SESSION,
    ]


def test_loops_over_known_collections(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import Session
        def f(many: list[Session], pairs: list[tuple[int, Session]]):
            for a in many: reveal(a)
            for n, b in pairs: reveal(b)
            reveal([c for c in many][0])
            [reveal(d) for d in many]
            for e in unheard: reveal(e)
        """
    )

    assert code.revealed() == [SESSION, SESSION, SESSION, SESSION, "unknown"]


# Dependency injection


@pytest.mark.parametrize(
    "provider",
    [
        "def get_db():\n    yield SessionLocal()",
        "async def get_db():\n    yield SessionLocal()",
        "def get_db():\n    return SessionLocal()",
        "async def get_db():\n    return SessionLocal()",
        "def get_db() -> Session:\n    return unheard()",
        "class Provider:\n    def __call__(self):\n        return SessionLocal()\nget_db = Provider()",
        "class Providers:\n    @classmethod\n    def get(cls):\n        yield SessionLocal()\nget_db = Providers.get",
        "class Providers:\n    @staticmethod\n    def get():\n        yield SessionLocal()\nget_db = Providers.get",
        "get_db = lambda: SessionLocal()",
    ],
)
@pytest.mark.parametrize(
    "parameter",
    [
        "db=Depends(get_db)",
        "db=Security(get_db)",
        "db=Depends(dependency=get_db)",
        "db: Annotated[Session, Depends(get_db)]",
        "db: DB",
    ],
)
def test_injected_parameters(provider: str, parameter: str, make: Make) -> None:
    code = make(
        "from typing import Annotated\n"
        "from fastapi import Depends, Security\n"
        "from sqlalchemy.orm import Session, sessionmaker\n"
        "SessionLocal = sessionmaker()\n"
        f"{provider}\n"
        "DB = Annotated[Session, Depends(get_db)]\n"
        f"def handler({parameter}):\n    reveal(db)\n"
    )

    assert code.inference.is_instance(code.value(), SESSION) is Tri.YES


@pytest.mark.parametrize("vague", ["Any", "object", "SessionProtocol"])
def test_vague_annotation_says_less_than_what_is_injected_or_assigned(vague: str, make: Make) -> None:
    code = make(
        f"""
        from typing import Annotated, Any, Protocol
        from fastapi import Depends
        from sqlalchemy.orm import Session
        class SessionProtocol(Protocol):
            def commit(self): ...
        def get_db(): yield Session()
        assigned: {vague} = Session()
        def handler(db: Annotated[{vague}, Depends(get_db)], other: {vague} = Depends(get_db), plain: {vague} = None):
            reveal(assigned, db, other, plain)
        """
    )
    answers = [code.inference.is_instance(value, SESSION) for value in code.values()]

    assert Tri.NO not in answers
    assert vague == "SessionProtocol" or answers == [Tri.YES, Tri.YES, Tri.YES, Tri.UNKNOWN]


def test_annotation_of_an_injected_parameter_stands_when_the_provider_is_unknown(make: Make) -> None:
    code = make(
        """
        from fastapi import Depends
        from sqlalchemy.ext.asyncio import AsyncSession
        from elsewhere import get_db
        def handler(db: AsyncSession = Depends(get_db), other=Depends(get_db)):
            reveal(db, other)
        """
    )

    assert code.revealed() == [ASYNC, "unknown"]


def test_class_attribute_with_a_dependency(make: Make) -> None:
    code = make(
        """
        from fastapi import Depends
        from sqlalchemy.orm import Session
        def get_db(): yield Session()
        class Base:
            db: Session = Depends(get_db)
        class Users(Base):
            def list(self): reveal(self.db)
        """
    )

    assert code.revealed() == [SESSION]


def test_depends_without_argument_injects_the_annotated_class(make: Make) -> None:
    code = make(
        """
        from typing import Annotated
        from fastapi import Depends
        class Service: ...
        def handler(a: Service = Depends(), b: Annotated[Service, Depends()] = None):
            reveal(a, b)
        """
    )

    assert [code.inference.is_subclass(value.cls, "x") for value in code.values()] == [Tri.NO, Tri.NO]
    assert code.revealed() == ["Service", "Service"]


# Cycles


@pytest.mark.parametrize(
    "code",
    [
        "x = x\nreveal(x)",
        "A = B\nB = A\nreveal(A)",
        "def f(): return g()\ndef g(): return f()\nreveal(f())",
        "class A(A): ...\nreveal(A().x)",
        "class A(B): ...\nclass B(A): ...\nreveal(A().x, A)",
        "class A:\n    def __init__(self): self.x = self.x\nreveal(A().x)",
        "def f(x=f): reveal(f(), x)",
        "A = 'A'\ndef f(x: A): reveal(x)",
        "from typing import TypeAlias\nA: TypeAlias = 'B'\nB: TypeAlias = 'A'\ndef f(x: A): reveal(x)",
        "from fastapi import Depends\ndef a(x=Depends(b)): return x\ndef b(x=Depends(a)): return x\nreveal(a())",
    ],
)
def test_definitions_that_hang_on_themselves_say_nothing(code: str, make: Make) -> None:
    project = make(code)

    for value in project.values():
        assert project.inference.is_instance(value, SESSION, ASYNC) in (Tri.UNKNOWN, Tri.NO)


def test_import_cycle(make: Make) -> None:
    code = make(
        {
            "a.py": "from b import Session, Second\nclass First: ...\nreveal(Session, Second)",
            "b.py": "from a import First\nfrom sqlalchemy.orm import Session\nclass Second(First): ...\nreveal(First)",
            "c.py": "from d import nothing\nreveal(nothing)",
            "d.py": "from c import nothing",
        }
    )

    assert code.revealed("a.py") == [f"<{SESSION}>", "<class Second>"]
    assert code.revealed("b.py") == ["<class First>"]
    assert code.revealed("c.py") == ["never"]


def test_answers_do_not_depend_on_the_order_of_the_questions(make: Make) -> None:
    files = {
        "app.py": """
            from sqlalchemy.orm import Session
            def even(n): return odd(n - 1) if n else Session()
            def odd(n): return even(n - 1)
            class Node:
                def __init__(self, parent: "Node | None" = None):
                    self.parent = parent
                    self.session = parent.session if parent else Session()
            reveal(even(1), odd(1), Node().session, Node().parent.session)
            """
    }
    first, second = make(files), make(files)
    forward = [first.inference.is_instance(value, SESSION) for value in first.values()]
    backward = [
        second.inference.is_instance(second.inference.value(node, scope), SESSION)
        for node, scope in reversed(second.asked())
    ]

    assert forward == backward == [Tri.YES] * 4


# The three answers


def test_yes_no_and_unknown(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import Session
        from sqlmodel import Session as ModelSession
        from elsewhere import Base
        class Own(Session): ...
        class Further(Own): ...
        class Plain: ...
        class Half(Base): ...
        reveal(Session(), ModelSession(), Own(), Further())
        reveal(Plain(), 3, Session)
        reveal(Base(), unheard, Session() if flag else Plain(), Session() if flag else unheard)
        class Outside(unheard): ...
        reveal(Outside())
        """
    )
    answers = [code.inference.is_instance(value, SESSION) for value in code.values()]

    assert answers[:4] == [Tri.YES] * 4
    assert answers[4:7] == [Tri.NO] * 3
    assert answers[8:] == [Tri.UNKNOWN] * 4


def test_nothing_at_all_is_unknown(make: Make) -> None:
    code = make("")

    assert code.inference.is_instance(UNKNOWN, SESSION) is Tri.UNKNOWN


# Decorators


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("@functools.cache", SESSION),
        ("@functools.lru_cache(maxsize=1)", SESSION),
        ("@elsewhere.magic", "unknown"),
        ("@magic", "unknown"),
        ("@traced", SESSION),
        ("@traced_with('x')", SESSION),
        ("@made_async", "unknown"),
    ],
)
def test_what_a_decorated_function_returns(decorator: str, expected: str, make: Make) -> None:
    code = make(
        f"""
        import functools
        import elsewhere
        from sqlalchemy.orm import Session
        def traced(fn):
            @functools.wraps(fn)
            def inner(*args):
                return fn(*args)
            return inner
        def traced_with(label):
            def decorate(fn):
                def inner(*args):
                    return fn(*args)
                return inner
            return decorate
        def made_async(fn):
            async def inner(*args):
                return await run_in_threadpool(fn, *args)
            return inner
        {decorator}
        def make(): return Session()
        reveal(make())
        """
    )

    assert code.revealed() == [expected]
