"""Row 6: how applications start and stop."""

from __future__ import annotations

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.facts.lifecycle import App, lifespans
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.values import Tri
from flake8_asyncdb.report.draft import Draft, tally
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    apps = [app for app in survey.facts.apps if app.is_root and survey.holds(app.site.module)]
    for app in apps:
        _exhibit_app(app, survey, draft)
    if not apps:
        draft.phrases.append("no application")
    makers = [service for service in survey.services() if service.makes_engine]
    if makers and not draft.has(Side.GOOD):
        draft.phrases.append(f"engine made in the constructor of {tally(service.cls.name for service in makers)}")
    codes = {each.code for each in survey.findings[Row.LIFECYCLE]}
    if "ADB605" in codes:
        draft.phrases.append("database I/O on import")
    draft.phrases = list(dict.fromkeys(draft.phrases))
    return draft


def _exhibit_app(app: App, survey: Survey, draft: Draft) -> None:
    if app.has_lifespan is Tri.YES:
        disposes = any(_disposes(function, survey) for function in lifespans(app))
        text = "`lifespan` that disposes of the engine" if disposes else "`lifespan`"
        draft.evidence.append(survey.at(app.site, text, Side.GOOD))
    elif app.has_lifespan is Tri.UNKNOWN:
        text = "whether it has a `lifespan` cannot be told"
        draft.evidence.append(survey.at(app.site, text, Side.UNKNOWN))
    elif app.hooks:
        text = "start-up and shutdown hooks"
        draft.evidence.append(survey.at(app.site, text, Side.NEUTRAL))
    else:
        text = "no `lifespan`" if app.engine is not None else "no `lifespan`, and no engine behind the application"
        draft.evidence.append(survey.at(app.site, text, Side.NEUTRAL))
    draft.phrases.append(text)


def _disposes(function: Function, survey: Survey) -> bool:
    return any(
        operation.method == "dispose"
        for reached in survey.facts.effects.reachable(function, lambda step: True)
        for operation in survey.facts.effects.operations(reached)
    )
