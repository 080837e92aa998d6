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


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_message_is_one_line_and_names_a_remedy(rule: Rule) -> None:
    assert "\n" not in rule.message
    assert not rule.message.endswith(".")
    assert rule.code not in rule.message


def test_names_and_codes_are_in_order_within_their_row() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert [rule.code for rule in RULES] == sorted(rule.code for rule in RULES)
    assert {rule.row.value for rule in RULES} == set(range(10))
