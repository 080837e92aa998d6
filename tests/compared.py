"""Services as directories, and the table's cells of one that is made from texts."""

from __future__ import annotations

import os
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.report.cells import cells
from flake8_asyncdb.report.survey import surveyed
from flake8_asyncdb.report.table import Cell

IDENTITY = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
Write = Callable[[str, dict[str, str]], Path]
Draw = Callable[..., dict[Row, Cell]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a service: its directory's name, and texts by path."""

    def made(name: str, files: dict[str, str]) -> Path:
        for path, text in {"pyproject.toml": "", **files}.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(textwrap.dedent(text), encoding="utf-8")
        return tmp_path / name

    return made


@pytest.fixture
def draw(write: Write) -> Draw:
    """The cells of a service whose files are given: one text is its app.py."""

    def drawn(text: str = "", **files: str) -> dict[Row, Cell]:
        texts = {f"{name}.py": each for name, each in files.items()} | ({"app.py": text} if text else {})
        with surveyed(write("service", texts)) as survey:
            return {cell.row: cell for cell in cells(survey)}

    return drawn


def git(directory: Path, *arguments: str) -> str:
    """Run git with a name of its own and without the user's settings; its output."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    done = subprocess.run(
        ["git", *IDENTITY, *arguments],
        cwd=directory,
        capture_output=True,
        encoding="utf-8",
        check=True,
        env=environment,
    )
    return done.stdout.strip()


def commit(directory: Path, message: str = "state") -> str:
    """Commit all that is in a directory; the commit's name."""
    if not (directory / ".git").exists():
        git(directory, "init", "--quiet", "--initial-branch=main")
    git(directory, "add", "--all")
    git(directory, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(directory, "rev-parse", "HEAD")
