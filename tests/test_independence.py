"""Findings do not depend on how many processes look for them, on the order of the files, or on how many are given."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest
from linting import RULES
from running import RunFlake8

from flake8_asyncdb import analysis
from flake8_asyncdb.facts import Settings

BEFORE = Path(__file__).parents[1] / "examples" / "before"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example, with files that the project leaves out and flake8 may be given all the same."""
    root = tmp_path / "project"
    shutil.copytree(BEFORE, root)
    for directory in ("build/app", "env/app", ".hidden"):
        shutil.copytree(BEFORE / "app" / "api", root / directory)
    return root


def lint(paths: list[Path], root: Path, *, alone: bool) -> set[tuple[str, int, int, str]]:
    found = set()
    analysis.forget()
    for path in paths:
        if alone:
            analysis.forget()
        source = path.read_bytes()
        for finding in analysis.analyze(path, ast.parse(source), source, RULES, Settings()):
            found.add((path.relative_to(root).as_posix(), finding.line, finding.column, finding.message))
    return found


def test_order_and_number_of_files_do_not_matter(project: Path) -> None:
    paths = sorted(project.rglob("*.py"))
    expected = lint(paths, project, alone=False)
    assert len(expected) > 20
    assert lint(paths[::-1], project, alone=False) == expected
    assert lint(paths, project, alone=True) == expected


def test_number_of_processes_does_not_matter(project: Path, run_flake8: RunFlake8) -> None:
    outputs = {
        run_flake8("--isolated", "--select=ADB", f"--jobs={jobs}", ".", cwd=project).stdout for jobs in (1, 2, 4)
    }
    assert len(outputs) == 1
    files = sorted(path.relative_to(project).as_posix() for path in project.rglob("*.py"))
    alone = "".join(run_flake8("--isolated", "--select=ADB", f"./{name}", cwd=project).stdout for name in files)
    assert sorted(alone.splitlines()) == sorted(outputs.pop().splitlines())
