"""No input breaks the linter: odd files, broken neighbours, cycles, and all the Python that is installed here."""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path

import pytest
from linting import RULES

from flake8_asyncdb import analysis
from flake8_asyncdb.facts import Settings

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").rglob("*.py"))
IMPORTS = b"from sqlalchemy import *\nfrom app.neighbour import thing\n"


def lint(path: Path, source: bytes) -> None:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    analysis.analyze(path, tree, source, RULES, Settings("auto", frozenset({"tests", "migrations"})))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("package", ["sqlalchemy", "fastapi", "starlette", "flake8"])
def test_every_file_of_a_package(package: str) -> None:
    root = Path(sysconfig.get_path("purelib")) / package
    files = sorted(root.rglob("*.py"))
    assert files
    for path in files:
        lint(path, path.read_bytes())


@pytest.mark.filterwarnings("ignore")
def test_the_standard_library() -> None:
    root = Path(sysconfig.get_path("stdlib"))
    files = [path for path in sorted(root.rglob("*.py")) if not {"site-packages", "test", "tests"} & set(path.parts)]
    assert len(files) > 100
    for path in files:
        lint(path, path.read_bytes())


@pytest.mark.parametrize(
    "neighbour",
    [
        b"",
        b"\x00\x00",
        b"def broken(:",
        "thing = 1".encode("utf-16"),
        "# -*- coding: latin-1 -*-\nthing = '\xe4'\n".encode("latin-1"),
        b"# -*- coding: nonsense -*-\nthing = 1\n",
        b"\xef\xbb\xbfthing = 1\r\n",
        b"from app.main import thing\n",
        b"from app.neighbour import thing\n",
        b"from app.neighbour import *\n",
        b"thing = thing\n",
        b"a = b\nb = a\nthing = a\n",
        b"class thing(thing): ...\n",
        b"class A(B): ...\nclass B(A): ...\nthing = A()\n",
        b"def f(): return g()\ndef g(): return f()\nthing = f()\n",
        b"thing = " + b"(" * 90 + b"1" + b")" * 90 + b"\n",
        b"thing = 1" + b" + 1" * 3000 + b"\n",
        b"x = 1\n" * 600_000,
    ],
)
def test_a_broken_neighbour(neighbour: bytes, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "neighbour.py").write_bytes(neighbour)
    source = IMPORTS + b"async def f(db: thing):\n    db.commit()\n    thing().execute('x')\n"
    lint(tmp_path / "app" / "main.py", source)
    if len(neighbour) < 1_000_000:
        lint(tmp_path / "app" / "neighbour.py", neighbour)


@pytest.mark.parametrize("depth", [20, 80])
def test_deep_nesting(depth: int, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    blocks = "".join(" " * level + "if x:\n" for level in range(min(depth, 95)))
    calls = "create_engine(" * depth + "'sqlite:///x'" + ")" * depth
    functions = "".join(" " * level + f"def f{level}():\n" for level in range(min(depth, 95)))
    source = (
        f"from sqlalchemy import create_engine\n{blocks}{' ' * depth}pass\ny = {calls}\n{functions}{' ' * depth}pass\n"
    )
    lint(tmp_path / "deep.py", source.encode())


def test_long_chains_of_calls_and_classes(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    source = "from sqlalchemy.orm import Session\ndef f0(db: Session): db.commit()\nclass C0: ...\n"
    source += "".join(f"def f{n}(db): return f{n - 1}(db)\nclass C{n}(C{n - 1}): ...\n" for n in range(1, 600))
    lint(tmp_path / "chain.py", (source + "async def main(db): f599(C599())\n").encode())


def test_mutated_examples(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    dice = random.Random(20261123)
    for number in range(200):
        lines = dice.choice(EXAMPLES).read_text(encoding="utf-8").splitlines(keepends=True)
        for _ in range(dice.randint(1, 4)):
            position = dice.randrange(len(lines)) if lines else 0
            lines[position : position + dice.randint(0, 2)] = dice.choice([[], lines[position : position + 1] * 2])
        lint(tmp_path / f"mutant{number}.py", "".join(lines).encode())
