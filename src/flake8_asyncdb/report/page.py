"""The table as one self-contained HTML page: no network, no script, evidence behind each cell."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from flake8_asyncdb import __version__, catalog
from flake8_asyncdb.catalog import Row
from flake8_asyncdb.report.changes import Change, changes
from flake8_asyncdb.report.table import ROWS, WANTED, Cell, Evidence, Service, Side, State, Table, counted

SIDE_BY_SIDE = 5
"""So many services are shown as columns of text; more become a heat map."""
BAND = 34
"""The services of one part of the heat map, which thereby fits a screen."""
SHOWN_IN_COLUMN = 100
SHOWN_IN_MAP = 8
"""The pieces of evidence that a cell opens with; the JSON has all."""
IMPORTANCE = [Side.BAD, Side.UNKNOWN, Side.GOOD, Side.NEUTRAL]


@dataclass(frozen=True)
class Pair:
    """Two states of one service, or two services, and what differs by row."""

    before: Service
    after: Service

    @property
    def changes(self) -> dict[Row, Change]:
        """The rows that are not the same."""
        return {change.row: change for change in changes(self.before, self.after)}


def dumps(table: Table, directory: Path | None = None) -> str:
    """The table as the text of an HTML document.

    With the directory that the document is for, files of services on disk are linked relative to it.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"breakable": _breakable, "coded": _coded, "counted": counted, "slug": _slug}
    environment.globals |= {
        "link": partial(_link, directory=directory),
        "rule_url": _rule_url,
        "by_importance": _by_importance,
        "plural": _plural,
    }
    page = environment.get_template("page.html.j2")
    pair = _pair(table)
    services = (pair.before, pair.after) if pair else table.services
    return page.render(
        table=table,
        services=services,
        pair=pair,
        others=[] if pair else [Pair(each.since, each) for each in table.services if each.since is not None],
        bands=_bands(services) if len(services) > SIDE_BY_SIDE else [],
        rows=ROWS,
        states=list(State),
        wanted=WANTED,
        totals=_totals(services),
        version=__version__,
        shown_in_column=SHOWN_IN_COLUMN,
        shown_in_map=SHOWN_IN_MAP,
    )


def _pair(table: Table) -> Pair | None:
    """The two columns between which a third one shows what changed."""
    if len(table.services) == 2 and not any(service.since for service in table.services):
        return Pair(*table.services)
    if len(table.services) == 1 and table.services[0].since is not None:
        return Pair(table.services[0].since, table.services[0])
    return None


def _bands(services: Iterable[Service]) -> list[list[tuple[int, Service]]]:
    numbered = iter(enumerate(services, 1))
    return list(iter(lambda: list(islice(numbered, BAND)), []))


def _totals(services: Iterable[Service]) -> dict[State, int]:
    """How many cells are in each state."""
    found = [cell.state for service in services for cell in service.cells]
    return {state: found.count(state) for state in State}


def _by_importance(cell: Cell) -> list[Evidence]:
    return sorted(cell.evidence, key=lambda each: (each.code is None, IMPORTANCE.index(each.side)))


def _coded(text: str) -> Markup:
    """A sentence whose parts in backquotes are code."""
    parts = (
        Markup("<code>{}</code>").format(_breakable(part)) if number % 2 else escape(part.replace("->", "→"))
        for number, part in enumerate(text.split("`"))
    )
    return Markup("").join(parts)


def _breakable(code: str) -> Markup:
    """Code, or a name, that may be broken where a reader would break it."""
    return Markup("<wbr>").join(re.split(r"(?<=[(.,=/_@-])(?=[a-zA-Z])", code))


def _slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower())


def _link(evidence: Evidence, service: Service, directory: Path | None) -> str | None:
    """Where a place in the code can be seen: on the web, or on disk beside the page."""
    if service.source.link is not None:
        return f"{service.source.link}{quote(evidence.path)}#L{evidence.line}"
    file = Path(service.source.path, evidence.path)
    if directory is None or service.source.revision is not None or not file.is_file():
        return None
    try:
        return f"{quote(Path(os.path.relpath(file, directory)).as_posix())}#L{evidence.line}"
    except ValueError:
        return None


def _rule_url(code: str) -> str | None:
    rule = catalog.all_rules().get(code)
    return rule.url if rule is not None else None


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
