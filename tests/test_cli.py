"""The `flake8-asyncdb` command, run as users run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from linting import RULES

SCRIPTS = Path(__file__).parents[1] / "scripts"


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from flake8_asyncdb.cli import main; sys.exit(main())", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False, cwd=cwd)


@pytest.mark.parametrize("name", ["ADB107", "adb107", "blocking-call-in-async-function"])
def test_explain_prints_the_page_of_a_rule(name: str) -> None:
    done = run("explain", name)
    assert done.returncode == 0
    assert done.stdout.startswith("# ADB107 blocking-call-in-async-function\n")
    assert "## Not reported" in done.stdout


def test_explain_names_the_code_that_does_not_exist() -> None:
    done = run("explain", "ADB999", "ADB401")
    assert done.returncode == 2
    assert done.stderr == "flake8-asyncdb explain: there is no rule 'ADB999', see `flake8-asyncdb rules`\n"
    assert "# ADB401 " in done.stdout


def test_rules_lists_every_rule_once() -> None:
    done = run("rules")
    assert done.returncode == 0
    for rule in RULES:
        assert done.stdout.count(f" {rule.code} ") == 1


def test_without_a_command_the_usage_is_shown() -> None:
    done = run()
    assert done.returncode == 2
    assert "COMMAND" in done.stderr


def test_generated_documentation_is_current() -> None:
    command = [sys.executable, str(SCRIPTS / "docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_init_writes_a_package_and_says_so(tmp_path: Path) -> None:
    done = run("init", "service", cwd=tmp_path)
    assert done.returncode == 0
    assert "written: service/app.py" in done.stdout.splitlines()
    again = run("init", "service", cwd=tmp_path)
    assert again.returncode == 2
    assert again.stderr.startswith("flake8-asyncdb init: would overwrite ")
    assert run("init", "service", "--force", cwd=tmp_path).returncode == 0


def test_init_refuses_a_name_that_is_none(tmp_path: Path) -> None:
    done = run("init", "no-name", cwd=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert done.stderr.startswith("flake8-asyncdb init: 'no-name' is no package name")


def test_reference_passes_its_options_on() -> None:
    done = run("reference", "run", "--help")
    assert done.returncode == 0
    assert "--port" in done.stdout
