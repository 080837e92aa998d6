"""Row 7: what SQLite connections are set to."""

from __future__ import annotations

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.facts.engines import Engine
from flake8_asyncdb.facts.listeners import Listener, may_act_on
from flake8_asyncdb.report.draft import NAMED, Draft, tally
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    engines = survey.engines
    tuned: dict[str, str] = {}
    for engine in engines:
        if not engine.is_listened_only:
            tuned |= _exhibit_tuning(engine, survey, draft)
    codes = {each.code for each in survey.findings[Row.SQLITE]}
    if not engines:
        draft.phrases.append("no engine")
    elif tuned:
        draft.phrases.append(f"{_pragmas(tuned)} on the serving engine")
    elif "ADB702" in codes:
        inert = {k: v for each in survey.facts.listeners if each.is_inert for k, v in each.pragmas.items()}
        draft.phrases.append(f"{_pragmas(inert) or 'PRAGMAs'} never reach the serving engine")
    elif "ADB701" in codes:
        draft.phrases.append("a file with SQLite's defaults")
    elif draft.has(Side.UNKNOWN):
        draft.phrases.append("whether on SQLite cannot be told")
    else:
        dialects = sorted({url.dialect or "sqlite" for engine in engines for url in engine.urls})
        draft.phrases.append("SQLite in memory" if "sqlite" in dialects else f"no SQLite: {tally(dialects)}")
    if "ADB704" in codes:
        draft.phrases.append("`StaticPool`")
    return draft


def _exhibit_tuning(engine: Engine, survey: Survey, draft: Draft) -> dict[str, str]:
    """What an engine's SQLite connections are set to, with the evidence of it."""
    acting = [each for each in survey.facts.listeners if may_act_on(each, engine) and not each.is_inert]
    tuned: dict[str, str] = {}
    for listener in acting:
        side = Side.GOOD if listener.acts_on(engine) else Side.UNKNOWN
        draft.evidence.append(survey.at(listener.site, _listener_text(listener), side))
        tuned |= listener.pragmas
    if not acting and not any(url.is_sqlite for url in engine.urls):
        if not engine.urls or any(url.scheme is None for url in engine.urls):
            text = f"the URL `{engine.url_name}` is only known at run time"
            draft.evidence.append(survey.at(engine.site, text, Side.UNKNOWN))
    elif not acting and engine.sqlite_file is None and not all(url.text.exact for url in engine.urls):
        draft.evidence.append(survey.at(engine.site, "SQLite; whether in a file cannot be told", Side.UNKNOWN))
    return tuned


def _listener_text(listener: Listener) -> str:
    return f"sets {_pragmas(listener.pragmas)} on `{listener.target_text}`"


def _pragmas(pragmas: dict[str, str]) -> str:
    shown = [f"`{name}={value.upper()}`" if value else f"`{name}`" for name, value in pragmas.items()]
    return ", ".join(shown[:NAMED]) + (f" and {len(shown) - NAMED} more" if len(shown) > NAMED else "")
