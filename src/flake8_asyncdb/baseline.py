"""A file of known findings: those in it do not fail, new ones do, and it is meant to shrink."""

from __future__ import annotations

import ast
import json
import os.path
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from flake8_asyncdb import syntax

VERSION = 1


class BaselineError(Exception):
    """The baseline cannot be read or written; the text says why."""


class Known(NamedTuple):
    """A finding without its line number, so that code above it may move."""

    path: str
    code: str
    scope: str
    text: str


class Baseline:
    """The findings of a file, and those of this run."""

    def __init__(self, directory: Path, known: Counter[Known]) -> None:
        self.directory = directory
        self.known = known
        self.found: Counter[Known] = Counter()

    @classmethod
    def read(cls, file: Path, *, may_be_missing: bool) -> Baseline:
        """The findings that a file holds; none where it does not exist yet, if it may be missing.

        Raises BaselineError for a file that is no baseline of this version, or missing where it may not be.
        """
        directory = Path(os.path.abspath(file)).parent
        if not file.exists():
            if not may_be_missing:
                raise BaselineError(f"--baseline: {str(file)!r} does not exist, --update-baseline writes it")
            return cls(directory, Counter())
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise BaselineError(f"--baseline: {str(file)!r} cannot be read: {error}") from error
        if not isinstance(content, dict) or content.get("version") != VERSION:
            raise BaselineError(f"--baseline: {str(file)!r} is no baseline of version {VERSION}")
        try:
            known = {
                Known(*(str(each[name]) for name in Known._fields)): int(each["count"]) for each in content["findings"]
            }
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BaselineError(f"--baseline: {str(file)!r} has an entry that is no finding: {error}") from error
        return cls(directory, Counter(known))

    def holds(self, file: Path, line: int, code: str) -> bool:
        """Whether a finding of this run is among the known ones; remembers it."""
        key = self._key(file, line, code)
        self.found[key] += 1
        return self.found[key] <= self.known[key]

    def _key(self, file: Path, line: int, code: str) -> Known:
        lines = _lines(file)
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        return Known(self._name(file), code, _scope(file, line), text)

    def _name(self, file: Path) -> str:
        absolute = Path(os.path.abspath(file))
        return absolute.relative_to(self.directory).as_posix() if absolute.is_relative_to(self.directory) else str(file)

    def vanished(self, checked: set[str], codes: set[str]) -> list[Known]:
        """The known findings that the checked files, or files that are gone, no longer have.

        `codes` are those that were looked for.
        """
        names = {self._name(Path(file)) for file in checked}
        return [
            known
            for known, number in self.known.items()
            if number > self.found[known]
            and known.code in codes
            and (known.path in names or not (self.directory / known.path).exists())
        ]

    def write(self, file: Path, checked: set[str], codes: set[str], *, may_grow: bool) -> None:
        """Write the findings of this run, and those of the files and codes that it did not check.

        Raises BaselineError when that would add findings to an existing file and it may not grow.
        """
        gone = set(self.vanished(checked, codes))
        kept = {known: number for known, number in self.known.items() if known not in gone}
        new = Counter({**kept, **self.found})
        added = (new - self.known).total()
        if added and file.exists() and not may_grow:
            raise BaselineError(f"--update-baseline: {added} more than {str(file)!r} holds, --allow-growth adds them")
        findings = [{**known._asdict(), "count": number} for known, number in sorted(new.items())]
        try:
            file.write_text(json.dumps({"version": VERSION, "findings": findings}, indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise BaselineError(f"--baseline: {str(file)!r} cannot be written: {error}") from error


@lru_cache(maxsize=64)
def _lines(file: Path) -> list[str]:
    source = syntax.read(file)
    return (syntax.text(source) or "").splitlines() if source is not None else []


@lru_cache(maxsize=64)
def _definitions(file: Path) -> list[tuple[int, int, str]]:
    """Every function and class with its first and last line and its dotted name, outer ones first."""
    source = syntax.read(file)
    tree = syntax.parse(source) if source is not None else None
    found: list[tuple[int, int, str]] = []
    pending: list[tuple[ast.AST, str]] = [(tree, "")] if tree is not None else []
    for node, around in pending:
        name = around
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{around}.{node.name}".lstrip(".")
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.append((first, node.end_lineno or node.lineno, name))
        pending += [(child, name) for child in ast.iter_child_nodes(node)]
    return found


def _scope(file: Path, line: int) -> str:
    """The dotted name of the innermost definition around a line; empty at the top level."""
    around = [name for first, last, name in _definitions(file) if first <= line <= last]
    return around[-1] if around else ""
