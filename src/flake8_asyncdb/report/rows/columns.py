"""Row 4: what the columns of dates with times do with their zone."""

from __future__ import annotations

import ast
from collections import Counter

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.facts.columns import Zone
from flake8_asyncdb.report.draft import Draft, plural
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Evidence, Side

ZONE_SIDES = {Zone.AWARE: Side.GOOD, Zone.NAIVE: Side.BAD}


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    zones: Counter[Zone] = Counter()
    found = {(each.path, each.line) for each in survey.findings[Row.DATETIME]}
    for facts in survey.module_facts():
        for column in facts.datetime_columns():
            zone = column.zone if column.zone in ZONE_SIDES else Zone.UNKNOWN
            zones[zone] += 1
            side = ZONE_SIDES.get(zone, Side.UNKNOWN)
            shown = survey.on(facts.module, column.node, ZONE_TEXTS[zone], side)
            if side is not Side.BAD or not _is_told(shown, column.node, found):
                draft.evidence.append(shown)
    total = zones.total()
    if not total:
        draft.phrases.append("no columns of dates and times")
        return draft
    (zone, number), *others = zones.most_common()
    if not others:
        draft.phrases.append(f"{ONE_ZONE[zone]} in {'all ' if number > 1 else ''}{plural(number, 'column')}")
        return draft
    draft.phrases.append(f"{zones[Zone.AWARE]} of {plural(total, 'column')} aware")
    if zones[Zone.NAIVE]:
        draft.phrases.append(f"{zones[Zone.NAIVE]} naive")
    if zones[Zone.UNKNOWN]:
        draft.phrases.append(f"{zones[Zone.UNKNOWN]} of an unknown type")
    return draft


ONE_ZONE = {
    Zone.AWARE: "`DateTime(timezone=True)`",
    Zone.NAIVE: "`DateTime` without a time zone",
    Zone.UNKNOWN: "a type that the linter does not know",
}


ZONE_TEXTS = {
    Zone.AWARE: "keeps its time zone",
    Zone.NAIVE: "keeps no time zone",
    Zone.UNKNOWN: "a type that the linter does not know",
}


def _is_told(evidence: Evidence, node: ast.expr | ast.stmt, found: set[tuple[str, int]]) -> bool:
    """Whether a finding lies within a column's lines and says the same."""
    last = node.end_lineno or node.lineno
    return any((evidence.path, line) in found for line in range(node.lineno, last + 1))
