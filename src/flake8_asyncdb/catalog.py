"""The registry: rows of the comparison table, rules, and the findings they make."""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb import syntax

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts

DOCUMENTATION = "https://github.com/flake8-asyncdb/flake8-asyncdb/blob/main/docs/rules"
OPINIONATED = 90
REQUIRED_SECTIONS = ("Why:", "Bad:", "Good:", "Not reported:")


class Row(enum.IntEnum):
    """An aspect of the comparison table: the hundreds digit of a code."""

    PRACTICES = 0
    SQLALCHEMY = 1
    ENGINE = 2
    SESSION = 3
    DATETIME = 4
    INJECTION = 5
    LIFECYCLE = 6
    SQLITE = 7
    URL = 8
    ACCESS = 9

    @property
    def title(self) -> str:
        """The aspect as the table's first column writes it."""
        return ROW_TITLES[self]


ROW_TITLES = {
    Row.PRACTICES: "General practices",
    Row.SQLALCHEMY: "SQLAlchemy",
    Row.ENGINE: "Engine",
    Row.SESSION: "Session",
    Row.DATETIME: "DateTime",
    Row.INJECTION: "Dependency injection",
    Row.LIFECYCLE: "Lifecycle",
    Row.SQLITE: "SQLite",
    Row.URL: "URL",
    Row.ACCESS: "Access pattern",
}


class Severity(enum.Enum):
    """How much a finding costs when it is ignored."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


Node = ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler


class Hit(NamedTuple):
    """What a check yields: the node to report on, and the values its message names."""

    node: Node
    values: dict[str, str]


def hit(node: Node, **values: str) -> Hit:
    """Spell a `Hit` with the message's values as keyword arguments."""
    return Hit(node, values)


Check = Callable[["ModuleFacts"], Iterator[Hit]]


class Rule(NamedTuple):
    """One rule of the catalogue; its check's docstring is its documentation page."""

    code: str
    name: str
    severity: Severity
    message: str
    check: Check

    @property
    def row(self) -> Row:
        """The aspect of the table that the rule belongs to."""
        return Row(int(self.code[3]))

    @property
    def opinionated(self) -> bool:
        """Whether the rule stays off until its code is selected."""
        return int(self.code[4:]) >= OPINIONATED

    @property
    def documentation(self) -> str:
        """The rule's docstring, dedented."""
        return inspect.getdoc(self.check) or ""

    @property
    def url(self) -> str:
        """Where the rule's documentation page lies."""
        return f"{DOCUMENTATION}/{self.code}-{self.name}.md"


class Finding(NamedTuple):
    """One reported fault; `line` counts from 1 and `column` from 0, as flake8 wants them."""

    line: int
    column: int
    code: str
    message: str


_RULES: dict[str, Rule] = {}


def rule(code: str, name: str, severity: Severity, message: str) -> Callable[[Check], Check]:
    """Register a check as the rule `code`.

    Raises ValueError when the code or the name is taken, or when the
    docstring lacks a section that a documentation page needs.
    """

    def register(check: Check) -> Check:
        if not re.fullmatch(r"ADB\d{3}", code) or code in _RULES:
            raise ValueError(f"bad or duplicate code {code}")
        if any(known.name == name for known in _RULES.values()):
            raise ValueError(f"duplicate name {name}")
        missing = [s for s in REQUIRED_SECTIONS if s not in (check.__doc__ or "")]
        if missing:
            raise ValueError(f"{code}: the docstring lacks {', '.join(missing)}")
        _RULES[code] = Rule(code, name, severity, message, check)
        return check

    return register


def all_rules() -> dict[str, Rule]:
    """Every rule by its code, in the order of the codes."""
    package = importlib.import_module("flake8_asyncdb.checks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_RULES.items()))


def run(rules: list[Rule], facts: ModuleFacts) -> list[Finding]:
    """Hold one module against `rules`; the findings are sorted and free of duplicates."""
    findings = set()
    for each in rules:
        for found in each.check(facts):
            message = syntax.printable(each.message.format(**found.values))
            findings.add(Finding(found.node.lineno, found.node.col_offset, each.code, message))
    return sorted(findings)
