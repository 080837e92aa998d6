"""The general practices: indexes, timed queries, soft delete."""

from __future__ import annotations

from flake8_asyncdb.facts.practices import SOFT_DELETE
from flake8_asyncdb.model.values import Tri
from flake8_asyncdb.report.draft import Draft, plural
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    keys = [column for facts in survey.module_facts() for column in facts.columns if column.is_foreign_key]
    indexed = [column for column in keys if column.may_be_indexed]
    draft.evidence += [survey.at(column.site, "an indexed foreign key", Side.GOOD) for column in indexed]
    if keys:
        draft.phrases.append(f"{len(indexed)} of {plural(len(keys), 'foreign key')} indexed")
    if survey.engines:
        _exhibit_timing(survey, draft)
    marked = [
        (cls.module, cls.node)
        for facts in survey.module_facts()
        for cls in facts.module.classes
        if any(name in cls.scope.bindings for name in SOFT_DELETE)
        and any(mapped.cls is cls and mapped.is_declarative is Tri.YES for mapped in facts.mapped_classes)
    ]
    if marked:
        draft.phrases.append(f"soft delete in {plural(len(marked), 'model')}")
        draft.evidence += [survey.on(module, node, "rows are marked as deleted", Side.GOOD) for module, node in marked]
    if not draft.phrases:
        draft.phrases.append("no tables and no engine")
    return draft


def _exhibit_timing(survey: Survey, draft: Draft) -> None:
    timing = [each for each in survey.facts.listeners if each.event.endswith("cursor_execute")]
    draft.evidence += [survey.at(each.site, "listens to queries", Side.GOOD) for each in timing]
    traced = list(survey.mentions(*TRACERS))
    draft.evidence += [survey.line(module, line, "traces queries", Side.GOOD) for module, line in traced]
    if timing or traced:
        draft.phrases.append("queries timed")
    elif survey.facts.times_queries:
        draft.phrases.append("a tracing library, whether for queries cannot be told")
        engine = survey.engines[0]
        draft.evidence.append(survey.at(engine.site, "an engine; what times its queries is unknown", Side.UNKNOWN))
    else:
        draft.phrases.append("no slow-query log")


TRACERS = (b"SQLAlchemyInstrumentor", b"instrument_sqlalchemy", b"SqlalchemyIntegration")
"""What OpenTelemetry, Logfire and Sentry call their tracing of SQLAlchemy."""
