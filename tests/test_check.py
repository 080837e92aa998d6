"""`flake8-asyncdb check` says what `flake8 --select=ADB` says, and keeps a baseline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Flake8Run, RunFlake8, WriteProject

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent / "examples"
UNPINGED = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app")
"""
TWO_ENGINES = UNPINGED + 'other = create_async_engine("postgresql+asyncpg://db/other")\n'
PINGED = UNPINGED.replace('app")', 'app", pool_pre_ping=True)')
CONNECTING = "from app.db import connect\n\n\nasync def work():\n    connect()\n"
ENTRY = '{"version": 1, "findings": [{"path": "a.py", "code": "ADB202", "scope": "", "text": "", "count": 1}]}'
Check = Callable[..., Flake8Run]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Run `flake8-asyncdb check` in the test's directory, or in `cwd`."""

    def run(*arguments: str | Path, cwd: Path = tmp_path, stdin: str | None = None) -> Flake8Run:
        code = "import sys; from flake8_asyncdb.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", code, "check", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=cwd, input=stdin, capture_output=True, encoding="utf-8", timeout=120, check=False
        )
        return Flake8Run(done.returncode, done.stdout, done.stderr)

    return run


# The same as flake8


@pytest.mark.parametrize("root", [TESTS / "fixtures", EXAMPLES / "before", EXAMPLES / "after"], ids=lambda p: p.name)
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_says_what_flake8_says(root: Path, jobs: str, check: Check, run_flake8: RunFlake8) -> None:
    options = ("--isolated", f"--jobs={jobs}", "--adb-include=tests,migrations", ".")
    expected = run_flake8("--select=ADB", *options, cwd=root)
    done = check(*options, cwd=root)

    assert (done.stdout, done.status) == (expected.stdout, expected.status)
    assert bool(expected.stdout) is (root.name != "after")


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--select=ADB2",),
        ("--extend-select=ADB291",),
        ("--ignore=ADB202",),
        ("--disable-noqa",),
        ("--exit-zero",),
        ("--show-source",),
        ("--count",),
        ("--statistics",),
        ("-q",),
        ("--format=pylint",),
        ("--format=adb-rows",),
        ("--exclude=app",),
        ("--stdin-display-name=app/none.py",),
        ("--adb-app=sync",),
        ("--adb-app=nonsense",),
        ("--no-such-option",),
        ("--max-complexity=3",),
    ],
    ids=" ".join,
)
def test_takes_flake8s_options(
    options: tuple[str, ...], check: Check, run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    write_project(
        {
            ".flake8": "[flake8]\nper-file-ignores =\n    legacy.py: ADB202\nextend-exclude = build\n",
            "app/db.py": UNPINGED,
            "app/noqa.py": UNPINGED.rstrip() + "  # noqa: ADB202\n",
            "app/text.py": UNPINGED.replace("engine =", 'text = """\n  # noqa: ADB202\n"""\nengine ='),
            "app/whole.py": "# flake8: noqa\n" + UNPINGED,
            "app/wrong.py": UNPINGED + "def (:\n",
            "app/plain.py": "import os,sys\n",
            "app/latin.py": "# coding: latin-1\n" + UNPINGED,
            "legacy.py": UNPINGED,
            "build/db.py": UNPINGED,
        }
    )
    expected, done = run_flake8("--select=ADB", *options, "."), check(*options, ".")

    assert done.stdout == expected.stdout
    assert done.status == (expected.status if "usage" not in expected.stderr else 2)


def test_reads_standard_input(check: Check, run_flake8: RunFlake8, write_project: WriteProject) -> None:
    write_project({"app/db.py": PINGED})
    options = ("--stdin-display-name=app/db.py", "-")

    for text in (UNPINGED, PINGED, "def (:\n", ""):
        expected = run_flake8("--select=ADB", *options, stdin=text)
        done = check(*options, stdin=text)
        assert (done.stdout, done.status) == (expected.stdout, expected.status)


def test_file_that_cannot_be_read_is_no_finding(check: Check, write_project: WriteProject) -> None:
    write_project({"app/db.py": PINGED})

    assert check("app/db.py", "nowhere.py") == Flake8Run(0, "", "")


def test_file_in_another_encoding(check: Check, run_flake8: RunFlake8, write_project: WriteProject) -> None:
    root = write_project({"app/none.py": ""})
    (root / "app/latin.py").write_bytes(f"# caf\u00e9\n{UNPINGED}".encode("latin-1"))
    expected = run_flake8("--select=ADB", ".", cwd=root)

    assert expected.findings == [("app/latin.py", 4, "ADB202")]
    assert check(".").stdout == expected.stdout


def test_file_of_a_newer_python_is_read_for_what_others_import(
    check: Check, run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    make = f"{UNPINGED}try: ...\nexcept KeyError, ValueError: ...\n\n\ndef connect():\n    return engine.connect()\n"
    root = write_project({"app/db.py": make.replace("_async", ""), "app/jobs.py": CONNECTING})
    expected = run_flake8("--select=ADB", ".", cwd=root)
    done = check(".")

    assert ("app/jobs.py", 5, "ADB107") in done.findings
    assert done.stdout == expected.stdout
    assert ("not understood" in done.stderr) is (sys.version_info < (3, 14))


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no such file names")
def test_file_name_that_is_no_text(check: Check, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text(UNPINGED)
    done = check(".")

    assert done.stdout.startswith("./caf\\udce9.py:3:10: ADB202 ")
    assert check("--baseline=known.json", "--update-baseline", ".").status == 0
    assert check("--baseline=known.json", ".") == Flake8Run(0, "", "")


def test_installed_and_built_files_are_not_linted(
    check: Check, run_flake8: RunFlake8, write_project: WriteProject
) -> None:
    places = [".venv/lib/site-packages/a.py", "other/lib/b.py", "node_modules/c.py", "build/d.py", "app/build/e.py"]
    root = write_project({"pyproject.toml": "", "other/pyvenv.cfg": "", **dict.fromkeys(places, UNPINGED)})

    assert (
        check(".").findings == run_flake8("--select=ADB", ".", cwd=root).findings == [("app/build/e.py", 3, "ADB202")]
    )


def test_summary_counts_by_row(check: Check, write_project: WriteProject) -> None:
    write_project({"app/db.py": TWO_ENGINES})

    assert check(".").stderr == "2 findings: Row 2: Engine 2\n"
    assert check("--quiet", ".").stderr == ""
    assert check("--quiet", ".").codes == ["ADB202", "ADB202"]


# Changed files


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_summary_counts_what_was_not_understood(jobs: str, check: Check, write_project: WriteProject) -> None:
    broken = {f"app/broken{number}.py": "import sqlalchemy\ndef (:\n" for number in range(3)}
    others = {"app/other.py": "def (:\n", "app/comment.py": "# import sqlalchemy\n", "app/db.py": PINGED}
    write_project({**broken, **others})
    done = check(f"--jobs={jobs}", ".")

    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert done.stderr == f"not understood by Python {python}: 3 files, which `flake8-asyncdb doctor` names\n"
    assert (done.stdout, done.status) == ("", 0)
    assert check("--quiet", ".") == Flake8Run(0, "", "")


@pytest.fixture
def repository(write_project: WriteProject) -> Path:
    root = write_project({"app/old.py": UNPINGED, "app/changed.py": PINGED, "app/deleted.py": PINGED})
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "All of it")
    (root / "app/changed.py").write_text(UNPINGED)
    (root / "app/new.py").write_text(UNPINGED)
    (root / "app/deleted.py").unlink()
    return root


def git(root: Path, *arguments: str) -> None:
    names = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    subprocess.run(["git", *arguments], cwd=root, env={**os.environ, **names}, check=True)


def test_since_a_revision(repository: Path, check: Check) -> None:
    done = check("--since", "HEAD")

    assert [path for path, _, _ in done.findings] == ["app/changed.py", "app/new.py"]
    assert done.status == 1


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_since_a_revision_of_many_files(jobs: str, check: Check, write_project: WriteProject) -> None:
    root = write_project({f"app/{number:02}.py": PINGED for number in range(60)})
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "All of it")
    changed = [f"app/{number:02}.py" for number in range(1, 60, 3)]
    for path in changed:
        (root / path).write_text(UNPINGED)

    assert [path for path, _, _ in check("--since=HEAD", f"--jobs={jobs}").findings] == changed


def test_since_a_revision_in_which_nothing_differs(repository: Path, check: Check) -> None:
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "More")

    assert check("--since=HEAD") == Flake8Run(0, "", "")


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", ""])
def test_since_an_unknown_revision(revision: str, repository: Path, check: Check) -> None:
    done = check(f"--since={revision}")

    assert done.status == 2
    assert done.stderr.startswith(f"flake8-asyncdb check: --since: {revision!r}: ")
    assert done.stderr.count("\n") == 1


def test_since_a_revision_below_a_path(repository: Path, check: Check) -> None:
    (repository / "other").mkdir()
    (repository / "other/new.py").write_text(UNPINGED)

    assert [path for path, _, _ in check("--since=HEAD", "other").findings] == ["other/new.py"]
    assert [path for path, _, _ in check("--since=HEAD", "../other", cwd=repository / "app").findings] == [
        "../other/new.py"
    ]
    assert check("--since=HEAD", "app/old.py") == Flake8Run(0, "", "")


# The baseline


@pytest.fixture
def baselined(check: Check, write_project: WriteProject) -> Path:
    root = write_project({"app/db.py": UNPINGED, "app/more.py": f"def make():\n{indented(UNPINGED)}"})
    assert check("--baseline=known.json", "--update-baseline", ".").status == 0
    return root


def indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())


def test_known_findings_do_not_fail(baselined: Path, check: Check) -> None:
    assert len(json.loads((baselined / "known.json").read_text())["findings"]) == 2
    assert check("--baseline=known.json", ".") == Flake8Run(0, "", "")


def test_new_findings_fail(baselined: Path, check: Check) -> None:
    (baselined / "app/db.py").write_text(TWO_ENGINES)
    done = check("--baseline=known.json", ".")

    assert done.findings == [("app/db.py", 4, "ADB202")]
    assert done.status == 1
    assert done.stderr == "1 finding: Row 2: Engine 1\n"


def test_a_second_finding_with_the_same_text_is_new(baselined: Path, check: Check) -> None:
    (baselined / "app/db.py").write_text(UNPINGED + UNPINGED.splitlines()[-1] + "\n")

    assert check("--baseline=known.json", ".").findings == [("app/db.py", 4, "ADB202")]


def test_findings_may_move(baselined: Path, check: Check) -> None:
    (baselined / "app/db.py").write_text("import os\n\n\n" + UNPINGED)

    assert check("--baseline=known.json", ".").status == 0


def test_the_same_line_in_another_function_is_new(baselined: Path, check: Check) -> None:
    path = baselined / "app/more.py"
    path.write_text(path.read_text().replace("make", "build"))

    assert check("--baseline=known.json", ".").findings == [("app/more.py", 4, "ADB202")]


def test_the_baseline_is_found_from_elsewhere(baselined: Path, check: Check) -> None:
    assert check("--baseline=../known.json", ".", cwd=baselined / "app").status == 0


def test_what_vanished_is_told_and_taken_out(baselined: Path, check: Check) -> None:
    (baselined / "app/db.py").write_text(PINGED)
    (baselined / "app/more.py").unlink()
    done = check("--baseline=known.json", ".")

    assert done.status == 0
    line = UNPINGED.splitlines()[-1]
    assert done.stderr.splitlines() == [
        f"gone, --update-baseline takes it out: app/db.py: ADB202 {line}",
        f"gone, --update-baseline takes it out: app/more.py: ADB202 {line}",
    ]
    assert check("--baseline=known.json", "--update-baseline", ".").status == 0
    assert json.loads((baselined / "known.json").read_text())["findings"] == []


def test_what_was_not_checked_stays(baselined: Path, check: Check) -> None:
    (baselined / "app/db.py").write_text(PINGED)

    assert check("--baseline=known.json", "--update-baseline", "app/db.py").status == 0
    assert [each["path"] for each in json.loads((baselined / "known.json").read_text())["findings"]] == ["app/more.py"]


@pytest.mark.parametrize("option", ["--select=ADB1", "--select=ADB9", "--extend-ignore=ADB202"])
def test_what_was_not_looked_for_stays(option: str, baselined: Path, check: Check) -> None:
    before = (baselined / "known.json").read_text()
    (baselined / "app/db.py").write_text(PINGED)

    assert check("--baseline=known.json", option, ".").stderr == ""
    assert check("--baseline=known.json", option, "--update-baseline", ".").status == 0
    assert (baselined / "known.json").read_text() == before


def test_an_opinionated_finding_stays_where_it_is_not_looked_for(check: Check, write_project: WriteProject) -> None:
    root = write_project({"app/db.py": PINGED})
    assert check("--baseline=known.json", "--extend-select=ADB091,ADB291", "--update-baseline", ".").status == 0
    before = (root / "known.json").read_text()

    assert json.loads(before)["findings"]
    assert check("--baseline=known.json", "--update-baseline", ".") == Flake8Run(0, "", "")
    assert (root / "known.json").read_text() == before


def test_counts_are_of_what_is_new(baselined: Path, check: Check) -> None:
    (baselined / "app/db.py").write_text(TWO_ENGINES)

    assert check("--baseline=known.json", "--count", "--quiet", ".").stdout.splitlines()[-1] == "1"
    statistics = check("--baseline=known.json", "--statistics", "--quiet", ".").stdout.splitlines()[-1]
    assert statistics.startswith("1     ADB202 ")


def test_the_baseline_grows_only_if_allowed(baselined: Path, check: Check) -> None:
    (baselined / "app/db.py").write_text(TWO_ENGINES)
    before = (baselined / "known.json").read_text()
    refused = check("--baseline=known.json", "--update-baseline", ".")

    assert refused.status == 2
    assert refused.stderr == (
        "flake8-asyncdb check: --update-baseline: 1 more than 'known.json' holds, --allow-growth adds them\n"
    )
    assert (baselined / "known.json").read_text() == before
    assert check("--baseline=known.json", "--update-baseline", "--allow-growth", ".").status == 0
    assert check("--baseline=known.json", ".").status == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "cannot be read: Expecting value"),
        ("[]", "is no baseline of version 1"),
        ('{"version": 2, "findings": []}', "is no baseline of version 1"),
        ('{"version": 1}', "has an entry that is no finding: 'findings'"),
        ('{"version": 1, "findings": [{"path": "x"}]}', "has an entry that is no finding: 'code'"),
        ('{"version": 1, "findings": [7]}', "has an entry that is no finding: "),
        ('{"version": 1, "findings": {"path": 1}}', "has an entry that is no finding: "),
        (ENTRY.replace("1}", "1e999}"), "has an entry that is no finding: cannot convert float infinity to integer"),
        (ENTRY.replace("1}", "[]}"), "has an entry that is no finding: "),
        ("[" * 100_000, "cannot be read: "),
    ],
)
def test_baseline_that_is_none(text: str, reason: str, check: Check, write_project: WriteProject) -> None:
    write_project({"known.json": text})
    done = check("--baseline=known.json", ".")

    assert done.status == 2
    assert done.stderr.startswith(f"flake8-asyncdb check: --baseline: 'known.json' {reason}")
    assert done.stderr.count("\n") == 1


def test_baseline_that_cannot_be_written(check: Check, write_project: WriteProject) -> None:
    write_project({"app/db.py": UNPINGED})
    done = check("--baseline=nowhere/known.json", "--update-baseline", ".")

    assert done.status == 2
    assert done.stderr.startswith("flake8-asyncdb check: --baseline: 'nowhere/known.json' cannot be written: ")


def test_baseline_that_is_missing(check: Check, write_project: WriteProject) -> None:
    write_project({"app/db.py": UNPINGED})
    done = check("--baseline=known.json", ".")

    assert done == Flake8Run(
        2, "", "flake8-asyncdb check: --baseline: 'known.json' does not exist, --update-baseline writes it\n"
    )


def test_update_without_a_baseline(check: Check) -> None:
    done = check("--update-baseline", ".")

    assert done.status == 2
    assert done.stderr == "flake8-asyncdb check: --update-baseline: say which file with --baseline FILE\n"


# Formats of others


@pytest.mark.parametrize(
    ("format", "expected"),
    [("github", "::error file=app/db.py,line=3,col=10,title=ADB202::"), ("sarif", '"ruleId": "ADB202"')],
)
def test_formatters_of_other_packages(format: str, expected: str, check: Check, write_project: WriteProject) -> None:
    write_project({"app/db.py": UNPINGED})
    done = check(f"--format={format}", ".")

    assert expected in done.stdout
    assert done.status == 1
