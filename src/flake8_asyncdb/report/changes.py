"""What changed from one state of a service to another: cells, and the findings in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.report.table import Cell, Evidence, Service


@dataclass(frozen=True)
class Change:
    """One row that is not as it was: its cells, and the findings that vanished or came."""

    row: Row
    before: Cell
    after: Cell
    gone: tuple[Evidence, ...]
    new: tuple[Evidence, ...]


def changes(before: Service, after: Service) -> list[Change]:
    """The rows whose state, text or findings differ."""
    return [
        change
        for cell in after.cells
        if (change := _change(before.cell(cell.row), cell)).gone
        or change.new
        or (change.before.state, change.before.text) != (cell.state, cell.text)
    ]


def _change(before: Cell, after: Cell) -> Change:
    old, new = list(_findings(before)), list(_findings(after))
    return Change(after.row, before, after, tuple(_without(old, new)), tuple(_without(new, old)))


def _findings(cell: Cell) -> Iterator[Evidence]:
    return (each for each in cell.evidence if each.code is not None)


def _without(some: Iterable[Evidence], others: Iterable[Evidence]) -> Iterator[Evidence]:
    """The findings of `some` that `others` lacks; a finding that only moved to another line is the same."""
    rest = Counter(map(_key, others))
    for each in some:
        if rest[_key(each)]:
            rest[_key(each)] -= 1
        else:
            yield each


def _key(evidence: Evidence) -> tuple[str, str | None, str]:
    return evidence.path, evidence.code, evidence.source
