"""The forms that a table can be written in."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from flake8_asyncdb.report import exchange, markdown
from flake8_asyncdb.report.table import Table

FORMATS = ("terminal", "markdown", "json", "html")


def write(table: Table, form: str, stream: TextIO, directory: Path | None = None) -> None:
    """Write a table in one of `FORMATS`; `directory` is where the stream's file lies.

    Raises ModuleNotFoundError where the extra `report` is not installed.
    """
    if form == "markdown":
        stream.write(markdown.dumps(table))
    elif form == "json":
        stream.write(exchange.dumps(table))
    elif form == "html":
        from flake8_asyncdb.report import page  # noqa: PLC0415  # an extra: not always installed

        stream.write(page.dumps(table, directory))
    else:
        from flake8_asyncdb.report import terminal  # noqa: PLC0415  # an extra: not always installed

        terminal.write(table, stream)
