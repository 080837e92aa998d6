"""Where a project begins, which files belong to it, and what an import in one of them names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from projects import Make, told

from flake8_asyncdb.model import project as model
from flake8_asyncdb.model.project import Project, find_root


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


@pytest.fixture(autouse=True)
def forget_roots() -> None:
    find_root.cache_clear()


# The root


@pytest.mark.parametrize("marker", ["pyproject.toml", "setup.py", "setup.cfg", ".git/HEAD"])
def test_root_is_the_nearest_marked_directory(marker: str, tmp_path: Path) -> None:
    touch(tmp_path, "pyproject.toml", f"services/a/{marker}", "services/a/app/api/x.py", "services/b/x.py")

    assert find_root(tmp_path / "services/a/app/api") == tmp_path / "services/a"
    assert find_root(tmp_path / "services/b") == tmp_path


def test_setup_py_of_a_package_is_a_module(tmp_path: Path) -> None:
    touch(tmp_path, "pyproject.toml", "app/__init__.py", "app/setup.py")

    assert find_root(tmp_path / "app") == tmp_path


def test_working_directory_is_the_root_where_nothing_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "app/api/x.py")
    monkeypatch.chdir(tmp_path)

    assert find_root(tmp_path / "app/api") == tmp_path


def test_directory_above_the_outermost_package_is_the_last_resort(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "code/app/__init__.py", "code/app/api/__init__.py", "elsewhere/x")
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert find_root(tmp_path / "code/app/api") == tmp_path / "code"


# Its files


def test_files_of_a_project(tmp_path: Path) -> None:
    own = {
        "a.py",
        "pkg/__init__.py",
        "pkg/b.py",
        "deep/er/c.py",
        "build/__init__.py",
        "build/d.py",
        "lib/env.py",
        "app/build/e.py",
    }
    foreign = {
        "venv/lib/x.py",
        ".venv/x.py",
        ".hidden/x.py",
        "node_modules/x.py",
        "site-packages/x.py",
        "dist/x.py",
        "pkg/__pycache__/x.py",
        "nested/x.py",
        "nested/deeper/x.py",
        "odd_environment/lib/x.py",
        "notes.txt",
        "stub.pyi",
    }
    touch(tmp_path, *own, *foreign, "nested/pyproject.toml", "odd_environment/pyvenv.cfg")

    assert Project(tmp_path).paths == own


def test_symbolic_links_stay_inside(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    touch(tmp_path, "root/a.py", "outside/secret.py", "outside/pkg/x.py")
    (root / "linked.py").symlink_to(root / "a.py")
    (root / "leaving.py").symlink_to(outside / "secret.py")
    (root / "pkg").symlink_to(outside / "pkg")
    (root / "loop.py").symlink_to(root / "loop.py")
    (root / "self").symlink_to(root)
    (root / "gone.py").symlink_to(root / "nothing.py")

    project = Project(root)

    assert {"a.py", "linked.py"} <= project.paths <= {"a.py", "linked.py", "gone.py"}
    assert {module.path for module in project.modules()} == {"a.py", "linked.py"}


def test_nothing_outside_the_root_is_read_by_a_link(make: Make, tmp_path: Path) -> None:
    (tmp_path.parent / "outside.py").write_text("secret = 1")
    code = make("from leaving import secret\nreveal(secret)")
    (tmp_path / "leaving.py").symlink_to(tmp_path.parent / "outside.py")

    assert code.revealed() == ["<leaving.secret>"]


def test_number_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "MAX_FILES", 10)
    touch(tmp_path, *(f"d{d}/m{m}.py" for d in range(10) for m in range(5)))

    assert 10 <= len(Project(tmp_path).paths) <= 20


def test_text_given_by_an_editor_wins_over_the_disk(make: Make) -> None:
    import ast

    code = make({"app.py": "from db import x\nreveal(x)", "db.py": "x = 1"})
    code.project.project.put("db.py", b"x = 2", ast.parse("x = 2"))

    assert code.revealed() == ["2"]


def test_file_that_is_not_on_disk_is_part_of_the_project(make: Make) -> None:
    import ast

    code = make("from unsaved import x\nreveal(x)")
    code.project.project.put("unsaved.py", b"x = 1", ast.parse("x = 1"))

    assert [module.path for module in code.project.project.modules()] == ["app.py", "unsaved.py"]


# Imports


@pytest.mark.parametrize(
    ("importer", "statement", "target"),
    [
        ("src/app/main.py", "from app.db import x", "src/app/db.py"),
        ("src/app/api/routes.py", "from app.db import x", "src/app/db.py"),
        ("src/app/api/routes.py", "from ..db import x", "src/app/db.py"),
        ("src/app/api/__init__.py", "from ..db import x", "src/app/db.py"),
        ("src/app/api/__init__.py", "from .routes import x", "src/app/api/routes.py"),
        ("src/app/main.py", "from .db import x", "src/app/db.py"),
        ("scripts/seed.py", "from app.db import x", "src/app/db.py"),
        ("tests/test_app.py", "from app.db import x", "src/app/db.py"),
        ("scripts/seed.py", "from src.app.db import x", "src/app/db.py"),
        ("scripts/seed.py", "from scripts.helper import x", "scripts/helper.py"),
        ("scripts/seed.py", "from helper import x", "scripts/helper.py"),
        ("server/main.py", "from core.db import x", "server/core/db.py"),
        ("server/core/users.py", "from core.db import x", "server/core/db.py"),
        ("server/core/users.py", "from db import x", "server/core/db.py"),
        ("server/core/users.py", "from server.core.db import x", "server/core/db.py"),
        ("flat/main.py", "from flat.db import x", "flat/db.py"),
        ("flat/main.py", "from . import db as x", None),
        ("space/deep/a.py", "from space.deep.b import x", "space/deep/b.py"),
        ("space/deep/a.py", "from .b import x", "space/deep/b.py"),
        ("top.py", "from flat.db import x", "flat/db.py"),
    ],
)
def test_import_finds_its_module(importer: str, statement: str, target: str | None, make: Make) -> None:
    files = dict.fromkeys(
        (
            "src/app/__init__.py",
            "src/app/main.py",
            "src/app/db.py",
            "src/app/api/__init__.py",
            "src/app/api/routes.py",
            "scripts/seed.py",
            "scripts/helper.py",
            "tests/test_app.py",
            "server/main.py",
            "server/core/db.py",
            "server/core/users.py",
            "flat/__init__.py",
            "flat/main.py",
            "flat/db.py",
            "space/deep/a.py",
            "space/deep/b.py",
            "top.py",
        ),
        "x = __file__",
    )
    files = {path: f"x = {path!r}" for path in files} | {importer: f"{statement}\nreveal(x)"}
    code = make(files)

    assert code.revealed(importer) == [repr(target) if target else "<module flat/db.py>"]


@pytest.mark.parametrize(
    "statement",
    [
        "import sqlalchemy as x",
        "import logging as x",
        "import unheard as x",
        "from fastapi import x",
        "import db.x as x",
    ],
)
def test_import_of_something_outside(statement: str, make: Make) -> None:
    code = make(
        {"pkg/__init__.py": "", "pkg/sqlalchemy.py": "", "pkg/db.py": "", "pkg/app.py": f"{statement}\nreveal(x)"}
    )

    assert code.revealed("pkg/app.py")[0].startswith("<")
    assert "module" not in code.revealed("pkg/app.py")[0]


@pytest.mark.parametrize("use", [{"run.py": "import pkg.app"}, {"pkg/other.py": "from .db import x"}])
def test_inside_a_package_absolute_imports_do_not_name_siblings(use: dict[str, str], make: Make) -> None:
    files = {"pkg/__init__.py": "", "pkg/db.py": "x = 1", "pkg/app.py": "from db import x\nreveal(x)"}

    assert make(files | use).revealed("pkg/app.py") == ["<db.x>"]


def test_a_package_that_no_import_makes_use_of_is_where_programs_start(make: Make) -> None:
    code = make({"pkg/__init__.py": "", "pkg/db.py": "x = 1", "pkg/app.py": "from db import x\nreveal(x)"})

    assert code.revealed("pkg/app.py") == ["1"]


def test_a_module_does_not_import_itself_by_an_absolute_name(make: Make) -> None:
    code = make({"pkg/__init__.py": "", "pkg/db.py": "from db import x\nreveal(x)"})

    assert code.revealed("pkg/db.py") == ["<db.x>"]


def test_the_root_is_a_source_root_even_with_an_init(make: Make) -> None:
    code = make({"__init__.py": "", "app/db.py": "x = 1", "app/main.py": "from app.db import x\nreveal(x)"})

    assert code.revealed("app/main.py") == ["1"]


@pytest.mark.parametrize(
    "clause", ["except A, B:", "except a.A, B :", "except A, B, C,:", "except (A, B):", "except A:"]
)
def test_exceptions_without_parentheses_are_read_by_every_python(clause: str, make: Make) -> None:
    code = make({"old.py": f"try: ...\n{clause} ...\nx = 1", "app.py": "from old import x\nreveal(x)"})

    assert code.revealed() == ["1"]
    bare = "," in clause and "(" not in clause
    assert code.module("old.py").is_of_this_python is (not bare or sys.version_info >= (3, 14))


def test_a_nearer_module_of_the_name_hides_no_package(make: Make) -> None:
    code = make({"app/core.py": "x = 1", "app/v1/app.py": "from app.core import x\nimport app\nreveal(x, app)"})

    assert code.revealed("app/v1/app.py") == ["1", "<module app/v1/app.py>"]


def test_nearer_source_root_wins(make: Make) -> None:
    code = make(
        {
            "services/a/main.py": "from core.db import x\nreveal(x)",
            "services/a/core/db.py": "x = 'a'",
            "services/b/main.py": "from core.db import x\nreveal(x)",
            "services/b/core/db.py": "x = 'b'",
        }
    )

    assert code.revealed("services/a/main.py") == ["'a'"]
    assert code.revealed("services/b/main.py") == ["'b'"]


def test_nested_project_is_another_project(make: Make) -> None:
    code = make({"app.py": "from inner.db import x\nreveal(x)", "inner/pyproject.toml": "", "inner/db.py": "x = 1"})

    assert code.revealed() == ["<inner.db.x>"]


def test_package_is_preferred_to_a_module_of_the_same_name(make: Make) -> None:
    code = make({"db/__init__.py": "x = 'package'", "db.py": "x = 'module'", "app.py": "from db import x\nreveal(x)"})

    assert code.revealed() == ["'package'"]


def test_name_in_a_package_is_preferred_to_its_submodule(make: Make) -> None:
    code = make({"db/__init__.py": "x = 1", "db/x.py": "", "app.py": "from db import x\nreveal(x)"})

    assert code.revealed() == ["1"]


def test_namespace_package(make: Make) -> None:
    code = make({"space/inner/db.py": "x = 1", "app.py": "import space.inner.db\nreveal(space, space.inner.db.x)"})

    assert code.revealed() == ["<namespace space>", "1"]


def test_star_imports_and_reexports(make: Make) -> None:
    code = make(
        {
            "db/__init__.py": "from .session import *\nfrom .engine import make_engine as build",
            "db/session.py": "from .engine import *\nSessionLocal = 1",
            "db/engine.py": "def make_engine(): ...",
            "app.py": "from db import *\nfrom db import build as b\nreveal(SessionLocal, make_engine, b)",
        }
    )

    assert code.revealed() == ["1", "<function make_engine>", "<function make_engine>"]


@pytest.mark.parametrize(
    ("code", "imported"),
    [
        ("import a", ["a/__init__.py"]),
        ("import a.b", ["a/__init__.py", "a/b.py"]),
        ("import a.b as x, c", ["a/__init__.py", "a/b.py", "c.py"]),
        ("from a import b", ["a/__init__.py", "a/b.py"]),
        ("from a.b import name", ["a/__init__.py", "a/b.py"]),
        ("from a import (\n    b,  # why\n    other,\n)", ["a/__init__.py", "a/b.py"]),
        ("from a import b as x", ["a/__init__.py", "a/b.py"]),
        ("def f():\n    from c import name", ["c.py"]),
        ("if x: import c", ["c.py"]),
        ("try: from c import name\nexcept E: ...", ["c.py"]),
        ("x = 1; import c", ["c.py"]),
        ("from c import *", ["c.py"]),
        ("from c import \\\n    name", ["c.py"]),
        ("from a import \\\n    b", ["a/__init__.py", "a/b.py"]),
        ("import c # comment", ["c.py"]),
        ("from . import c", ["c.py"]),
        ("from .a import b", ["a/__init__.py", "a/b.py"]),
        ("import os", []),
    ],
)
def test_imported_modules_are_found_in_the_text(code: str, imported: list[str], make: Make) -> None:
    project = make({"app.py": code, "a/__init__.py": "", "a/b.py": "", "c.py": ""})

    assert sorted(module.path for module in project.module().imported) == imported


def test_closure_and_reach_of_an_import_cycle(make: Make) -> None:
    code = make(
        {
            "a.py": "import b",
            "b.py": "import c",
            "c.py": "import a\nimport d",
            "d.py": "import sqlalchemy",
            "e.py": "import f",
            "f.py": "import e",
        }
    )
    project = code.project.project

    assert [m.path for m in project.closure(code.module("a.py"))] == ["a.py", "b.py", "c.py", "d.py"]
    assert [project.reaches_libraries(code.module(f"{name}.py")) for name in "abcdef"] == [True] * 4 + [False] * 2


@pytest.mark.parametrize("order", ["abcd", "dcba", "cabd"])
def test_reach_does_not_depend_on_who_asks_first(order: str, make: Make) -> None:
    code = make({"a.py": "import b\nimport c", "b.py": "import a", "c.py": "import b\nimport d", "d.py": "# fastapi"})
    project = code.project.project

    assert {name: project.reaches_libraries(code.module(f"{name}.py")) for name in order} == dict.fromkeys(order, True)


# Test code and migrations


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("tests/helpers.py", "", True),
        ("app/test/helpers.py", "", True),
        ("app/test_users.py", "", True),
        ("app/users_test.py", "", True),
        ("conftest.py", "", True),
        ("app/fakes.py", "import pytest", True),
        ("app/fakes.py", "from pytest import fixture", True),
        ("app/fakes.py", "def f():\n    import pytest", False),
        ("app/fakes.py", "# import pytest", False),
        ("app/contest.py", "", False),
        ("app/latest.py", "", False),
        ("app/testing.py", "", False),
        ("app/attests/x.py", "", False),
    ],
)
def test_test_code(path: str, text: str, expected: bool, make: Make) -> None:
    module = make({path: text}).module(path)

    assert module.is_test is expected
    assert module.counts is not expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("migrations/env.py", "from alembic import context", True),
        ("alembic/versions/1_first.py", "revision = '1'", True),
        ("alembic/versions/nested/1_first.py", "revision = '1'", True),
        ("app/env.py", "import os", False),
        ("app/versions/__init__.py", "", False),
        ("app/versions.py", "revision = 1", False),
        ("app/db.py", "from alembic import context", False),
    ],
)
def test_migrations(path: str, text: str, expected: bool, make: Make) -> None:
    module = make({path: text}).module(path)

    assert module.is_migration is expected
    assert module.counts is not expected


def test_modules_that_mention_a_word(make: Make) -> None:
    code = make(
        {
            "b.py": "import sqlalchemy",
            "a.py": "import sqlalchemy",
            "c.py": "",
            "tests/d.py": "import sqlalchemy",
            "migrations/env.py": "import alembic, sqlalchemy",
        }
    )

    assert [module.path for module in code.project.project.mentioning(b"sqlalchemy", b"sql")] == ["a.py", "b.py"]


def test_modules_that_subclass_or_rename_a_class(make: Make) -> None:
    code = make(
        {
            "alias.py": "from base import Base as Model\nclass A(Model): ...",
            "arguments.py": "class A(Mixin, Base[int], metaclass=Meta): ...",
            "dotted.py": "class A(\n    base.Base,\n): ...",
            "generic.py": "class A[T](Base): ...",
            "mention.py": "from base import Base\nclass A(Other): x: Base",
            "plain.py": "class Base: ...",
            "tests/a.py": "class A(Base): ...",
        }
    )

    found = [module.path for module in code.project.project.subclassing("Base")]
    assert found == ["alias.py", "arguments.py", "dotted.py", "generic.py"]
    assert code.project.project.subclassing("Nobody") == ()


def test_modules_that_call_or_rename_a_class(make: Make) -> None:
    code = make(
        {
            "alias.py": "from fastapi import FastAPI as App",
            "call.py": "app = fastapi.FastAPI (title='shop')",
            "other.py": "app = MyFastAPI()",
            "type.py": "from fastapi import FastAPI\ndef use(app: FastAPI): ...",
        }
    )

    assert [module.path for module in code.project.project.calling("Nobody", "FastAPI")] == ["alias.py", "call.py"]


def test_definitions_are_found_in_the_text(make: Make) -> None:
    code = make(
        """
        import sqlalchemy as sa
        async  def load(): ...
        class Größe(Base):
            def method(self): ...
        if x:
            def sometimes(): ...
        TEXT = "class Text"
        """
    )

    assert code.module().defined == {"load", "Größe"}


def test_properties_are_found_in_the_text(make: Make) -> None:
    code = make(
        {
            "a.py": """
                class A:
                    @property
                    def plain(self): ...
                    @functools.cached_property
                    async def cached(self): ...
                    @hybrid_property
                    # sorts
                    def commented(self): ...
                    def method(self): ...
            """,
            "b.py": "class B:\n    def other(self): ...",
            "tests/c.py": "class C:\n    @property\n    def of_a_test(self): ...",
        }
    )

    assert code.project.project.properties >= {"plain", "cached", "commented"}
    assert not code.project.project.properties & {"other", "method"}


def test_functions_that_name_a_word_in_their_parameters(make: Make) -> None:
    code = make(
        {
            "alias.py": "from fastapi import Depends as Needs\ndef aliased(db=Needs(get_db)): ...",
            "body.py": "from fastapi import Depends\ndef body(x: int) -> dict[str, int]:\n    return Depends(x)",
            "several.py": """
                from fastapi import Depends, Security
                def lines(
                    db: Session = Depends(get_db),  # one a request
                ) -> None:  # nothing
                    ...
                def plain(dependency): ...
                class A:
                    async def method(self, user=Security(get_user)): ...
            """,
            "word.py": "def word(db=IDepends(x)): ...",
        }
    )

    assert code.project.project.functions_naming("Depends", "Security") == {"aliased", "lines", "method"}


def test_names_of_modules_and_functions(make: Make) -> None:
    code = make({"pkg/__init__.py": "", "pkg/a.py": "class A:\n    def f(self):\n        def g(): ..."})

    assert [code.module(path).name for path in ("pkg/__init__.py", "pkg/a.py")] == ["pkg", "pkg.a"]
    assert [f.qualname for f in code.module("pkg/a.py").functions] == ["A.f", "g"]
    assert told(code.cls("A", "pkg/a.py")) == "<class A>"
