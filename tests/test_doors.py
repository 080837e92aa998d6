"""The plugin's door: what a real flake8 makes of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Flake8Run, RunFlake8, WriteProject

EXAMPLES = Path(__file__).parents[1] / "examples"

ENGINE = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app")
"""
ECHO = """\
from os import environ

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(environ["DATABASE_URL"], echo=True, pool_pre_ping=True, pool_size=20)
"""
DATABASE = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg2://db/app", pool_pre_ping=True)
factory = sessionmaker(engine)


def get_db():
    with factory() as session:
        yield session
"""
ROUTES = """\
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import text

from app.aliases import DBSession

router = APIRouter()


@router.get("/")
async def read(db: DBSession):
    return db.execute(text("SELECT 1")).scalar()
"""
ALIASES = """\
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from app.database import get_db

DBSession = Annotated[Session, Depends(get_db)]
"""
BLOCKING_SERVICE = {
    "app/__init__.py": "",
    "app/database.py": DATABASE,
    "app/aliases.py": ALIASES,
    "app/routes.py": ROUTES,
}
BLOCKING_HANDLER = ("app/routes.py", 12, "ADB101")
SYNC_ENGINE = ("app/database.py", 4, "ADB201")


def own(run: Flake8Run) -> list[tuple[str, int, str]]:
    """The plugin's findings, sorted."""
    return sorted(finding for finding in run.findings if finding[2].startswith("ADB"))


# Selection


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="default"),
        pytest.param(["--select=ADB"], id="select prefix"),
        pytest.param(["--select=ADB2"], id="select row"),
        pytest.param(["--select=ADB202"], id="select code"),
        pytest.param(["--extend-select=ADB"], id="extend-select"),
        pytest.param(["--ignore=E501"], id="ignore another"),
        pytest.param(["--isolated"], id="isolated"),
    ],
)
def test_default_rule_is_reported(arguments: list[str], run_flake8: RunFlake8, write_project: WriteProject) -> None:
    write_project({"engine.py": ENGINE})

    run = run_flake8(*arguments, "engine.py")

    assert (run.status, own(run)) == (1, [("engine.py", 3, "ADB202")])


@pytest.mark.parametrize("arguments", [["--ignore=ADB202"], ["--extend-ignore=ADB2"], ["--select=E,ADB4"]])
def test_default_rule_can_be_switched_off(
    arguments: list[str], run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    write_project({"engine.py": ENGINE})

    assert run_flake8(*arguments, "engine.py").codes == []


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--select=ADB"],
        ["--select=ADB2"],
        ["--extend-select=ADB"],
        ["--extend-select=ADB2"],
        ["--ignore=E501"],
        ["--extend-ignore=E501"],
        ["--extend-select=ADB091"],
    ],
    ids=" ".join,
)
def test_opinionated_rule_stays_off(arguments: list[str], run_flake8: RunFlake8, write_project: WriteProject) -> None:
    write_project({"engine.py": ECHO})

    assert run_flake8(*arguments, "engine.py").codes == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--extend-select=ADB293"],
        ["--extend-select=ADB29"],
        ["--select=ADB293"],
        ["--select=ADB29"],
        ["--select=ADB,ADB293"],
        ["--select=ADB", "--extend-select=ADB293"],
        ["--extend-select=ADB293", "--ignore=E501"],
    ],
    ids=" ".join,
)
def test_opinionated_rule_comes_on(arguments: list[str], run_flake8: RunFlake8, write_project: WriteProject) -> None:
    write_project({"engine.py": ECHO})

    assert own(run_flake8(*arguments, "engine.py")) == [("engine.py", 5, "ADB293")]


@pytest.mark.parametrize("option", ["extend-select = ADB293", "select = ADB,ADB293", "extend_select = ADB29"])
def test_opinionated_rule_comes_on_by_configuration(
    option: str, run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    write_project({"engine.py": ECHO, ".flake8": f"[flake8]\n{option}\n"})

    assert run_flake8("engine.py").codes == ["ADB293"]


@pytest.mark.parametrize(
    ("comment", "codes"),
    [("# noqa: ADB202", []), ("# noqa", []), ("# noqa: ADB2", []), ("# noqa: ADB401", ["ADB202"])],
)
def test_noqa(comment: str, codes: list[str], run_flake8: RunFlake8, write_project: WriteProject) -> None:
    write_project({"engine.py": ENGINE.replace("\n", f"  {comment}\n")})

    assert run_flake8("engine.py").codes == codes


def test_per_file_ignores(run_flake8: RunFlake8, write_project: WriteProject) -> None:
    config = "[flake8]\nper-file-ignores =\n    legacy/*.py: ADB202\n"
    write_project({"legacy/engine.py": ENGINE, "app/engine.py": ENGINE, ".flake8": config})

    assert own(run_flake8(".")) == [("app/engine.py", 3, "ADB202")]


# Standard input


def test_standard_input_without_a_name(run_flake8: RunFlake8) -> None:
    assert own(run_flake8("-", stdin=ENGINE)) == [("stdin", 3, "ADB202")]


@pytest.mark.parametrize("on_disk", [{}, {"app/routes.py": "saved = 'before the last edit'\n"}])
def test_standard_input_is_resolved_against_its_project(
    on_disk: dict[str, str], run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    others = {name: text for name, text in BLOCKING_SERVICE.items() if name != "app/routes.py"}
    write_project(others | on_disk)

    run = run_flake8("--select=ADB", "--stdin-display-name=app/routes.py", "-", stdin=ROUTES)

    assert own(run) == [BLOCKING_HANDLER]


def test_standard_input_named_by_an_absolute_path(run_flake8: RunFlake8, write_project: WriteProject) -> None:
    path = write_project(BLOCKING_SERVICE) / "app" / "routes.py"

    run = run_flake8("--select=ADB", f"--stdin-display-name={path}", "-", cwd=path.parent, stdin=ROUTES)

    assert own(run) == [(str(path), *BLOCKING_HANDLER[1:])]


def test_standard_input_named_after_no_project_at_all(run_flake8: RunFlake8) -> None:
    run = run_flake8("--select=ADB", "--stdin-display-name=nowhere/at/all.py", "-", stdin=ENGINE + ROUTES)

    assert own(run) == [("nowhere/at/all.py", 3, "ADB202")]
    assert run.stderr == ""


# Many files, many processes


@pytest.fixture
def many_files(write_project: WriteProject) -> Path:
    """The blocking service with eighty handlers' modules: enough for flake8 to use its workers."""
    modules = {f"app/routes_{number:02}.py": ROUTES for number in range(80)}
    return write_project(BLOCKING_SERVICE | modules)


def test_jobs_make_no_difference(many_files: Path, run_flake8: RunFlake8) -> None:
    runs = {jobs: run_flake8("--select=ADB", f"--jobs={jobs}", ".") for jobs in ("1", "2", "4", "auto")}

    blocking = sum(code == "ADB101" for _, _, code in own(runs["1"]))
    assert blocking == 81
    assert SYNC_ENGINE in own(runs["1"])
    assert all(run == runs["1"] for run in runs.values())


def test_order_of_the_files_makes_no_difference(run_flake8: RunFlake8) -> None:
    files = sorted(path.relative_to(EXAMPLES) for path in (EXAMPLES / "before").rglob("*.py"))

    together = own(run_flake8("--isolated", "--select=ADB", "--jobs=1", *files, cwd=EXAMPLES))
    backwards = own(run_flake8("--isolated", "--select=ADB", "--jobs=1", *reversed(files), cwd=EXAMPLES))
    alone = [run_flake8("--isolated", "--select=ADB", file, cwd=EXAMPLES) for file in files]

    assert together
    assert together == backwards
    assert together == sorted(finding for run in alone for finding in own(run))


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_options_reach_the_workers(many_files: Path, run_flake8: RunFlake8, jobs: str) -> None:
    (many_files / ".flake8").write_text("[flake8]\nadb-app = sync\nextend-select = ADB293\n")
    for number in range(20):
        (many_files / f"app/echo_{number:02}.py").write_text(ECHO)

    codes = run_flake8(f"--jobs={jobs}", ".").codes

    assert codes.count("ADB293") == 20
    assert "ADB201" not in codes


# Options


@pytest.mark.parametrize(
    ("option", "reported"),
    [("", True), ("adb-app = auto", True), ("adb-app = async", True), ("adb-app = sync", False)],
)
def test_kind_of_application(option: str, reported: bool, run_flake8: RunFlake8, write_project: WriteProject) -> None:
    write_project(BLOCKING_SERVICE)
    arguments = [f"--{option.replace(' ', '')}"] if option else []
    by_command_line = run_flake8(*arguments, ".")
    write_project({".flake8": f"[flake8]\n{option}\n"})
    by_configuration = run_flake8(".")

    assert (SYNC_ENGINE in own(by_command_line)) is reported
    assert (SYNC_ENGINE in own(by_configuration)) is reported


TEST_CODE = "tests/test_engine.py"
MIGRATION = "migrations/env.py"


@pytest.mark.parametrize(
    ("included", "linted"),
    [
        ("", []),
        ("tests", [TEST_CODE]),
        ("migrations", [MIGRATION]),
        ("tests,migrations", [MIGRATION, TEST_CODE]),
        ("migrations, tests", [MIGRATION, TEST_CODE]),
    ],
)
def test_test_code_and_migrations_are_linted_when_included(
    included: str, linted: list[str], run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    migration = f"from alembic import context\n{ENGINE}\ncontext.configure()\n"
    write_project({TEST_CODE: ENGINE, MIGRATION: migration})
    by_command_line = run_flake8("--select=ADB", f"--adb-include={included}", ".")
    write_project({".flake8": f"[flake8]\nadb-include = {included}\n"})
    by_configuration = run_flake8("--select=ADB", ".")

    assert [path for path, _, _ in own(by_command_line)] == linted
    assert own(by_configuration) == own(by_command_line)


def test_options_are_in_the_help(run_flake8: RunFlake8) -> None:
    shown = " ".join(run_flake8("--help").stdout.split())

    kind, included = shown[shown.index("--adb-app ") :].split("--adb-include ", 1)
    assert all(value in kind for value in ("auto", "async", "sync"))
    assert re.search(r"\(default: auto\)", kind, re.IGNORECASE)
    assert all(value in included for value in ("tests", "migrations"))
    assert re.search(r"\(default: [^)]*\)", included, re.IGNORECASE)


@pytest.mark.parametrize("where", ["command line", "configuration"])
@pytest.mark.parametrize(
    ("option", "value"), [("adb-app", "maybe"), ("adb-include", "docs"), ("adb-include", "tests,docs")]
)
def test_invalid_value_is_one_sentence(
    option: str, value: str, where: str, run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    write_project({"first.py": ENGINE, "second.py": ENGINE})
    if where == "configuration":
        write_project({".flake8": f"[flake8]\n{option} = {value}\n"})
        run = run_flake8(".")
    else:
        run = run_flake8(f"--{option}={value}", ".")

    said = run.stdout + run.stderr
    wrong = value.rpartition(",")[2]
    assert run.status != 0
    assert run.codes == []
    assert "Traceback" not in said
    (sentence,) = [line for line in said.splitlines() if wrong in line]
    assert option in sentence


# Bad input


def test_syntax_error_is_flake8s_alone(run_flake8: RunFlake8, write_project: WriteProject) -> None:
    write_project({"engine.py": f"{ENGINE}def broken(:\n"})

    run = run_flake8("engine.py")

    assert "E999" in [code for _, _, code in run.findings]
    assert run.codes == []
    assert "Traceback" not in run.stdout + run.stderr


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param("\n", id="blank"),
        pytest.param("# only a comment", id="comment"),
        pytest.param("\ufeff" + ENGINE, id="byte order mark"),
        pytest.param(ENGINE.replace("\n", "\r\n"), id="carriage returns"),
    ],
)
def test_odd_but_valid_files(source: str, run_flake8: RunFlake8, tmp_path: Path) -> None:
    (tmp_path / "engine.py").write_bytes(source.encode())

    run = run_flake8("--select=ADB", "engine.py")

    assert run.codes == (["ADB202"] if "create_async_engine" in source else [])
    assert run.stderr == ""


def nul_ridden(path: Path) -> None:
    path.write_bytes(b"from sqlalchemy\0 import create_engine\0\n" * 100)


def not_utf8(path: Path) -> None:
    path.write_bytes(b"name = '\xff\xfe'  # sqlalchemy\n")


def syntax_error(path: Path) -> None:
    path.write_text("from sqlalchemy import (\n")


def five_megabytes(path: Path) -> None:
    path.write_text("import sqlalchemy\n" + "value = [1, 2, 3]\n" * 300_000)


def deeply_nested(path: Path) -> None:
    path.write_text("import sqlalchemy\nvalue = " + "(" * 5_000 + ")" * 5_000 + "\n")


def unreadable(path: Path) -> None:
    path.write_text("import sqlalchemy\n")
    path.chmod(0)


def vanished(path: Path) -> None:
    path.unlink(missing_ok=True)


def dangling_link(path: Path) -> None:
    path.symlink_to("gone.py")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def directory(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    "spoil",
    [
        nul_ridden,
        not_utf8,
        syntax_error,
        five_megabytes,
        deeply_nested,
        unreadable,
        vanished,
        dangling_link,
        link_to_itself,
        directory,
        pipe,
    ],
)
def test_bad_neighbour_does_not_matter(
    spoil: Callable[[Path], None], run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    linted = f"from app.neighbour import Base, get_db, url\n{ENGINE}\n__all__ = ['Base', 'get_db', 'url']\n"
    project = write_project({"app/__init__.py": "", "app/engine.py": linted})
    spoil(project / "app" / "neighbour.py")

    run = run_flake8("--select=ADB", "app/engine.py")

    assert own(run) == [("app/engine.py", 4, "ADB202")]
    assert run.stderr == ""
