"""What ast-grep reports the plugin reports too: the same code, on the same line."""

from __future__ import annotations

from pathlib import Path

import pytest
from linting import RULES
from packs import ROOT, by_ast_grep, by_flake8, copy_fixtures, project

from flake8_asyncdb import astgrep
from flake8_asyncdb.documentation import page

EXAMPLES = ("before", "after")
SILENT = {"ADB292"}
"""Whose bad example does not show in its one file what ast-grep wants to see: that it runs on SQLAlchemy 2.0."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_documentation(rule, tmp_path: Path) -> None:
    bad = project(tmp_path / "bad", page(rule).example("Bad"))
    pack, plugin = by_ast_grep(bad), by_flake8(bad)
    assert pack.items() <= plugin.items()
    found = any(code == rule.code for _, _, code in pack)
    assert found == (rule.code in astgrep.codes() - SILENT)
    good = project(tmp_path / "good", page(rule).example("Good"))
    assert by_ast_grep(good).keys() <= by_flake8(good).keys()


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples(example: str) -> None:
    root = ROOT / "examples" / example
    pack = by_ast_grep(root)
    assert pack.keys() <= by_flake8(root).keys()
    assert bool(pack) == (example == "before")


def test_fixtures(tmp_path: Path) -> None:
    copy_fixtures(tmp_path)
    assert by_ast_grep(tmp_path).keys() <= by_flake8(tmp_path).keys()
