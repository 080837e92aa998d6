"""The examples in the rules' docstrings are linted: Bad fires exactly where it says, Good is silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from linting import RULES, found, marked

from flake8_asyncdb.catalog import Rule
from flake8_asyncdb.documentation import page

DEFAULT = {rule.code for rule in RULES if not rule.opinionated}


def write(files: dict[str, str], root: Path) -> Path:
    (root / "pyproject.toml").touch()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_bad_example_is_found(rule: Rule, tmp_path: Path) -> None:
    root = write(page(rule).example("Bad"), tmp_path)
    assert found(root, {rule.code}) == marked(root) != set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_good_example_is_silent_under_every_default_rule(rule: Rule, tmp_path: Path) -> None:
    assert found(write(page(rule).example("Good"), tmp_path), DEFAULT | {rule.code}) == set()
