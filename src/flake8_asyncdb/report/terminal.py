"""The table on a terminal: services across while they fit, down where they do not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table as Grid
from rich.text import Text

from flake8_asyncdb.report.changes import Change, changes
from flake8_asyncdb.report.table import ROWS, Cell, Evidence, Service, Side, State, Table, counted

STYLES = {
    State.FOLLOWS: "green",
    State.MIXED: "yellow",
    State.BREAKS: "red",
    State.UNUSED: "dim",
    State.UNKNOWN: "magenta",
}
ASPECT_WIDTH = 14
CELL_WIDTH = 22
PLACES = 2
CODES = 2
CHANGED_PLACES = 5


def write(table: Table, stream: TextIO) -> None:
    """Print the table, and what changed in services that were read at two revisions."""
    console = Console(file=stream, highlight=False)
    if table.services:
        fits = console.width >= ASPECT_WIDTH + CELL_WIDTH * len(table.services)
        console.print(_across(table, console) if fits else _down(table, console))
    for service in table.services:
        if service.since is not None:
            console.print(_changed(service, service.since))


# -- services across


def _across(table: Table, console: Console) -> RenderableType:
    grid = Grid(box=box.ROUNDED, show_lines=True, expand=False, show_footer=True)
    grid.add_column("Aspect", style="bold", footer="Rows", min_width=len("Dependency"))
    for service in table.services:
        grid.add_column(Text(service.name), footer=_total(service), ratio=1)
    for row in ROWS:
        grid.add_row(row.title, *(_cell(service.cell(row), service, console) for service in table.services))
    return grid


def _cell(cell: Cell, service: Service, console: Console) -> Text:
    text = state_text(cell.state)
    text.overflow = "fold"
    if cell.findings:
        text.append(f", {_findings(cell)}", style="default")
    text.append("\n")
    text.append_text(code_text(cell.text))
    places = list(_places(cell, service, console))
    if places:
        text.append("\n")
        text.append_text(Text(" ").join(places))
    return text


def _findings(cell: Cell) -> str:
    number = "1 finding" if cell.findings == 1 else f"{cell.findings} findings"
    codes = [code for code, _ in cell.codes.most_common()]
    return f"{number} ({', '.join(codes[:CODES])}{', ...' if len(codes) > CODES else ''})"


def _places(cell: Cell, service: Service, console: Console) -> Iterator[Text]:
    """The first places that decide about a cell, as links where the terminal takes them."""
    deciding = {State.FOLLOWS: Side.GOOD, State.UNKNOWN: Side.UNKNOWN, State.UNUSED: Side.NEUTRAL}
    wanted = deciding.get(cell.state, Side.BAD)
    chosen = list({each.place: each for each in cell.evidence if each.side is wanted}.values())
    for each in chosen[:PLACES]:
        yield _place(each, service, console)
    if len(chosen) > PLACES:
        yield Text(f"+{len(chosen) - PLACES}", style="dim")


def _place(evidence: Evidence, service: Service, console: Console) -> Text:
    style = Style(dim=True)
    if console.is_terminal and service.source.revision is None and Path(service.source.path).is_dir():
        address = (Path(service.source.path).resolve() / evidence.path).as_uri()
        style += Style(link=address)
    elif console.is_terminal and service.source.link is not None:
        style += Style(link=f"{service.source.link}{evidence.path}#L{evidence.line}")
    return Text(evidence.place, style=style)


def _total(service: Service) -> Text:
    text = Text(counted(service.totals))
    if service.unread:
        text.append(f"\n{len(service.unread)} of {service.files} files cannot be read", style="magenta")
    return text


def state_text(state: State) -> Text:
    """A state with its symbol, coloured."""
    return Text(f"{state.symbol} {state.value}", style=f"bold {STYLES[state]}")


def code_text(text: str) -> Text:
    """A sentence whose parts in backquotes are code."""
    styled = Text()
    for number, part in enumerate(re.split("`", text)):
        styled.append(part, style="cyan" if number % 2 else "")
    return styled


# -- services down


def _down(table: Table, console: Console) -> RenderableType:
    titles = [row.title for row in ROWS]
    wide = console.width >= max(len(s.name) for s in table.services) + sum(len(title) + 2 for title in titles)
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_footer=True)
    grid.add_column("Service", footer="follow", overflow="ellipsis", no_wrap=True)
    for row in ROWS:
        following = table.states(row)[State.FOLLOWS]
        grid.add_column(row.title if wide else str(row.value), footer=str(following), justify="center", no_wrap=True)
    for service in table.services:
        grid.add_row(Text(service.name), *(_mark(service.cell(row)) for row in ROWS))
    rows = Text("  ".join(f"{row.value} {row.title}" for row in ROWS), style="dim")
    legend = Text("  ").join([*map(state_text, State), Text("the number counts the findings", style="dim")])
    return Group(grid, legend) if wide else Group(grid, rows, legend)


def _mark(cell: Cell) -> Text:
    number = f"{cell.findings}" if cell.findings else ""
    return Text(f"{cell.state.symbol}{number}", style=STYLES[cell.state])


# -- changes


def _changed(service: Service, before: Service) -> RenderableType:
    found = changes(before, service)
    heading = Text(f"\n{service.name} since {before.source.revision}: ", style="bold")
    heading.append(f"{len(found)} of {len(ROWS)} rows changed" if found else "nothing changed")
    return Group(heading, *(_change(change) for change in found))


def _change(change: Change) -> RenderableType:
    line = Text(f"{change.row.title}: ", style="bold")
    line.append_text(state_text(change.before.state))
    if change.before.state is not change.after.state:
        line.append(" → ")
        line.append_text(state_text(change.after.state))
    lines = [line]
    if change.before.text != change.after.text:
        lines += [Text("  was ").append_text(code_text(change.before.text))]
        lines += [Text("  is  ").append_text(code_text(change.after.text))]
    for word, style, findings in (("gone", "green", change.gone), ("new", "red", change.new)):
        for each in findings[:CHANGED_PLACES]:
            lines.append(Text(f"  {word}  {each.code} {each.place}", style=style))
        if len(findings) > CHANGED_PLACES:
            lines.append(Text(f"  {word}  and {len(findings) - CHANGED_PLACES} more", style=style))
    return Padding(Group(*lines), (0, 0, 0, 2))
