"""`flake8-asyncdb scan` and `rules --export`: the real ast-grep with the bundled rules."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doors import CLEAN, COMMAND, ECHO, MAKER, PINGED, POSTGRES, ROOT, UNPINGED, findings, run, scan, text_of, write

from flake8_asyncdb import astgrep

ERROR = ("db.py", 3, "error", "ADB803")
WARNING = ("engine.py", 3, "warning", "ADB202")
BOTH = {"db.py": POSTGRES, "engine.py": UNPINGED}


# Exit status


@pytest.mark.parametrize(("source", "status"), [(POSTGRES, 1), (UNPINGED, 0), (CLEAN, 0), ("", 0)])
def test_status_is_1_for_an_error_alone(tmp_path: Path, source: str, status: int) -> None:
    write(tmp_path, {"app.py": source})
    for arguments in ([], ["app.py"], ["--json"], ["--format", "github"], ["--format=sarif"]):
        assert scan(*arguments, cwd=tmp_path).returncode == status


def test_with_error_every_finding_counts_but_what_is_off_stays_off(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"engine.py": UNPINGED, "echo.py": ECHO, "silenced.py": f"{CLEAN.rstrip()}  # ast-grep-ignore: other\n"},
    )
    assert scan("--error", cwd=tmp_path).returncode == 1
    assert findings("--error", cwd=tmp_path) == [("engine.py", 3, "error", "ADB202")]
    assert findings("--error", "--off=ADB202", cwd=tmp_path) == []
    assert findings("--error", "--hint=ADB293", cwd=tmp_path) == [
        ("echo.py", 3, "help", "ADB293"),
        ("engine.py", 3, "error", "ADB202"),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothere"], "there is no file or directory 'nothere'"),
        (
            ["--off", "ADB202"],
            "there is no file or directory 'ADB202'; a rule is switched with `=`, as in --off=ADB202",
        ),
        (["--error=ADB999"], "--error=ADB999: there is no such ast-grep rule, only ADB103, ADB104, "),
        (["--off=adb401"], "--off=adb401: there is no such ast-grep rule, only ADB103, "),
        (["--config", "mine.yml"], "--config: the rules come with a configuration of their own"),
        (["--rule=mine.yml"], "--rule: the rules come with a configuration of their own"),
    ],
)
def test_what_ast_grep_would_pass_over_in_silence(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = scan(*arguments, cwd=write(tmp_path, BOTH))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"flake8-asyncdb scan: {said}")
    assert done.stderr.count("\n") == 1


def test_an_option_that_ast_grep_does_not_know(tmp_path: Path) -> None:
    done = scan("--nonsense", cwd=write(tmp_path, BOTH))
    assert done.returncode == 2
    assert "--nonsense" in done.stderr


# Options


def test_paths(tmp_path: Path) -> None:
    write(tmp_path, {"app/db.py": POSTGRES, "engine.py": UNPINGED, "other/db.py": POSTGRES})
    assert findings(cwd=tmp_path) == [("app/db.py", *ERROR[1:]), WARNING, ("other/db.py", *ERROR[1:])]
    assert findings("app", "engine.py", cwd=tmp_path) == [("app/db.py", *ERROR[1:]), WARNING]


def test_tests_are_left_alone_but_not_what_lies_in_a_folder_of_that_name_above(tmp_path: Path) -> None:
    project = write(tmp_path / "tests" / "service", {"db.py": POSTGRES, "tests/db.py": POSTGRES})
    assert findings(cwd=project) == findings(project, cwd=project) == [ERROR]
    assert findings(project / "db.py", cwd=project) == [ERROR]
    for path in (project, "../tests/service"):
        done = scan(path, cwd=write(tmp_path / "elsewhere", {}))
        said = f"flake8-asyncdb scan: {path} lies in a folder called like tests, which the rules leave alone: start inside it\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_path_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = write(tmp_path_factory.mktemp("project"), {"db.py": POSTGRES})
    assert findings(project, cwd=write(project / "elsewhere", {})) == [(f"{project}/db.py", *ERROR[1:])]


def test_formats(tmp_path: Path) -> None:
    write(tmp_path, BOTH)
    shown = scan("--format", "github", cwd=tmp_path).stdout
    assert "::error file=db.py,line=3," in shown
    assert "::warning file=engine.py,line=3," in shown
    sarif = json.loads(scan("--format", "sarif", cwd=tmp_path).stdout)
    assert {result["ruleId"] for result in sarif["runs"][0]["results"]} == {"ADB202", "ADB803"}
    for option in ("--json", "--json=compact", "--json=stream"):
        shown = scan(option, cwd=tmp_path).stdout
        matches = [json.loads(line) for line in shown.splitlines()] if "stream" in option else json.loads(shown)
        assert {match["ruleId"] for match in matches} == {"ADB202", "ADB803"}


def test_severities(tmp_path: Path) -> None:
    write(tmp_path, BOTH | {"echo.py": ECHO})
    assert findings("--off=ADB803", cwd=tmp_path) == [WARNING]
    assert findings("--warning=ADB803", cwd=tmp_path) == [("db.py", 3, "warning", "ADB803"), WARNING]
    assert findings("--error=ADB202", cwd=tmp_path) == [ERROR, ("engine.py", 3, "error", "ADB202")]
    assert scan("--error=ADB202", "engine.py", cwd=tmp_path).returncode == 1
    assert findings("--hint=ADB293", "echo.py", cwd=tmp_path) == [("echo.py", 3, "help", "ADB293")]
    assert findings("--off", "--error=ADB202", cwd=tmp_path) == [("engine.py", 3, "error", "ADB202")]
    assert findings("--filter", "ADB2", cwd=tmp_path) == [WARNING]
    assert findings("--min-severity", "error", cwd=tmp_path) == [ERROR]


def test_help_says_what_this_command_adds(tmp_path: Path) -> None:
    done = scan("--help", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(astgrep.USAGE)
    assert "--report-style" in done.stdout


def test_the_options_with_a_value_are_those_of_ast_grep() -> None:
    """Else their value would be taken for a path."""
    shown = subprocess.run([astgrep.binary(), "scan", "-h"], capture_output=True, encoding="utf-8", check=True).stdout
    options = [line.split("  ")[0] for line in map(str.strip, shown.splitlines()) if line.startswith("-")]
    with_value = {name.strip() for option in options if " <" in option for name in option.partition(" <")[0].split(",")}
    assert with_value == set(astgrep.WITH_VALUE)


# Fixes


def test_update_applies_the_safe_fixes_and_reports_the_rest(tmp_path: Path) -> None:
    write(tmp_path, BOTH | {"maker.py": MAKER})
    done = scan("-U", "--report-style", "short", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "fixed: ADB302, ADB803\n")
    assert [line.partition(": ")[0] for line in done.stdout.splitlines()] == ["engine.py:3:10"]
    assert text_of(tmp_path / "db.py") == POSTGRES.replace("postgres:", "postgresql:")
    assert text_of(tmp_path / "engine.py") == UNPINGED
    assert text_of(tmp_path / "maker.py").count("async_sessionmaker") == 2
    again = scan("-U", "--report-style", "short", cwd=tmp_path)
    assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, "")


def test_unsafe_fixes_are_shown_and_with_update_applied(tmp_path: Path) -> None:
    write(tmp_path, {"engine.py": UNPINGED})
    (plain,) = json.loads(scan("--json", cwd=tmp_path).stdout)
    (unsafe,) = json.loads(scan("--json", "--unsafe-fixes", cwd=tmp_path).stdout)
    assert "replacement" not in plain
    assert "pool_pre_ping=True" in unsafe["replacement"]
    assert text_of(tmp_path / "engine.py") == UNPINGED
    done = scan("--unsafe-fixes", "-U", "engine.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    fixed, afterwards = done.stderr.splitlines()
    assert fixed == "fixed: ADB202"
    assert (
        afterwards
        == "ADB202: every checkout of a connection asks the server once. Measure it where each microsecond counts."
    )
    assert text_of(tmp_path / "engine.py") == PINGED


def test_what_is_off_is_not_fixed_and_what_is_on_is(tmp_path: Path) -> None:
    future = "from sqlalchemy.ext.asyncio import async_sessionmaker\n\nmaker = async_sessionmaker(future=True, expire_on_commit=False)\n"
    write(tmp_path, {"db.py": POSTGRES, "maker.py": MAKER, "future.py": future})
    assert scan("-U", "--off=ADB803", "--off=ADB302", cwd=tmp_path).stderr == ""
    assert (text_of(tmp_path / "db.py"), text_of(tmp_path / "maker.py")) == (POSTGRES, MAKER)
    assert scan("-U", "--hint=ADB292", "future.py", cwd=tmp_path).stderr == "fixed: ADB292\n"
    assert "future=" not in text_of(tmp_path / "future.py")


def test_comments_for_other_packs_survive(tmp_path: Path) -> None:
    source = f"{POSTGRES}value = 1  # ast-grep-ignore: their-rule\n"
    write(tmp_path, {"db.py": source})
    assert scan("-U", cwd=tmp_path).returncode == 0
    assert text_of(tmp_path / "db.py") == source.replace("postgres:", "postgresql:")


def test_update_reports_in_the_wanted_format(tmp_path: Path) -> None:
    write(tmp_path, BOTH)
    matches = json.loads(scan("-U", "--json", cwd=tmp_path).stdout)
    assert [match["ruleId"] for match in matches] == ["ADB202"]
    assert text_of(tmp_path / "db.py") != POSTGRES


# The ast-grep that is run


def bare_environment(directory: Path) -> Path:
    """The Python of an environment that has flake8 and this package, and no ast-grep."""
    run(sys.executable, "-m", "venv", "--without-pip", directory, cwd=directory.parent)
    python = directory / "bin" / "python"
    (site,) = directory.glob("lib/python*/site-packages")
    paths = [path for path in sys.path if path.endswith("site-packages")]
    (site / "inherited.pth").write_text("\n".join([*paths, str(ROOT / "src")]))
    return python


def scan_with(python: Path, path: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    source = "import sys; from flake8_asyncdb.cli import main; sys.exit(main(['scan', *sys.argv[1:]]))"
    return run(python, "-c", source, *arguments, cwd=cwd, PATH=path)


def test_no_ast_grep(tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "venv")
    done = scan_with(python, tmp_path, cwd=write(tmp_path / "service", BOTH))
    said = "flake8-asyncdb scan: ast-grep is not installed: pip install 'flake8-asyncdb[ast-grep]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho ast-grep 0.41.1\n", " is ast-grep 0.41.1, the rules need 0.42.0 or newer: pip install -U "),
        ("#!/bin/sh\necho hello\n", " is no ast-grep: it gives its version as 'hello'\n"),
        ("#!/no/such/shell\n", " cannot be run: No such file or directory\n"),
    ],
)
def test_an_ast_grep_that_cannot_be_used(tmp_path: Path, script: str, said: str) -> None:
    python = bare_environment(tmp_path / "venv")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ast-grep").write_text(script)
    (tmp_path / "bin" / "ast-grep").chmod(0o755)
    done = scan_with(python, tmp_path / "bin", cwd=write(tmp_path / "service", BOTH))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"flake8-asyncdb scan: {tmp_path}/bin/ast-grep{said}")
    assert done.stderr.count("\n") == 1


def test_the_ast_grep_on_path_is_used_when_the_environment_has_none(tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "venv")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ast-grep").symlink_to(astgrep.binary())
    assert scan_with(python, tmp_path / "bin", cwd=write(tmp_path / "service", BOTH)).returncode == 1


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """What ast-grep does about it; root may write everything, so that a stand-in has to fail."""
    python = bare_environment(tmp_path / "venv")
    (tmp_path / "bin").mkdir()
    refusing = "*--update-all*) echo 'Error: Cannot rewrite file db.py' >&2; exit 6;;"
    script = f'#!/bin/sh\ncase "$*" in {refusing} esac\nexec {astgrep.binary()} "$@"\n'
    (tmp_path / "bin" / "ast-grep").write_text(script)
    (tmp_path / "bin" / "ast-grep").chmod(0o755)
    done = scan_with(python, tmp_path / "bin", "-U", cwd=write(tmp_path / "service", BOTH))
    said = "flake8-asyncdb scan: the fixes could not all be applied: Error: Cannot rewrite file db.py\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize("wanted", [f"ast-grep-cli=={'.'.join(map(str, astgrep.OLDEST))}", "ast-grep-cli"])
def test_both_ends_of_the_range_find_and_fix_the_same(tmp_path: Path, wanted: str) -> None:
    requirement = f"{wanted},<1" if "==" in wanted else f"{wanted}<1"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", tmp_path / "installed", requirement]
    assert run(*pip, cwd=tmp_path).returncode == 0
    python = bare_environment(tmp_path / "venv")
    found = []
    for interpreter, directory in ((python, tmp_path / "other"), (Path(sys.executable), tmp_path / "own")):
        shutil.copytree(ROOT / "examples" / "before", directory)
        for arguments in ([], ["-U"], ["-U", "--unsafe-fixes"]):
            installed = tmp_path / "installed" / "bin"
            done = scan_with(interpreter, installed, "--json=stream", *arguments, cwd=directory)
            assert done.returncode in (0, 1), done.stderr
            matches = map(json.loads, done.stdout.splitlines())
            found.append(sorted((match["file"], match["range"]["start"]["line"], match["ruleId"]) for match in matches))
    assert found[:3] == found[3:]
    assert len(found[0]) > len(found[1]) > len(found[2])
    assert files_below(tmp_path / "other") == files_below(tmp_path / "own")


def files_below(directory: Path) -> dict[str, str]:
    return {path.relative_to(directory).as_posix(): text_of(path) for path in sorted(directory.rglob("*.py"))}


# In the wheel, and in a project


def test_the_wheel_carries_the_rules(tmp_path: Path) -> None:
    built = run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT), cwd=tmp_path
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    bin_directory = tmp_path / "venv" / "bin"
    pip = [sys.executable, "-m", "pip", "--python", bin_directory / "python", "install", "--quiet"]
    installed = run(*pip, f"{wheel}[ast-grep]", cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    service = write(tmp_path / "service", BOTH)
    done = run(bin_directory / "flake8-asyncdb", "scan", "--json=stream", cwd=service, PATH="/usr/bin:/bin")
    assert {json.loads(line)["ruleId"] for line in done.stdout.splitlines()} == {"ADB202", "ADB803"}
    assert done.returncode == 1
    fixed = run(bin_directory / "flake8-asyncdb", "scan", "-U", "--unsafe-fixes", cwd=service, PATH="/usr/bin:/bin")
    assert (fixed.returncode, fixed.stdout) == (0, "")


def test_exported_rules_find_the_same_and_can_be_changed(tmp_path: Path) -> None:
    service = write(tmp_path / "service", BOTH)
    done = run(COMMAND, "rules", "--export", "rules", cwd=service)
    count = len(list((service / "rules").rglob("*.yml")))
    assert done.stdout == (f"written: {count} files to rules; use them with ast-grep scan -c rules/sgconfig.yml\n"), (
        done.stderr
    )
    command = [astgrep.binary(), "scan", "-c", "rules/sgconfig.yml", "--json=stream", "db.py", "engine.py"]
    shown = run(*command, cwd=service).stdout
    assert {json.loads(line)["ruleId"] for line in shown.splitlines()} == {"ADB202", "ADB803"}

    rule = service / "rules" / "adb" / "row2_engine" / "ADB202.yml"
    rule.write_text(text_of(rule).replace('severity: "warning"', 'severity: "error"'), encoding="utf-8")
    (service / "rules" / "adb" / "row8_url" / "ADB803.yml").unlink()
    shown = run(*command, cwd=service).stdout
    assert [(match["ruleId"], match["severity"]) for match in map(json.loads, shown.splitlines())] == [
        ("ADB202", "error")
    ]

    again = run(COMMAND, "rules", "--export", "rules", cwd=service)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith("flake8-asyncdb rules --export: rules/")
    assert again.stderr.endswith(" exists: remove the earlier copy, or name another directory\n")
