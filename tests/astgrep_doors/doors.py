"""The `flake8-asyncdb` command as users run it, and code for it to look at."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sysconfig.get_path("scripts"))
COMMAND = SCRIPTS / "flake8-asyncdb"

POSTGRES = """\
from sqlalchemy import create_engine

engine = create_engine("postgres://db/app", pool_pre_ping=True)
"""
"""ADB803: fails at run time, with a fix."""
UNPINGED = """\
from sqlalchemy import create_engine

engine = create_engine("postgresql://db/app")
"""
"""ADB202: a warning, with an unsafe fix."""
PINGED = UNPINGED.replace('app")', 'app", pool_pre_ping=True)')
ECHO = """\
from sqlalchemy import create_engine

engine = create_engine("postgresql://db/app", pool_pre_ping=True, echo=True)
"""
"""ADB293: opinionated, off."""
MAKER = """\
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

engine = create_async_engine("postgresql+asyncpg://db/app", pool_pre_ping=True)
maker = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
"""
"""ADB302: a hint, whose fix needs an import."""
CLEAN = "value = 1\n"

_SHORT = re.compile(r"(?P<path>.+):(?P<line>\d+):\d+: (?P<severity>\w+)\[(?P<code>\S+)\]: ")

Finding = tuple[str, int, str, str]


def run(*command: str | Path, cwd: Path, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=os.environ | {key: str(value) for key, value in environment.items()},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )


def scan(*arguments: str | Path, cwd: Path, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `flake8-asyncdb scan`."""
    return run(COMMAND, "scan", *arguments, cwd=cwd, **environment)


def findings(*arguments: str | Path, cwd: Path) -> list[Finding]:
    """What `flake8-asyncdb scan` finds: path, line, severity and code, sorted."""
    done = scan("--report-style=short", *arguments, cwd=cwd)
    assert done.returncode in (0, 1), done.stderr
    found = filter(None, map(_SHORT.match, done.stdout.splitlines()))
    return sorted((match["path"], int(match["line"]), match["severity"], match["code"]) for match in found)


def write(root: Path, files: dict[str, str]) -> Path:
    """Write files into a directory that is a project of its own."""
    for name, text in {"pyproject.toml": "", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")
