"""Every fixture: what its markers announce is found, and nothing else."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from linting import RULES, found, marked

FIXTURES = Path(__file__).parent / "fixtures"
HEADER = re.compile(r"^# select: (.+)$", re.MULTILINE)
CASES = sorted(
    case
    for rule in FIXTURES.iterdir()
    if rule.is_dir()
    for case in rule.iterdir()
    if not case.name.startswith((".", "__"))
)


def is_too_new(case: Path) -> bool:
    version = re.search(r"_py3(\d+)$", case.stem)
    return version is not None and sys.version_info < (3, int(version[1]))


def selected(root: Path, own: str) -> set[str]:
    for path in sorted(root.rglob("*.py")):
        header = HEADER.search(path.read_text(encoding="utf-8"))
        if header:
            return set(header[1].split())
    return {own}


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not is_too_new(case)],
    ids=lambda case: f"{case.parent.name}/{case.name}",
)
def test_fixture(case: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    if case.is_dir():
        shutil.copytree(case, root)
    else:
        root.mkdir()
        shutil.copy(case, root)
        (root / "pyproject.toml").touch()
    expected = marked(root)
    assert found(root, selected(root, case.parent.name)) == expected
    assert bool(expected) is not case.name.startswith("ok_")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_a_firing_and_a_silent_fixture(rule) -> None:
    cases = [case.name for case in CASES if case.parent.name == rule.code]
    assert any(name.startswith("ok_") for name in cases)
    assert any(not name.startswith("ok_") for name in cases)
