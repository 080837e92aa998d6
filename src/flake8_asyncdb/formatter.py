"""`--format=adb-rows`: flake8's findings, grouped by row of the comparison table."""

from __future__ import annotations

import re
from collections import defaultdict

from flake8.formatting.default import COLORS, COLORS_OFF, Default
from flake8.violation import Violation

from flake8_asyncdb.catalog import Row

OWN_CODE = re.compile(r"ADB(\d)\d\d")
OTHER = "Other"


def heading(code: str) -> str:
    """The group that a code is printed under: its row of the table, or "Other"."""
    own = OWN_CODE.fullmatch(code)
    if own is None:
        return OTHER
    row = Row(int(own[1]))
    return f"Row {row.value}: {row.title}"


class RowFormatter(Default):
    """Keeps what flake8 reports until the end of the run, then prints it row by row."""

    def after_init(self) -> None:
        """Start without findings; flake8's own line format stays."""
        self.groups: defaultdict[str, list[Violation]] = defaultdict(list)

    def handle(self, error: Violation) -> None:
        """Keep a finding instead of printing it."""
        self.groups[heading(error.code)].append(error)

    def stop(self) -> None:
        """Print the groups and the count, then let flake8 close its output."""
        for title in sorted(self.groups, key=lambda title: (title == OTHER, title)):
            self._write_group(title, self.groups[title])
        self._write(self._count())
        super().stop()

    def _write_group(self, title: str, errors: list[Violation]) -> None:
        style = COLORS if self.color else COLORS_OFF
        self._write(f"{style['bold']}{title}{style['reset']}")
        for error in sorted(errors, key=lambda each: (each.filename, each.line_number, each.column_number)):
            self.write(self.format(error), self.show_source(error))
        self._write("")

    def _count(self) -> str:
        total = sum(map(len, self.groups.values()))
        rows = len(self.groups.keys() - {OTHER})
        return f"{plural(total, 'finding')} in {plural(rows, 'row')} of the table"


def plural(number: int, noun: str) -> str:
    """A number with its noun: "1 row", "2 rows"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
