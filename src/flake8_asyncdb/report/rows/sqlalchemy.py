"""Row 1: which API the service calls, and where."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.model.pins import NEWEST
from flake8_asyncdb.model.project import Module
from flake8_asyncdb.report.draft import UNKNOWN_USER, Draft, plural
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    awaited = sum(_exhibit_async_calls(survey, draft))
    synchronous = _sync_operations(survey)
    blocking = [each for each in survey.findings[Row.SQLALCHEMY] if each.code in ("ADB101", "ADB102", "ADB107")]
    version = _version(survey)
    if awaited:
        draft.phrases.append(f"async API{version}, {plural(awaited, 'awaited call')}")
    if blocking:
        draft.phrases.append(f"sync API on the event loop{'' if awaited else version}")
    elif synchronous and not awaited:
        side = survey.side_of_sync
        where = "behind plain `def` functions" if side is Side.NEUTRAL else "whether on the event loop cannot be told"
        draft.phrases.append(f"sync API{version}, {where}")
        draft.evidence += survey.first_of_each_module(synchronous, "sync call", " on the database", side)
    elif not awaited and (engines := survey.engines):
        draft.phrases.append("no call on a session or connection seen")
        draft.evidence.append(survey.at(engines[0].site, UNKNOWN_USER, Side.UNKNOWN))
    elif not awaited:
        draft.phrases.append("no database")
    return draft


def _exhibit_async_calls(survey: Survey, draft: Draft) -> Iterator[int]:
    """The number of awaited database calls of each module, with one piece of evidence."""
    for facts in survey.module_facts():
        calls = [each for each in facts.async_calls if each.returns_coroutine and not each.is_dropped]
        if calls:
            first = min(calls, key=lambda each: each.node.lineno)
            text = f"{plural(len(calls), 'awaited call')}, the first is `{first.text}`"
            draft.evidence.append(survey.at(first.site, text, Side.GOOD))
            yield len(calls)


def _sync_operations(survey: Survey) -> list[tuple[Module, ast.expr]]:
    return [
        (module, operation.site.node)
        for module in survey.modules
        for function in module.functions
        for operation in survey.facts.effects.sync_io(function)
    ]


def _version(survey: Survey) -> str:
    """The SQLAlchemy that the project's files name: " (SQLAlchemy 2.0.45)"."""
    pin = survey.facts.project.pin("sqlalchemy")
    if pin is None or pin.lowest == (0,):
        return ""
    lowest = ".".join(map(str, pin.lowest))
    exact = pin.highest != NEWEST and pin.highest[: len(pin.lowest)] == pin.lowest
    return f" (SQLAlchemy {lowest}{'' if exact else '+'})"
