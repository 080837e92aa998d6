"""Row 3: how the service makes its sessions."""

from __future__ import annotations

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.facts.sessions import SessionFactory
from flake8_asyncdb.model.values import Tri
from flake8_asyncdb.report.draft import Draft, tally
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    factories = [each for each in survey.facts.session_factories if survey.holds(each.site.module)]
    factories = [each for each in factories if not each.is_scoped]
    opened = [each for facts in survey.module_facts() for each in facts.session_calls]
    has_async = any(each.makes_async_sessions is Tri.YES for each in factories) or any(o.is_async for o in opened)
    other = Side.NEUTRAL if has_async or survey.findings[Row.SESSION] else survey.side_of_sync
    names = []
    for factory in factories:
        names.append(_factory_text(factory))
        side = Side.GOOD if factory.makes_async_sessions is Tri.YES else other
        if factory.makes_async_sessions is Tri.UNKNOWN:
            side = Side.UNKNOWN
        draft.evidence.append(survey.at(factory.site, f"`{names[-1]}`", side))
    for each in opened:
        names.append(f"{'AsyncSession' if each.is_async else 'Session'}(engine)")
        draft.evidence.append(survey.at(each.site, f"`{names[-1]}`", Side.GOOD if each.is_async else other))
    draft.phrases.append(tally(names) if names else "no session made")
    return draft


def _factory_text(factory: SessionFactory) -> str:
    name = factory.callee.rpartition(".")[2]
    arguments = []
    if factory.makes_async_sessions is Tri.YES and name == "sessionmaker":
        arguments.append("class_=AsyncSession")
    if factory.options.get("expire_on_commit").is_literal(False):
        arguments.append("expire_on_commit=False")
    return f"{name}({', '.join(arguments)})" if arguments else name
