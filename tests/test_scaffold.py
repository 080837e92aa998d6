"""`init`: the reference module in somebody's project."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_asyncdb import __version__, astgrep, scaffold

REFERENCE = sorted(path.name for path in scaffold.REFERENCE.glob("*.py"))


def run(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("root", [".", "src"])
def test_an_empty_project_gets_a_service_whose_tests_pass(tmp_path, root):
    (tmp_path / root).mkdir(exist_ok=True)
    written = scaffold.init("chat", tmp_path, force=False)

    files = {path.relative_to(tmp_path).as_posix() for path in written}
    package = "src/chat" if root == "src" else "chat"
    assert {f"{package}/{name}" for name in REFERENCE} < files
    assert {"tests/test_chat.py", *scaffold.CONFIGURATION} < files
    assert files == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert scaffold.advice(tmp_path, written) == []

    tests = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider")
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "5 passed" in tests.stdout
    shown = run(tmp_path / root, "chat", "--help")
    assert "--port" in shown.stdout, shown.stderr

    lint = run(tmp_path, "flake8")
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")
    every_rule = "--extend-select=ADB09,ADB19,ADB29,ADB59,ADB89,ADB99"
    lint = run(tmp_path, "flake8", every_rule)
    assert (lint.returncode, lint.stdout, lint.stderr) == (0, "", "")
    hooks = run(tmp_path, "pre_commit", "validate-config", ".pre-commit-config.yaml")
    assert hooks.returncode == 0, hooks.stdout


def test_no_file_leans_on_this_package(tmp_path):
    for path in scaffold.init("chat", tmp_path, force=False):
        text = path.read_text(encoding="utf-8")
        assert "flake8_asyncdb" not in text
        if path.suffix != ".yml":  # the rules are copied as they are, and have variables of such names
            for placeholder in ("PACKAGE", "VERSION", "FOLDER", "ROOT"):
                assert placeholder not in text, path
    assert f"rev: v{__version__}\n" in (tmp_path / ".pre-commit-config.yaml").read_text(encoding="utf-8")


def test_ast_grep_finds_its_folders(tmp_path):
    scaffold.init("chat", tmp_path, force=False)
    for line in (tmp_path / "sgconfig.yml").read_text(encoding="utf-8").splitlines():
        if line.startswith("  - "):
            assert (tmp_path / line.removeprefix("  - ")).is_dir()


def test_the_rules_come_along(tmp_path):
    scaffold.init("chat", tmp_path, force=False)
    copied = {path.relative_to(tmp_path / "ast-grep").as_posix() for path in tmp_path.glob("ast-grep/**/*.yml")}
    assert copied == astgrep.pack("adb", "opinionated", "utils").keys()
    assert "adb/row4_datetime/ADB401.yml" in copied
    (tmp_path / "models.py").write_text("from sqlalchemy import Column, DateTime\n\ncolumn = Column(DateTime)\n")
    scan = subprocess.run(
        [astgrep.binary(), "scan", "--report-style", "short"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert [line.partition(": ")[0] for line in scan.stdout.splitlines()] == ["models.py:3:17"]
    assert "[ADB401]" in scan.stdout


def test_nothing_is_overwritten_without_force(tmp_path):
    scaffold.init("chat", tmp_path, force=False)
    own = tmp_path / "chat" / "services.py"
    own.write_text("mine = True\n", encoding="utf-8")
    (tmp_path / "chat" / "app.py").unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(scaffold.ScaffoldError, match=r"would overwrite .*chat/services\.py.*use --force"):
        scaffold.init("chat", tmp_path, force=False)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    (tmp_path / ".flake8").write_text("[flake8]\nselect = E\n", encoding="utf-8")
    written = scaffold.init("chat", tmp_path, force=True)
    assert own in written
    assert "class UserService" in own.read_text(encoding="utf-8")
    assert (tmp_path / ".flake8").read_text(encoding="utf-8") == "[flake8]\nselect = E\n"


def test_a_rule_of_the_project_is_not_overwritten_either(tmp_path):
    theirs = tmp_path / "ast-grep" / "adb" / "row4_datetime" / "ADB401.yml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("theirs", encoding="utf-8")
    with pytest.raises(scaffold.ScaffoldError, match=r"ADB401\.yml"):
        scaffold.init("chat", tmp_path, force=False)
    assert theirs.read_text(encoding="utf-8") == "theirs"


def test_configuration_that_exists_is_left_and_advised_on(tmp_path):
    existing = {
        "pyproject.toml": "[project]\nname = 'mine'\n",
        "setup.cfg": "[flake8]\nmax-line-length = 99\n",
        ".pre-commit-config.yaml": "repos: []\n",
        "sgconfig.yml": "ruleDirs: [mine]\n",
    }
    for name, text in existing.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    written = scaffold.init("chat", tmp_path, force=False)
    assert {path.relative_to(tmp_path).parts[0] for path in written} == {"chat", "tests"}
    assert all((tmp_path / name).read_text(encoding="utf-8") == text for name, text in existing.items())
    first, second, third, fourth = scaffold.advice(tmp_path, written)
    assert first.startswith("pyproject.toml: add these dependencies")
    assert "    fastapi>=0.121\n" in first
    assert second.startswith("setup.cfg: nothing to add, unless it has a `select`")
    assert third.startswith(".pre-commit-config.yaml: add these hooks:\nrepos:")
    assert fourth.startswith("sgconfig.yml: add these folders:\nruleDirs:\n  - ast-grep/adb\n")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "no package name"),
        ("my-service", "no package name"),
        ("my.service", "no package name"),
        ("../up", "no package name"),
        ("1st", "no package name"),
        ("class", "no package name"),
        ("asyncio", "would hide another module"),
        ("sqlalchemy", "would hide another module"),
        ("tests", "would hide another module"),
    ],
)
def test_names_that_cannot_be_used(tmp_path, name, reason):
    with pytest.raises(scaffold.ScaffoldError, match=reason):
        scaffold.init(name, tmp_path, force=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_the_package(tmp_path):
    (tmp_path / "chat").write_text("", encoding="utf-8")
    with pytest.raises(scaffold.ScaffoldError, match="chat is in the way"):
        scaffold.init("chat", tmp_path, force=True)


def test_the_dependencies_are_those_of_the_extra():
    required = importlib.metadata.requires("flake8-asyncdb") or []
    extra = {line.partition(";")[0].strip() for line in required if "reference" in line.partition(";")[2]}
    assert set(scaffold._dependency_lines()) == extra


@pytest.mark.parametrize("module", ["scaffold", "plugin"])
def test_the_bare_install_is_enough(module):
    code = (
        f"import sys, flake8_asyncdb.{module}\n"
        "print({'fastapi', 'sqlalchemy', 'pydantic', 'uvicorn'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"
