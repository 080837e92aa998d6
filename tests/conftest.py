"""What several test modules need: a real flake8, and a project on disk for it."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Flake8Run, RunFlake8, WriteProject


@pytest.fixture
def run_flake8(tmp_path: Path) -> RunFlake8:
    """Run `python -m flake8` in the test's directory, or in `cwd`."""

    def run(*arguments: str | Path, cwd: Path = tmp_path, stdin: str | None = None) -> Flake8Run:
        command = [sys.executable, "-m", "flake8", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=cwd, input=stdin, capture_output=True, encoding="utf-8", timeout=120, check=False
        )
        return Flake8Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def write_project(tmp_path: Path) -> WriteProject:
    """Write files into the test's directory, and a pyproject.toml that makes it a project."""

    def write(files: dict[str, str]) -> Path:
        for name, text in {"pyproject.toml": "", **files}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def own_garbage() -> Iterator[None]:
    """Find what a test forgot to close while the test still runs: later, it would fail another one."""
    yield
    gc.collect()
