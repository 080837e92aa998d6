"""`flake8-asyncdb compare`, run as users run it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from compared import Write, commit, write  # noqa: F401  # a fixture

from flake8_asyncdb.report.progress import Progress

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-c", "import sys; from flake8_asyncdb.cli import main; sys.exit(main())", "compare"]
BEFORE, AFTER = f"before={ROOT}/examples/before", f"after={ROOT}/examples/after"
ENGINE = 'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine("{url}")\n'
OLD = ENGINE.format(url="sqlite:///chat.db")
NEW = ENGINE.format(url="sqlite+aiosqlite:///chat.db")


def compare(*arguments: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


STATED = {
    "SQLAlchemy": (
        "mixed: async API (SQLAlchemy 2.0+), 2 awaited calls, sync API on the event loop",
        "follows: async API (SQLAlchemy 2.0+), 11 awaited calls",
    ),
    "Engine": (
        "mixed: 2 × `create_engine`, `create_async_engine`",
        "follows: `create_async_engine`, `pool_pre_ping=True`",
    ),
    "Session": (
        "mixed: `sessionmaker(expire_on_commit=False)`, `sessionmaker(class_=AsyncSession)`",
        "follows: `async_sessionmaker(expire_on_commit=False)`",
    ),
    "DateTime": (
        "mixed: 1 of 6 columns aware, 5 naive",
        "follows: `DateTime(timezone=True)` in all 6 columns",
    ),
    "Dependency injection": (
        "breaks: sessions opened in handlers, services built in handlers",
        "follows: `Annotated[AsyncSession, Depends(get_db)]` in 3 parameters, 2 injected services",
    ),
    "Lifecycle": (
        "breaks: no `lifespan`, engine made in the constructor of `Database`",
        "follows: `lifespan` that disposes of the engine",
    ),
    "SQLite": (
        "breaks: `journal_mode=WAL`, `foreign_keys=ON` never reach the serving engine, `StaticPool`",
        "follows: `journal_mode=WAL`, `foreign_keys=ON` on the serving engine",
    ),
    "URL": (
        "breaks: `sqlite` not converted",
        "follows: converted to `sqlite+aiosqlite`, `postgresql+asyncpg`",
    ),
    "Access pattern": (
        "breaks: `Database` makes its own engine",
        "follows: service layer: `UserService`, `ChatService`",
    ),
    "General practices": (
        "breaks: 0 of 2 foreign keys indexed, no slow-query log",
        "mixed: 2 of 2 foreign keys indexed, no slow-query log",
    ),
}
"""What a reader of examples/before and examples/after would write into the table, by hand."""


def test_the_examples_say_what_a_reader_would_say() -> None:
    done = compare(BEFORE, AFTER, "--format", "markdown")
    assert (done.returncode, done.stderr) == (0, "")
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines()[2:-1]]
    found = {row[0].strip("*"): tuple(cell.split("<br>")[0].partition(" ")[2] for cell in row[1:]) for row in rows}
    assert found == STATED


def test_every_link_of_the_examples_leads_to_a_line() -> None:
    done = compare("examples/before", "examples/after", "--format", "markdown")
    links = re.findall(r"\]\(([^)#]+)#L(\d+)\)", done.stdout)
    assert len(links) > 30
    for path, line in links:
        assert int(line) <= len((ROOT / path).read_text(encoding="utf-8").splitlines())


def test_the_table_on_a_terminal() -> None:
    done = compare(BEFORE, AFTER)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"Rows +│ 4 mixed, 6 breaks +│ 9 follow, 1 mixed", done.stdout)
    assert "\x1b" not in done.stdout


def test_an_encoding_without_the_symbols_is_no_crash() -> None:
    done = compare(AFTER, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "follows" in done.stdout


def test_json_is_read_back(tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert compare(BEFORE, AFTER, "--format=json", "--output", first).returncode == 0
    assert compare(first, "--format=json", "--output", second).returncode == 0
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("service", "fail_on", "status"),
    [(AFTER, "breaks", 0), (AFTER, "mixed", 1), (BEFORE, "breaks", 1), (BEFORE, "mixed", 1)],
)
def test_fail_on(service: str, fail_on: str, status: int) -> None:
    assert compare(service, "--fail-on", fail_on).returncode == status


def test_since(write: Write) -> None:  # noqa: F811
    root = write("service", {"app.py": OLD})
    commit(root)
    (root / "app.py").write_text(NEW, encoding="utf-8")
    done = compare(root, "--since", "HEAD")
    assert (done.returncode, done.stderr) == (0, "")
    assert "service since HEAD: 3 of 10 rows changed" in done.stdout
    assert "URL: ✗ breaks → ✓ follows" in done.stdout
    assert "gone  ADB801 app.py:2" in done.stdout
    document = json.loads(compare(root, "--since", "HEAD", "--format", "json").stdout)
    found = {change["aspect"]: (change["before"], change["after"]) for change in document["services"][0]["changes"]}
    same = ("breaks", "breaks")
    assert found == {"SQLite": same, "URL": ("breaks", "follows"), "General practices": same}


def test_bad_input_is_told_and_the_others_are_reported(write: Write, tmp_path: Path) -> None:  # noqa: F811
    root = write("service", {"app.py": NEW})
    commit(root)
    (tmp_path / "old.json").write_text('{"schema_version": 0}', encoding="utf-8")
    (tmp_path / "empty").mkdir()
    write("library", {"app.py": "import os\n"})
    bad = ["gone", "service@v9", "old.json", "empty", "library"]
    done = compare(*bad, "service", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "flake8-asyncdb compare: 'gone' does not exist",
        "flake8-asyncdb compare: 'v9' is no revision of the repository of 'service'",
        "flake8-asyncdb compare: 'old.json' has schema version 0, this flake8-asyncdb reads 1",
        "flake8-asyncdb compare: 'empty' holds no Python files",
        "flake8-asyncdb compare: 'library' is not a service: "
        "nothing in it uses SQLAlchemy, SQLModel, FastAPI or Starlette",
    ]
    assert "create_async_engine" in done.stdout
    assert compare("gone", "service", "--fail-on", "mixed", cwd=tmp_path).returncode == 2
    nothing = compare("gone", cwd=tmp_path)
    assert (nothing.returncode, nothing.stdout) == (2, "")


@pytest.mark.parametrize("arguments", [["--format", "pdf"], ["--fail-on", "follows"]])
def test_a_value_that_an_option_does_not_take(arguments: list[str]) -> None:
    done = compare(AFTER, *arguments)
    assert done.returncode == 2
    assert f"argument {arguments[0]}: invalid choice: '{arguments[1]}'" in done.stderr.splitlines()[-1]


def test_an_output_that_cannot_be_written(tmp_path: Path) -> None:
    done = compare(AFTER, "--output", tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"flake8-asyncdb compare: --output '{tmp_path}': Is a directory\n"


@pytest.mark.parametrize(("form", "library"), [("terminal", "rich"), ("html", "jinja2")])
def test_an_extra_that_is_not_installed(form: str, library: str) -> None:
    hidden = f"import sys; sys.modules['{library}'] = None; from flake8_asyncdb.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", hidden, "compare", AFTER, "--format", form]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 2
    assert re.fullmatch(
        rf"flake8-asyncdb compare: {library}[\w.]* is not installed, --format {form} needs flake8-asyncdb\[report\]\n",
        done.stderr,
    )


def test_nothing_but_the_table_without_a_terminal() -> None:
    assert compare(BEFORE, AFTER, "--format", "json").stderr == ""


class Screen:
    """A real terminal, and what was written to it."""

    def __init__(self) -> None:
        self._master, slave = pty.openpty()
        self.stream = os.fdopen(slave, "w", encoding="utf-8")

    def text(self) -> str:
        """All that was written, once the terminal is closed."""
        self.stream.close()
        written = b""
        try:
            while chunk := os.read(self._master, 10_000):
                written += chunk
        except OSError:  # what Linux says where the other end is closed
            pass
        os.close(self._master)
        return written.decode()


def test_progress_shows_on_a_terminal_after_a_while() -> None:
    screen = Screen()
    with Progress(3, screen.stream, patience=0) as progress:
        progress.started.wait()
        progress.at(2, "orders")
    assert screen.text().endswith("\r\x1b[K2 of 3: orders\r\x1b[K")


def test_short_runs_show_no_progress() -> None:
    screen = Screen()
    with Progress(1, screen.stream, patience=3600) as progress:
        progress.at(1, "orders")
    assert screen.text() == ""


def test_no_progress_without_a_terminal(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+", encoding="utf-8") as stream:
        with Progress(1, stream, patience=0) as progress:
            progress.at(1, "orders")
        stream.seek(0)
        assert stream.read() == ""
