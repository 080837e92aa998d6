"""A cell in the making, and the words that several rows write it with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from flake8_asyncdb.report.table import Evidence, Side

UNKNOWN_USER = "an engine; what uses it is unknown"
NAMED = 3
"""How many names a cell spells out before it counts the rest."""


@dataclass
class Draft:
    """A cell in the making: the phrases of its text, and the evidence of its facts."""

    phrases: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    def has(self, side: Side) -> bool:
        """Whether some of the evidence speaks for a side."""
        return any(each.side is side for each in self.evidence)


def tally(names: Iterable[str]) -> str:
    """Names in code quotes with their numbers, the frequent ones first: "2 × `create_engine`, `engine_from_config`"."""
    counted = Counter(iter(names)).most_common()
    shown = [f"`{name}`" if number == 1 else f"{number} × `{name}`" for name, number in counted[:NAMED]]
    return ", ".join(shown) + (f" and {len(counted) - NAMED} more" if len(counted) > NAMED else "")


def plural(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
