"""flake8's door: options in, findings out."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from flake8.exceptions import ExecutionError
from flake8.options.manager import OptionManager

from flake8_asyncdb import __version__, analysis, catalog
from flake8_asyncdb.facts import Settings

APPS = ("auto", "async", "sync")
INCLUDES = ("tests", "migrations")


class Plugin:
    """Reports `ADB` findings for one file."""

    name = "flake8-asyncdb"
    version = __version__
    settings: ClassVar[Settings] = Settings()
    rules: ClassVar[list[catalog.Rule]] = []

    def __init__(self, tree: ast.Module, filename: str, lines: list[str]) -> None:
        self.tree = tree
        self.filename = filename
        self.lines = lines

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """The findings, as flake8 wants them."""
        for finding in self.findings():
            yield finding.line, finding.column, f"{finding.code} {finding.message}", type(self)

    def findings(self) -> list[catalog.Finding]:
        """The findings of the selected rules."""
        source = "".join(self.lines).encode("utf-8", "surrogatepass")
        return analysis.analyze(Path(self.filename), self.tree, source, self.rules, self.settings)

    @classmethod
    def add_options(cls, manager: OptionManager) -> None:
        """Declare the options; flake8 reads them from its configuration and its command line."""
        manager.add_option(
            "--adb-app",
            default="auto",
            metavar="{auto,async,sync}",
            parse_from_config=True,
            help="Whether the project is an async database application; `auto` finds out. (Default: %(default)s)",
        )
        manager.add_option(
            "--adb-include",
            default="",
            metavar="KINDS",
            parse_from_config=True,
            comma_separated_list=True,
            help="Lint these too, separated by commas: tests, migrations. (Default: none)",
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Keep the options on the class, where forked workers find them.

        Raises ExecutionError, which flake8 prints, when a value is none of those that the help names.
        """
        if options.adb_app not in APPS:
            raise ExecutionError(f"--adb-app: {options.adb_app!r} is none of {', '.join(APPS)}")
        for kind in options.adb_include:
            if kind not in INCLUDES:
                raise ExecutionError(f"--adb-include: {kind!r} is none of {', '.join(INCLUDES)}")
        cls.settings = Settings(options.adb_app, frozenset(options.adb_include))
        selected = [*(options.select or ()), *(options.extend_select or ())]
        cls.rules = [rule for rule in catalog.all_rules().values() if is_on(rule, selected)]


def is_on(rule: catalog.Rule, selected: list[str]) -> bool:
    """Whether a rule runs: an opinionated one only if a selection names it, or a group of nothing else.

    flake8's own way to switch codes off by default gives in to `--select=ADB` and even to `--ignore=E501`,
    so that opinionated rules are gated here.
    """
    if not rule.opinionated:
        return True
    return any(rule.code.startswith(prefix) and len(prefix) >= len("ADB19") for prefix in selected)
