"""The cells of a service, drawn row by row from its facts and findings."""

from __future__ import annotations

from collections.abc import Callable

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.report.draft import Draft, plural
from flake8_asyncdb.report.rows import (
    access,
    columns,
    engine,
    injection,
    lifecycle,
    practices,
    session,
    sqlalchemy,
    sqlite,
    url,
)
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import ROWS, Cell, Evidence, Side, State, state_of

DRAWN: dict[Row, Callable[[Survey], Draft]] = {
    Row.SQLALCHEMY: sqlalchemy.draw,
    Row.ENGINE: engine.draw,
    Row.SESSION: session.draw,
    Row.DATETIME: columns.draw,
    Row.INJECTION: injection.draw,
    Row.LIFECYCLE: lifecycle.draw,
    Row.SQLITE: sqlite.draw,
    Row.URL: url.draw,
    Row.ACCESS: access.draw,
    Row.PRACTICES: practices.draw,
}


def cells(survey: Survey) -> tuple[Cell, ...]:
    """The cells of a service, one for each row."""
    return tuple(_cell(row, survey) for row in ROWS)


def _cell(row: Row, survey: Survey) -> Cell:
    findings = survey.findings[row]
    try:
        draft = DRAWN[row](survey)
    except RecursionError:
        deep = Evidence(survey.path_of(survey.modules[0]), 1, "one of the files is nested too deeply", Side.UNKNOWN)
        draft = Draft(["code that is nested too deeply"], [deep])
    evidence = findings + draft.evidence
    if state_of(evidence) is State.UNUSED and survey.unread:
        draft.phrases.append(f"but {plural(len(survey.unread), 'file')} cannot be read")
        evidence += [Evidence(path, 1, "this Python cannot read the file", Side.UNKNOWN) for path in survey.unread]
    return Cell(row, state_of(evidence), ", ".join(draft.phrases), tuple(evidence))
