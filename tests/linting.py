"""Lints files on disk through the same function that flake8's door uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from flake8_asyncdb import analysis, catalog
from flake8_asyncdb.facts import Settings

MARKER = re.compile(r"#\s*((?:ADB\d{3}\s*)+)$")
RULES = list(catalog.all_rules().values())

Found = set[tuple[str, int, str]]


def findings(
    root: Path, codes: Iterable[str] | None = None, settings: Settings | None = None
) -> list[tuple[str, catalog.Finding]]:
    """The findings of every file below `root`, with the file's path."""
    wanted = set(codes) if codes is not None else {rule.code for rule in RULES}
    rules = [rule for rule in RULES if rule.code in wanted]
    found = []
    for path in sorted(root.rglob("*.py")):
        source = path.read_bytes()
        linted = analysis.analyze(path, ast.parse(source), source, rules, settings or Settings())
        found.extend((path.relative_to(root).as_posix(), finding) for finding in linted)
    return found


def found(root: Path, codes: Iterable[str]) -> Found:
    """The findings as path, line and code."""
    return {(path, finding.line, finding.code) for path, finding in findings(root, codes)}


def marked(root: Path) -> Found:
    """The findings that the files' own comments announce."""
    return {
        (path.relative_to(root).as_posix(), number, code)
        for path in sorted(root.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := MARKER.search(line))
        for code in match[1].split()
    }
