"""The table as Markdown, for a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import quote

from flake8_asyncdb.report.changes import Change, changes
from flake8_asyncdb.report.table import ROWS, Cell, Evidence, Service, Side, State, Table, counted

SIDE_BY_SIDE = 5
"""So many services are shown as columns of text; more become a line each."""
PLACES = 3
DECIDING = {State.FOLLOWS: Side.GOOD, State.UNKNOWN: Side.UNKNOWN, State.UNUSED: Side.NEUTRAL}
SIGNS = {
    State.FOLLOWS: "✅",
    State.MIXED: "🟡",
    State.BREAKS: "❌",
    State.UNUSED: "➖",
    State.UNKNOWN: "❔",
}


def dumps(table: Table) -> str:
    """The table as GitHub-flavoured Markdown with a newline at its end."""
    return "\n".join([*_table(table), *(line for service in table.services for line in _changed(service))]) + "\n"


def _table(table: Table) -> Iterator[str]:
    if not table.services:
        return
    if len(table.services) > SIDE_BY_SIDE:
        yield from _down(table)
        return
    yield _line(["Aspect", *(_escaped(service.name) for service in table.services)])
    yield "|---" * (len(table.services) + 1) + "|"
    for row in ROWS:
        yield _line([f"**{row.title}**", *(_cell(service.cell(row), service) for service in table.services)])
    yield _line(["**Rows**", *(_total(service) for service in table.services)])


def _down(table: Table) -> Iterator[str]:
    """One line for each service, a sign and the number of findings in each cell."""
    yield _line(["Service", *(row.title for row in ROWS)])
    yield "|---" + "|:-:" * len(ROWS) + "|"
    for service in table.services:
        marks = (f"{SIGNS[cell.state]} {cell.findings or ''}".strip() for cell in service.cells)
        yield _line([_escaped(service.name), *marks])
    yield _line(["**follow**", *(str(table.states(row)[State.FOLLOWS]) for row in ROWS)])
    yield ""
    yield ", ".join(f"{sign} {state.value}" for state, sign in SIGNS.items()) + "; the number counts the findings"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Cell, service: Service) -> str:
    parts = [f"{SIGNS[cell.state]} {cell.state.value}: {_coded(cell.text)}"]
    if cell.findings:
        codes = ", ".join(f"{number} × {_escaped(code)}" for code, number in sorted(cell.codes.items()))
        parts.append(codes)
    wanted = DECIDING.get(cell.state, Side.BAD)
    deciding = list({each.place: each for each in cell.evidence if each.side is wanted}.values())
    places = [_place(each, service) for each in deciding[:PLACES]]
    if places:
        more = f" and {len(deciding) - PLACES} more" if len(deciding) > PLACES else ""
        parts.append(", ".join(places) + more)
    return "<br>".join(parts)


def _place(evidence: Evidence, service: Service) -> str:
    """File and line as a link: to the web where the revision's address is known, else beside the Markdown's reader."""
    if service.source.link is not None:
        base = service.source.link
    elif service.source.revision is None:
        base = f"{quote(service.source.path.rstrip('/'))}/"
    else:
        return _escaped(evidence.place)
    return f"[{_escaped(evidence.place)}]({base}{quote(evidence.path)}#L{evidence.line})"


def _total(service: Service) -> str:
    unread = f"<br>{len(service.unread)} of {service.files} files cannot be read" if service.unread else ""
    return counted(service.totals) + unread


def _changed(service: Service) -> Iterator[str]:
    if service.since is None:
        return
    yield ""
    revision = _escaped(str(service.since.source.revision))
    found = changes(service.since, service)
    yield f"**{_escaped(service.name)}** since {revision}: {_rows_changed(len(found))}"
    if found:
        yield ""
        yield "| Aspect | was | is | findings |"
        yield "|---|---|---|---|"
        for change in found:
            yield _line([f"**{change.row.title}**", _state(change.before), _state(change.after), _difference(change)])


def _rows_changed(number: int) -> str:
    return "nothing changed" if not number else f"{number} of {len(ROWS)} rows changed"


def _state(cell: Cell) -> str:
    return f"{SIGNS[cell.state]} {cell.state.value}: {_coded(cell.text)}"


def _difference(change: Change) -> str:
    parts = []
    if change.gone:
        parts.append(f"{len(change.gone)} gone")
    if change.new:
        parts.append(
            f"{len(change.new)} new: " + ", ".join(f"{each.code} {_escaped(each.place)}" for each in change.new)
        )
    return ", ".join(parts) or "none"


def _coded(text: str) -> str:
    """A sentence with its code in backquotes, fit for a cell: the code is kept, the rest is escaped."""
    return "".join(
        _code(part) if number % 2 and part else _escaped(part) for number, part in enumerate(text.split("`"))
    )


def _code(code: str) -> str:
    """Code in backquotes; as HTML where a backslash or bar in it would end the cell."""
    if "|" not in code and "\\" not in code:
        return f"`{code}`"
    return f"<code>{html.escape(code).replace('|', '&#124;').replace(chr(92), '&#92;')}</code>"


def _escaped(text: str) -> str:
    """A text in which nothing is Markdown, HTML or the end of a cell."""
    return re.sub(r"([\\`*_{}\[\]<>|#~])", r"\\\1", text).replace("&", "&amp;").replace("@", "&#64;")
