"""What the table is made of: cells with their state and evidence, and the services that they belong to."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from flake8_asyncdb.catalog import Row

ROWS = (*(row for row in Row if row is not Row.PRACTICES), Row.PRACTICES)
"""The rows in the order of the table: the general practices come last."""


WANTED = {
    Row.SQLALCHEMY: "async API, awaited",
    Row.ENGINE: "`create_async_engine`, `pool_pre_ping=True`",
    Row.SESSION: "`async_sessionmaker(expire_on_commit=False)`",
    Row.DATETIME: "`DateTime(timezone=True)`",
    Row.INJECTION: "`Annotated[AsyncSession, Depends(get_db)]`, services likewise",
    Row.LIFECYCLE: "`lifespan` that also disposes of the engine",
    Row.SQLITE: "WAL and pragmas, on the engine that serves",
    Row.URL: "converted to the async driver",
    Row.ACCESS: "service layer with injected session",
    Row.PRACTICES: "indexes, slow-query log, soft delete",
}
"""What each row asks for: the right-hand side of the table."""


class State(enum.Enum):
    """How a service stands in one row."""

    FOLLOWS = "follows"
    MIXED = "mixed"
    BREAKS = "breaks"
    UNUSED = "not used"
    UNKNOWN = "cannot tell"

    @property
    def symbol(self) -> str:
        """One character for it, so that the state is never told by colour alone."""
        return SYMBOLS[self]


SYMBOLS = {State.FOLLOWS: "✓", State.MIXED: "±", State.BREAKS: "✗", State.UNUSED: "–", State.UNKNOWN: "?"}


class Side(enum.Enum):
    """Which side of the table a piece of evidence speaks for."""

    GOOD = "follows"
    BAD = "breaks"
    NEUTRAL = "neither"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True)
class Evidence:
    """One place in the code: what stands there and which side it speaks for; `code` where it is a finding."""

    path: str
    line: int
    text: str
    side: Side
    code: str | None = None
    source: str = ""

    @property
    def place(self) -> str:
        """File and line, as editors and terminals take them."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Cell:
    """One row of one service."""

    row: Row
    state: State
    text: str
    evidence: tuple[Evidence, ...] = ()

    @property
    def findings(self) -> int:
        """How many findings of the linter are among the evidence."""
        return sum(1 for each in self.evidence if each.code is not None)

    @property
    def codes(self) -> Counter[str]:
        """The findings by their codes."""
        return Counter(each.code for each in self.evidence if each.code is not None)


@dataclass(frozen=True)
class Source:
    """Where a service was read: a directory, or a directory as a revision has it.

    `link` is the address of its files on the web, with a slash at the end, where that can be known.
    """

    path: str
    revision: str | None = None
    commit: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class Service:
    """One column of the table."""

    name: str
    source: Source
    cells: tuple[Cell, ...]
    files: int = 0
    unread: tuple[str, ...] = ()
    since: Service | None = None

    def cell(self, row: Row) -> Cell:
        """The service's cell in a row."""
        return next(cell for cell in self.cells if cell.row is row)

    @property
    def totals(self) -> dict[State, int]:
        """How many of its rows are in each state."""
        counted = Counter(cell.state for cell in self.cells)
        return {state: counted[state] for state in State}


@dataclass(frozen=True)
class Table:
    """Services side by side, and a sentence for each that could not be read."""

    services: tuple[Service, ...]
    errors: tuple[str, ...] = field(default=())

    def states(self, row: Row) -> dict[State, int]:
        """How many of the services are in each state in one row."""
        counted = Counter(service.cell(row).state for service in self.services)
        return {state: counted[state] for state in State}

    def has(self, *states: State) -> bool:
        """Whether any cell is in one of the states."""
        return any(cell.state in states for service in self.services for cell in service.cells)


def state_of(evidence: Iterable[Evidence]) -> State:
    """What the evidence of a row amounts to; what cannot be told is never counted as good."""
    sides = {each.side for each in evidence}
    if Side.BAD in sides:
        return State.MIXED if Side.GOOD in sides else State.BREAKS
    if Side.UNKNOWN in sides:
        return State.UNKNOWN
    return State.FOLLOWS if Side.GOOD in sides else State.UNUSED


def counted(states: dict[State, int]) -> str:
    """States with their numbers, in words: "6 follow, 2 mixed, 1 cannot tell"."""
    words = {State.FOLLOWS: "follow"}
    return ", ".join(f"{number} {words.get(state, state.value)}" for state, number in states.items() if number)


def shown(text: str) -> str:
    """A text from outside without the characters that move a cursor, reverse the reading or cannot be encoded."""
    return "".join(
        character if character.isprintable() else " " if character == "\t" else "\ufffd" for character in text
    )
