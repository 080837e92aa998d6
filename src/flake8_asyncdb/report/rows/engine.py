"""Row 2: the engines that the service makes."""

from __future__ import annotations

from flake8_asyncdb.facts.engines import Engine
from flake8_asyncdb.report.draft import Draft, tally
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    engines = survey.engines
    served = [engine for engine in engines if not engine.is_listened_only]
    has_async = any(engine.serves_async for engine in served)
    for engine in engines:
        if engine.is_listened_only:
            draft.evidence.append(survey.at(engine.site, "an engine for a listener alone", Side.NEUTRAL))
        else:
            draft.evidence.append(survey.at(engine.site, _described(engine), _side(engine, has_async, survey)))
    if served:
        draft.phrases.append(tally(engine.call_name for engine in served))
        pooled = [engine for engine in served if not engine.is_sqlite]
        if pooled and all(engine.options.get("pool_pre_ping").is_literal(True) for engine in pooled):
            draft.phrases.append("`pool_pre_ping=True`")
    else:
        draft.phrases.append("no engine")
    return draft


def _described(engine: Engine) -> str:
    ping = engine.options.get("pool_pre_ping").is_literal(True)
    return f"`{engine.call_name}`" + (", `pool_pre_ping=True`" if ping else "")


def _side(engine: Engine, has_async: bool, survey: Survey) -> Side:
    if engine.serves_async:
        return Side.GOOD
    return Side.NEUTRAL if has_async or engine.feeds_event_loop else survey.side_of_sync
