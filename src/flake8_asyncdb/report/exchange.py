"""The table as JSON, and services read back from it; docs/compare.md and compare.schema.json describe the format."""

from __future__ import annotations

import json
from typing import Any

from flake8_asyncdb import __version__
from flake8_asyncdb.catalog import Row
from flake8_asyncdb.report.changes import Change, changes
from flake8_asyncdb.report.table import ROWS, Cell, Evidence, Service, Side, Source, State, Table, shown

SCHEMA_VERSION = 1
Object = dict[str, Any]


class FormatError(ValueError):
    """A text that is no table of this schema version; the text of the error says why, as the end of a sentence."""


def dumps(table: Table) -> str:
    """The table as JSON text with a newline at its end."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "flake8-asyncdb", "version": __version__},
        "services": [_service(service) for service in table.services],
        "errors": list(table.errors),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def loads(text: str) -> list[Service]:
    """The services of a JSON text that `dumps` wrote; raises FormatError for any other text."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FormatError("is not JSON") from error
    if not isinstance(document, dict) or "schema_version" not in document:
        raise FormatError("is not a table that `flake8-asyncdb compare --format json` wrote")
    version = document["schema_version"]
    if type(version) is not int or version != SCHEMA_VERSION:
        raise FormatError(f"has schema version {str(version)[:20]}, this flake8-asyncdb reads {SCHEMA_VERSION}")
    try:
        return [_read_service(each) for each in _list(document["services"])]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"has schema version {SCHEMA_VERSION} but does not keep to it ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


# -- writing


def _service(service: Service) -> Object:
    written: Object = {
        "name": service.name,
        "source": {
            "path": service.source.path,
            "revision": service.source.revision,
            "commit": service.source.commit,
            "link": service.source.link,
        },
        "files": service.files,
        "unread": list(service.unread),
        "totals": {state.value: number for state, number in service.totals.items()},
        "cells": [_cell(cell) for cell in service.cells],
    }
    if service.since is not None:
        written["since"] = _service(service.since)
        written["changes"] = [_change(change) for change in changes(service.since, service)]
    return written


def _cell(cell: Cell) -> Object:
    return {
        "row": cell.row.value,
        "aspect": cell.row.title,
        "state": cell.state.value,
        "text": cell.text,
        "findings": cell.findings,
        "evidence": [_evidence(each) for each in cell.evidence],
    }


def _evidence(evidence: Evidence) -> Object:
    return {
        "path": evidence.path,
        "line": evidence.line,
        "side": evidence.side.value,
        "code": evidence.code,
        "text": evidence.text,
        "source": evidence.source,
    }


def _change(change: Change) -> Object:
    return {
        "row": change.row.value,
        "aspect": change.row.title,
        "before": change.before.state.value,
        "after": change.after.state.value,
        "gone": [_evidence(each) for each in change.gone],
        "new": [_evidence(each) for each in change.new],
    }


# -- reading


def _read_service(read: Object) -> Service:
    cells = {cell.row: cell for cell in map(_read_cell, _list(read["cells"]))}
    source = read["source"]
    return Service(
        name=_text(read["name"]),
        source=Source(
            _text(source["path"]), _optional(source["revision"]), _optional(source["commit"]), _link(source["link"])
        ),
        cells=tuple(cells[row] for row in ROWS),
        files=_number(read["files"]),
        unread=tuple(_text(each) for each in _list(read["unread"])),
        since=_read_service(read["since"]) if "since" in read else None,
    )


def _read_cell(read: Object) -> Cell:
    evidence = tuple(_read_evidence(each) for each in _list(read["evidence"]))
    return Cell(Row(read["row"]), State(read["state"]), _text(read["text"]), evidence)


def _read_evidence(read: Object) -> Evidence:
    return Evidence(
        path=_text(read["path"]),
        line=_number(read["line"]),
        text=_text(read["text"]),
        side=Side(read["side"]),
        code=_optional(read["code"]),
        source=_text(read["source"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text belongs")
    return shown(value)


def _optional(value: object) -> str | None:
    return None if value is None else _text(value)


def _link(value: object) -> str | None:
    """An address to show as a link: of the web only."""
    link = _optional(value)
    if link is not None and not link.startswith("https://"):
        raise ValueError("a link does not begin with https://")
    return link


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{type(value).__name__} where a number belongs")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list belongs")
    return value
