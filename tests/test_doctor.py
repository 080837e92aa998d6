"""`flake8-asyncdb doctor`, run as users run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from running import WriteProject

EXAMPLES = Path(__file__).parents[1] / "examples"


def doctor(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    code = "import sys; from flake8_asyncdb.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "doctor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False, cwd=cwd)


def lines(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Each line's text after its name."""
    assert done.returncode == 0, done.stderr
    return dict(line.strip().split(": ", 1) for line in done.stdout.splitlines() if line)


def test_says_what_it_sees() -> None:
    said = lines(doctor(EXAMPLES / "before"))

    assert said["project root"] == str(EXAMPLES / "before")
    assert said["source roots"] == "."
    assert said["applications"].startswith("1 (app/main.py:")
    assert said["route handlers"].startswith("6 (app/api/routes.py:")
    assert said["engines"].startswith("4 (app/database.py:")
    assert said["session factories"].startswith("2 (")
    assert said["fastapi"] == "0.121 or newer"
    assert said["sqlmodel"].startswith("no version found")
    assert said["rules"].endswith("opinionated among them: none")


def test_looks_from_the_working_directory_upwards() -> None:
    assert lines(doctor(cwd=EXAMPLES / "after" / "app")) == lines(doctor(EXAMPLES / "after" / "app"))
    assert lines(doctor(cwd=EXAMPLES / "after" / "app"))["project root"] == str(EXAMPLES / "after")


def test_says_what_it_skips_and_why(write_project: WriteProject) -> None:
    root = write_project(
        {
            "src/shop/__init__.py": "",
            "src/shop/db.py": "from sqlalchemy import create_engine\n",
            "src/shop/newer.py": "x = 1\ndef (:\n",
            "src/shop/old.py": "import sqlalchemy\n",
            "src/shop/comment.py": "# nothing\n",
            "src/shop/silenced.py": "import sqlalchemy\n# flake8: noqa\n",
            "tests/test_shop.py": "import shop.db\n",
            "alembic/env.py": "from alembic import context\n",
            "alembic/versions/one.py": "from alembic import op\n",
            "node_modules/tool.py": "import sqlalchemy\n",
            "uv.lock": 'name = "sqlalchemy"\nversion = "2.0.45"\n',
            ".flake8": "[flake8]\nexclude = old.py\nextend-select = ADB291\nadb-app = async\nadb-include = tests\n",
        }
    )
    (root / "src/shop/huge.py").write_bytes(b"#" * 3_000_001)
    said = lines(doctor(root))

    assert said["source roots"] == "alembic, alembic/versions, src, tests"
    assert said["files"] == "9 read"
    assert said["skipped by flake8 for a file-level noqa comment"] == "src/shop/silenced.py"
    assert said["in directories of tools, installed, vendored or built, never linted"] == "node_modules/tool.py"
    assert said["not readable, or larger than 3 MB"] == "src/shop/huge.py"
    assert said["not understood by this Python"].startswith("src/shop/newer.py (line 2: ")
    assert said["test code, linted with --adb-include=tests"] == "tests/test_shop.py"
    assert said["migrations, linted with --adb-include=migrations"] == "alembic/env.py, alembic/versions/one.py"
    assert said["excluded by flake8's configuration, read for what others import"] == "src/shop/old.py"
    assert said["sqlalchemy"] == "2.0.45"
    assert said["--adb-app"] == "async; --adb-include: tests"
    assert said["rules"].endswith("ADB291")
    assert said["flake8's extend-select"] == "ADB291"


def test_looks_into_the_projects_below(write_project: WriteProject) -> None:
    root = write_project(
        {
            "pyproject.toml": "",
            "tool.py": "import os\n",
            "server/pyproject.toml": "[project]\ndependencies = ['sqlalchemy>=2.0.30']\n",
            "server/db.py": "from sqlalchemy import create_engine\nengine = create_engine('sqlite://')\n",
        }
    )
    said = doctor(root).stdout.split("\n\n")

    assert said[0].splitlines() == [
        f"project root: {root}",
        "source roots: .",
        "files: 1 read",
        "libraries: none of SQLAlchemy, SQLModel, FastAPI and Starlette is named",
    ]
    assert said[1].startswith(f"project root: {root / 'server'}\n")
    assert "\nengines: 1 (db.py:2)\n" in said[1]
    assert "\nsqlalchemy: 2.0.30 or newer\n" in said[1]
    assert said[2].startswith("--adb-app: auto")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "there is no Python file below {root}"),
        ({"a.py": "import os\n"}, "no file below {root} names one of SQLAlchemy, SQLModel, FastAPI and Starlette"),
        ({".flake8": "[flake8]\nadb-app = nonsense\n"}, "--adb-app: 'nonsense' is none of auto, async, sync"),
    ],
)
def test_nothing_to_see_is_a_failure(files: dict[str, str], reason: str, write_project: WriteProject) -> None:
    root = write_project(files)
    done = doctor(root)

    assert done.returncode == 1
    assert done.stderr.startswith("flake8-asyncdb doctor: " + reason.format(root=root))
    assert done.stderr.count("\n") == 1


def test_path_that_is_no_directory(tmp_path: Path) -> None:
    done = doctor(tmp_path / "nowhere")

    assert done.returncode == 2
    assert done.stderr == f"flake8-asyncdb doctor: {str(tmp_path / 'nowhere')!r} is no directory\n"
