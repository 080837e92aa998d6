"""The hook, through a real `pre-commit try-repo` in a scratch repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FAULTY = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app")
"""
GOOD = FAULTY.replace('app")', 'app", pool_pre_ping=True)')


GIT_IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}
GIT_SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}


def run(*command: str | Path, cwd: Path, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody who has a name for git, and no git settings of their own."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=inherited | GIT_IDENTITY | GIT_SETTINGS | {key: str(value) for key, value in environment.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


def git(*arguments: str | Path, cwd: Path) -> str:
    done = run("git", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def hook_repository(tmp_path: Path) -> Path:
    """This checkout as it lies here, committed or not, as a repository of its own."""
    copy = tmp_path / "flake8-asyncdb"
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    commit_all(copy)
    return copy


def commit_all(directory: Path) -> None:
    git("init", "--quiet", cwd=directory)
    git("add", "--all", cwd=directory)
    git("commit", "--quiet", "--message", "All of it", cwd=directory)


@pytest.mark.parametrize(("source", "status", "shown"), [(FAULTY, 1, "ADB202"), (GOOD, 0, "Passed")])
def test_hook_stops_a_fault_and_lets_its_cure_pass(
    hook_repository: Path, tmp_path: Path, source: str, status: int, shown: str
) -> None:
    service = tmp_path / "service"
    service.mkdir()
    (service / "pyproject.toml").touch()
    (service / "engine.py").write_text(source)
    commit_all(service)

    done = run(
        *(sys.executable, "-m", "pre_commit", "try-repo", hook_repository, "flake8-asyncdb", "--all-files"),
        cwd=service,
        PRE_COMMIT_HOME=tmp_path / "pre-commit",
    )

    assert done.returncode == status, done.stdout
    assert shown in done.stdout
    assert ("ADB" in done.stdout) == (source == FAULTY)
