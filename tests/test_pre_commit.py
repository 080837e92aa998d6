"""The hooks, through a real `pre-commit try-repo` in a scratch repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FAULTY = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app")
"""
GOOD = FAULTY.replace('app")', 'app", pool_pre_ping=True)')
TryHook = Callable[[str, str], subprocess.CompletedProcess[str]]
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
    git("commit", "--quiet", "--allow-empty", "--message", "All of it", cwd=directory)


@pytest.fixture
def try_hook(hook_repository: Path, tmp_path: Path) -> TryHook:
    """Run one hook in a repository whose only code is `engine.py`, with the text given."""
    service = tmp_path / "service"
    service.mkdir()
    (service / "pyproject.toml").touch()

    def try_hook(hook: str, source: str) -> subprocess.CompletedProcess[str]:
        (service / "engine.py").write_text(source)
        commit_all(service)
        return run(
            *(sys.executable, "-m", "pre_commit", "try-repo", hook_repository, hook, "--all-files"),
            cwd=service,
            PRE_COMMIT_HOME=tmp_path / "pre-commit",
        )

    return try_hook


@pytest.mark.parametrize("hook", ["flake8-asyncdb", "asyncdb-ast-grep"])
def test_hook_stops_a_fault_and_lets_its_cure_pass(try_hook: TryHook, hook: str) -> None:
    faulty, good = try_hook(hook, FAULTY), try_hook(hook, GOOD)

    assert (faulty.returncode, "ADB202" in faulty.stdout) == (1, True), faulty.stdout
    assert (good.returncode, "ADB202" in good.stdout) == (0, False), good.stdout
    assert "Passed" in good.stdout


def test_fixing_hook_fixes_once(try_hook: TryHook, tmp_path: Path) -> None:
    fixed = GOOD.replace("create_async_engine", "create_engine").replace(".ext.asyncio", "").replace("+asyncpg", "")
    faulty = fixed.replace("postgresql:", "postgres:")

    first = try_hook("asyncdb-ast-grep-fix", faulty)
    assert first.returncode == 1, first.stdout
    assert "files were modified by this hook" in first.stdout
    assert "fixed: ADB803" in first.stdout
    assert (tmp_path / "service" / "engine.py").read_text() == fixed

    again = try_hook("asyncdb-ast-grep-fix", fixed)
    assert (again.returncode, "Passed" in again.stdout) == (0, True), again.stdout

    unsafe = try_hook("asyncdb-ast-grep-fix", FAULTY)
    assert (unsafe.returncode, "ADB202" in unsafe.stdout) == (1, True), unsafe.stdout
    assert (tmp_path / "service" / "engine.py").read_text() == FAULTY


def test_hooks_install_the_ast_grep_that_the_package_asks_for() -> None:
    (wanted,) = re.findall(r"^ast-grep = (\[.*\])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert re.findall(r"^  additional_dependencies: (.*)$", hooks, re.MULTILINE) == [wanted, wanted]
