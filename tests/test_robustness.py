"""No input makes the analysis crash or hang: real code in bulk, deep and huge files, odd bytes, mutants."""

from __future__ import annotations

import ast
import random
import signal
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from linting import RULES

from flake8_asyncdb import analysis, syntax
from flake8_asyncdb.catalog import Finding
from flake8_asyncdb.facts import ProjectFacts, Settings
from flake8_asyncdb.model.project import Project

HERE = Path(__file__).parent
EVERYTHING = Settings("async", frozenset({"tests", "migrations"}))
STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
FOREIGN = {"test", "tests", "idlelib", "lib2to3", "site-packages"}
"""What is no part of the standard library proper."""


class Hang(Exception):
    """The time is up."""


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    """Stop what takes longer, by the time that the processor spends on it."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang(f"longer than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_projects", {})


def lint(path: Path, source: bytes | None = None, seconds: float = 60) -> list[Finding]:
    """Every rule's findings on one file, as the door would get them."""
    content = path.read_bytes() if source is None else source
    tree = syntax.parse(content)
    assert tree is not None, path
    with limit(seconds):
        return analysis.analyze(path, tree, content, RULES, EVERYTHING)


def alone(root: Path, source: str | bytes, seconds: float = 60) -> list[Finding]:
    """The findings of a text that is a project's only file."""
    (root / "pyproject.toml").touch()
    path = root / "app.py"
    path.write_bytes(source.encode() if isinstance(source, str) else source)
    return lint(path, seconds=seconds)


# Real code


def python_files(root: Path, below: str = "") -> list[Path]:
    return sorted(path for path in (root / below).rglob("*.py") if not FOREIGN & set(path.relative_to(root).parts))


def trouble(root: Path, files: list[Path], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of a project's files that cannot be analyzed, whether they name the libraries or not."""
    project = Project(root)
    project.__dict__["paths"] = frozenset(path.relative_to(root).as_posix() for path in files)
    monkeypatch.setattr(analysis, "_projects", {(root, EVERYTHING): ProjectFacts(project, EVERYTHING)})
    monkeypatch.setattr(analysis, "find_root", lambda directory: root)
    monkeypatch.setattr(analysis, "matters", lambda module, settings: True)
    found = []
    for path in files:
        source = path.read_bytes()
        if (tree := syntax.parse(source)) is None:
            continue
        try:
            with limit(60):
                analysis.analyze(path, tree, source, RULES, EVERYTHING)
        except Exception as error:
            found.append(f"{path.relative_to(root)}: {error!r}")
    return found


@pytest.mark.parametrize("half", [0, 1])
def test_standard_library(half: int, monkeypatch: pytest.MonkeyPatch) -> None:
    files = python_files(STANDARD_LIBRARY)

    assert len(files) > 300
    assert trouble(STANDARD_LIBRARY, files[half::2], monkeypatch) == []


@pytest.mark.parametrize("package", ["sqlalchemy", "fastapi", "starlette"])
def test_the_libraries_themselves(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files = python_files(SITE_PACKAGES, package)

    assert len(files) > 20
    assert trouble(SITE_PACKAGES, files, monkeypatch) == []


def test_every_tenth_other_installed_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files = python_files(SITE_PACKAGES)[::10]

    assert len(files) > 50
    assert trouble(SITE_PACKAGES, files, monkeypatch) == []


# Deep


HEAD = "from sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
DEEP = {
    "parentheses": lambda n: "x = " + "(" * n + "1" + ")" * n,
    "lists": lambda n: "x = " + "[" * n + "]" * n,
    "calls in calls": lambda n: "x = " + "f(" * n + ")" * n,
    "engines in calls": lambda n: f"x = {'f(' * n}create_engine('sqlite:///a.db'){')' * n}",
    "not": lambda n: "x = " + "not " * n + "y",
    "minus": lambda n: "x = " + "-" * n + "y",
    "sum of texts": lambda n: "create_async_engine(" + " + ".join(["'a'"] * n) + ")",
    "sum of names": lambda n: "x = " + " + ".join(["y"] * n),
    "union": lambda n: "def f(x: " + " | ".join(["AsyncSession"] * n) + "): x.commit()",
    "attributes": lambda n: "x = y" + ".z" * n,
    "method chain": lambda n: "x = create_engine('x')" + ".execution_options()" * n,
    "subscripts": lambda n: "x = y" + "[0]" * n,
    "conditional": lambda n: "x = " + "1 if a else " * n + "2",
    "conditional url": lambda n: "create_async_engine(" + "'a' if a else " * n + "'b')",
    "boolean": lambda n: "x = " + "a and (b or " * n + "c" + ")" * n,
    "lambdas": lambda n: "x = " + "lambda: " * n + "1",
    "await": lambda n: "async def f(): " + "await (" * n + "x" + ")" * n,
    "if": lambda n: "\n".join(" " * i + "if x:" for i in range(n)) + "\n" + " " * n + "create_engine(x)",
    "def": lambda n: "\n".join(" " * i + "def f():" for i in range(n)) + "\n" + " " * n + "create_engine(x)",
    "class": lambda n: "\n".join(" " * i + "class A:" for i in range(n)) + "\n" + " " * n + "create_engine(x)",
    "with": lambda n: "\n".join(" " * i + "with x:" for i in range(n)) + "\n" + " " * n + "create_engine(x)",
    "try": lambda n: (
        "\n".join(f"{' ' * i}try:" for i in range(n))
        + f"\n{' ' * n}x\n"
        + "\n".join(f"{' ' * i}finally: x" for i in reversed(range(n)))
    ),
    "elif": lambda n: (
        "if a: url = 'x'\n" + "elif a: url = 'y'\n" * n + "else: url = 'z'\nengine = create_async_engine(url)"
    ),
    "elif in a function": lambda n: (
        "def f(u):\n if u == 'a': return create_engine(u)\n"
        + " elif u.startswith('b'): u = 'c'\n" * n
        + " create_engine(u)"
    ),
    "comprehensions": lambda n: "x = " + "[y for y in " * n + "z" + "]" * n,
    "decorators": lambda n: "@d\n" * n + "def f(): create_engine('x')",
    "call of calls": lambda n: "x = f" + "()" * n,
    "walrus": lambda n: "x = " + "(y := " * n + "1" + ")" * n,
    "chain of functions": lambda n: (
        "".join(f"def f{i}(): return f{i + 1}()\n" for i in range(n)) + f"def f{n}(): return create_engine('x')\nf0()"
    ),
    "chain of names": lambda n: (
        "x0 = create_engine('x')\n" + "".join(f"x{i + 1} = x{i}\n" for i in range(n)) + f"x{n}.connect()"
    ),
    "chain of texts": lambda n: (
        "x0 = 'sqlite:///a'\n" + "".join(f"x{i + 1} = x{i} + 'b'\n" for i in range(n)) + f"create_async_engine(x{n})"
    ),
    "chain of bases": lambda n: (
        "class A0(AsyncSession): ...\n"
        + "".join(f"class A{i + 1}(A{i}): ...\n" for i in range(n))
        + f"def f(x: A{n}): x.commit()"
    ),
    "chain of attributes": lambda n: (
        "".join(f"class A{i}:\n def __init__(self): self.x = A{i + 1}()\n" for i in range(n))
        + f"class A{n}:\n def __init__(self): self.x = create_engine('x')\n"
        + "A0()"
        + ".x" * (n + 1)
        + ".connect()"
    ),
    "quoted annotation": lambda n: "def f(x: '" + "list[" * n + "]" * n + "'): x.commit()",
}


@pytest.mark.parametrize("shape", DEEP)
def test_deep_code(shape: str, tmp_path: Path) -> None:
    """As deep as this Python parses it, up to a thousand levels."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = next(
            text
            for depth in (1000, 700, 500, 300, 190, 99, 90)
            if syntax.parse(text := HEAD + DEEP[shape](depth)) is not None
        )

    alone(tmp_path, source)


# Round in circles


CIRCLES = {
    "name": "x = x\nx.commit()\ncreate_engine(x)",
    "names": "a = b\nb = c\nc = a\na.commit()\ncreate_engine(a)",
    "annotation": "A = 'A'\ndef f(x: A): x.commit()",
    "alias": "from typing import Annotated\nA = Annotated['B', 1]\nB = Annotated['A', 2]\ndef f(x: A): x.commit()",
    "class": "class A(A): ...\nA().commit()",
    "classes": "class A(B): ...\nclass B(C): ...\nclass C(A): ...\nA().commit()",
    "inherits its own attribute": "class A:\n class B(A): ...\n C = B\nclass D(D.C): ...",
    "functions": "def f(): return g()\ndef g(): return f()\nf().commit()\ncreate_engine(f())",
    "generators": "def f():\n yield from g()\ndef g():\n yield from f()\nfor x in f(): x.commit()",
    "context managers": "from contextlib import *\n@contextmanager\ndef f():\n with f() as x: yield x\nwith f() as y: y.commit()",
    "property": "class A:\n @property\n def x(self): return self.x\nA().x.commit()\ncreate_engine(A().x)",
    "attribute": "class A:\n def __init__(self): self.x = self.x\nA().x.commit()\ncreate_engine(A().x)",
    "holds itself": "class A:\n def __init__(self, a: 'A'): self.a = a\n def f(self): self.a.a.a.f()",
    "hold one another": "class A:\n def __init__(self, b: 'B'): self.b = b\nclass B:\n def __init__(self, a: A): self.a = a",
    "decorator": "@f\ndef f(g): return f\nf(1).commit()",
    "decorators": "def d(fn):\n @e\n def w(): fn()\n return w\ndef e(fn):\n @d\n def w(): fn()\n return w\n@d\ndef f(): ...\nf()",
    "default": "def f(x=lambda: f()): return x\nf()().commit()",
    "depends": "from fastapi import *\ndef a(x=Depends(b)): return x\ndef b(x=Depends(a)): return x\n"
    "@FastAPI().get('/')\nasync def h(x=Depends(a)): return StreamingResponse(x)",
    "depends on itself": "from fastapi import *\nasync def a(x=Depends(a)):\n yield x\n"
    "@FastAPI().websocket('/')\nasync def h(w, x=Depends(a)):\n while True: x",
    "star import of itself": "from app import *\nfrom app import nothing\nnothing.commit()",
    "import of itself": "import app\napp.app.app.x.commit()\nx = app.x\ncreate_engine(app.x)",
    "type map": "from sqlalchemy.orm import *\nclass B(DeclarativeBase):\n type_annotation_map = m\nm = m",
    "dict": "o = {**o}\ncreate_async_engine('x', **o)",
    "super": "class A:\n def f(self): return super().f().commit()\nsuper().f()",
    "metaclass": "class A(metaclass=A): ...\n@A\nclass B(A, metaclass=B): ...",
    "factory": "from sqlalchemy.orm import *\ns = sessionmaker(bind=s, class_=s)\ns().commit()\ns.begin()",
    "scoped": "from sqlalchemy.orm import *\ns = scoped_session(s)\ns().commit()",
    "engine": "e = create_engine(e.url)\ne = e.execution_options(e)\ne.connect()",
    "clock": "from sqlalchemy import Column\ndef now(): return now()\nc = Column(default=now, onupdate=now())",
    "closer": "from sqlalchemy.orm import Session\ndef f():\n s = Session(create_engine('x'))\n g(s)\ndef g(s): h(s)\ndef h(s): g(s)",
}


@pytest.mark.parametrize("shape", CIRCLES)
def test_circles(shape: str, tmp_path: Path) -> None:
    alone(tmp_path, HEAD + "from fastapi import FastAPI\napp = FastAPI()\n" + CIRCLES[shape] + "\n")


@pytest.mark.parametrize(
    "body",
    [
        "class A:\n    def f(self):\n" + "        self.x = self.x[0]\n" * 40 + "        self.x.commit()\n",
        "def f(x, y):\n    while y:\n" + "        if x:\n            x = x[0]\n" * 40 + "        x.commit()\n",
        "".join(f"a{i} = {' or '.join(f'a{j}' for j in range(40) if j != i)}\n" for i in range(40)) + "a0.commit()\n",
        "".join(f"def f{i}(): return {' or '.join(f'f{j}()' for j in range(40))}\n" for i in range(40))
        + "f0().get()\n",
        "".join(f"class A{i}:\n    x: 'A{(i + 1) % 40}'\n    def f(self): return self.x.x.f()\n" for i in range(40)),
        "def f(u):\n"
        + "    u = u.replace('a', 'b') if u.startswith('c') else u + 'd'\n" * 40
        + "    create_engine(u)\n",
        "def f(u):\n" + "    if u.startswith('c'): u = 'd' + u\n" * 60 + "    create_engine(u)\n",
        "def f(u):\n    for _ in u:\n" + "        u = u.replace('a', u)\n" * 40 + "    create_engine(u)\n",
        "".join(f"def f{i}(u): return f{i + 1}(u) + f{i + 1}(u + 'x')\n" for i in range(40))
        + "create_engine(f0('y'))\n",
        "def f(e):\n" + "    if e: e = create_engine(str(e.url))\n" * 40 + "    e.connect()\n",
    ],
    ids=[
        "an attribute made from itself",
        "a name made from itself in a loop",
        "names made from each other",
        "functions that return each other's results",
        "classes that hold each other",
        "a text changed again and again",
        "a text changed under conditions",
        "a text changed in a loop",
        "functions that double their calls",
        "an engine made from itself",
    ],
)
def test_much_that_depends_on_each_other_costs_little(body: str, tmp_path: Path) -> None:
    alone(tmp_path, HEAD + body, seconds=30)


def test_import_cycles_between_files(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    names = [f"m{n}" for n in range(30)]
    for name in names:
        (tmp_path / f"{name}.py").write_text(
            "".join(f"from {other} import *\nimport {other}\n" for other in names)
            + f"{HEAD}x = {names[0]}.y\ny = {names[-1]}.x\nx.commit()\ncreate_engine(y)\nclass A(m1.A, m2.A): ...\n"
        )
    for name in names:
        lint(tmp_path / f"{name}.py")


# Huge


def test_many_statements(tmp_path: Path) -> None:
    body = "".join(
        f"def f{n}(x): return x.get({n})\ny{n} = f{n}(create_engine('sqlite:///a.db'))\n" for n in range(3000)
    )

    assert len(alone(tmp_path, HEAD + body, seconds=60)) >= 3000


@pytest.mark.parametrize("words", ["import ", "; import a", "from . import b, ", "Depends ", "property ", ")->", "):#"])
def test_one_line_of_the_words_that_are_looked_for_in_texts(words: str, tmp_path: Path) -> None:
    number = 300_000 // len(words)
    alone(tmp_path, f"{HEAD}def f(x=Depends(y)): ...\nx = '{words * number}'\n")

    with limit(60):
        project = Project(tmp_path)
        assert [module.imported for module in project.modules()] == [[]]
        assert project.functions_naming("Depends") == {"f"}


def test_one_long_function(tmp_path: Path) -> None:
    body = "async def f(db: AsyncSession, x):\n" + "    if x:\n        x = await db.get(x, 1)\n" * 2000

    alone(tmp_path, HEAD + body, seconds=60)


def test_huge_literal(tmp_path: Path) -> None:
    alone(tmp_path, f"{HEAD}x = {[{'a': n, 'b': [n, str(n)]} for n in range(20_000)]}\n", seconds=60)


# Odd bytes


ENGINE = (
    'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine("postgresql+asyncpg://é")\n'
)
ODD = {
    "byte order mark": b"\xef\xbb\xbf" + ENGINE.encode(),
    "latin-1 with a cookie": b"# -*- coding: latin-1 -*-\n" + ENGINE.encode("latin-1"),
    "windows line ends": ENGINE.replace("\n", "\r\n").encode(),
    "old line ends": ENGINE.replace("\n", "\r").encode(),
    "form feeds": ENGINE.replace("\n", "\n\f\n").encode(),
    "no line end": ENGINE.rstrip("\n").encode(),
    "tabs": ("if 1:\n\t" + ENGINE.replace("\n", "\n\t").rstrip("\t")).encode(),
    "continuation lines": ENGINE.replace(" = ", " = \\\n    ").encode(),
    "semicolons": ENGINE.replace("\n", ";", 1).encode(),
    "names outside ASCII": ENGINE.replace("engine =", "ёngine =").encode(),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_files_are_read_like_any_other(kind: str, tmp_path: Path) -> None:
    assert "ADB202" in [finding.code for finding in alone(tmp_path, ODD[kind])]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\f",
        b"#",
        b"\\\n",
        b"\xef\xbb\xbf",
        b"pass",
        b"'''sqlalchemy'''",
        b"...",
        b"import sqlalchemy;",
        b"del x, y[0], z.a",
        b"from sqlalchemy import *",
        b"def f(): global x; nonlocal_ = x",
        b"print(*a, c=d, *e, **b)",
        b"x[a:b, ...] = y",
        b"async def f():\n async for x in y: break\n else: return\n",
    ],
)
def test_files_with_next_to_nothing(content: bytes, tmp_path: Path) -> None:
    assert alone(tmp_path, content + b"  # sqlalchemy") == []


@pytest.mark.parametrize(
    "content",
    [
        b"\0",
        b"from sqlalchemy import create_engine\0",
        ENGINE.encode("utf-16"),
        ENGINE.encode("utf-32"),
        ENGINE.encode("latin-1"),
        b"# coding: nonsense\n" + ENGINE.encode(),
        b"# coding: utf-7\nengine = '+AAAA-'\n",
        b"\xff" * 100,
        b"def (:",
        b"x = " + b"(" * 5000,
        b" x = 1\n  y",
        b"x = '" + b"a" * syntax.MAX_BYTES + b"'",
    ],
)
def test_neighbour_that_python_cannot_read_is_unknown(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_bytes(content)
    importing = "from neighbour import *\nfrom neighbour import engine as other\nother.connect()\n" + ENGINE

    assert [finding.code for finding in alone(tmp_path, importing) if finding.code == "ADB202"] == ["ADB202"]


def test_links_in_circles(tmp_path: Path) -> None:
    (tmp_path / "self.py").symlink_to("self.py")
    (tmp_path / "a.py").symlink_to("b.py")
    (tmp_path / "b.py").symlink_to("a.py")
    (tmp_path / "directory").symlink_to(".")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "up").symlink_to("..")

    assert "ADB202" in [f.code for f in alone(tmp_path, "import self, a, directory.deep.up.app\n" + ENGINE)]


def test_file_whose_text_differs_from_the_disk_keeps_its_project(tmp_path: Path) -> None:
    """flake8 hands over lines without carriage returns or byte order marks; the others need no second reading."""
    (tmp_path / "pyproject.toml").touch()
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{name}.py").write_bytes(f"import {other}\n{ENGINE}".replace("\n", "\r\n").encode())
    projects = []
    for name in "abcabc":
        path = tmp_path / f"{name}.py"
        lint(path, path.read_bytes().replace(b"\r\n", b"\n"))
        projects.append(next(iter(analysis._projects.values())))

    assert len({id(project) for project in projects}) == 1


# Mutants


def seeds() -> list[Path]:
    return sorted([*(HERE.parent / "examples").rglob("*.py"), *(HERE / "fixtures").rglob("*.py")])


def mutate(lines: list[str], chance: random.Random) -> list[str]:
    """Drop, repeat, swap or indent a few lines, or change a few words."""
    mutant = list(lines)
    for _ in range(chance.randint(1, 4)):
        place, other = chance.randrange(len(mutant)), chance.randrange(len(mutant))
        match chance.randrange(6):
            case 0 if len(mutant) > 1:
                del mutant[place]
            case 1:
                mutant.insert(other, mutant[place])
            case 2:
                mutant[place], mutant[other] = mutant[other], mutant[place]
            case 3:
                words = mutant[place].split(" ")
                chance.shuffle(words)
                mutant[place] = " ".join(words)
            case 4:
                mutant[place] = mutant[place].replace("async ", "").replace("await ", "")
            case 5:
                mutant[place] = mutant[place].replace("(", "(*", 1).replace("=", "=None or ", 1)
    return mutant


@pytest.mark.parametrize("seed", range(4))
def test_mutants(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    texts = [text.splitlines() for path in seeds() if (text := path.read_text(encoding="utf-8")).strip()]
    survivors = 0
    while survivors < 90:
        mutant = "\n".join(mutate(chance.choice(texts), chance)) + "\n"
        if syntax.parse(mutant) is None:
            continue
        survivors += 1
        analysis._projects.clear()
        try:
            alone(tmp_path, mutant)
        except Exception as error:
            raise AssertionError(f"{error!r} in\n{mutant}") from error


def test_a_tree_without_positions_of_its_own_is_no_surprise(tmp_path: Path) -> None:
    """Other plugins may hand on trees that they have made: with all lines at 1."""
    (tmp_path / "pyproject.toml").touch()
    tree = ast.parse(ENGINE)
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno, node.col_offset = 1, 0
    with limit(5):
        analysis.analyze(tmp_path / "app.py", tree, ENGINE.encode(), RULES, EVERYTHING)
