"""Row 8: the driver that URLs reach their engines with."""

from __future__ import annotations

from flake8_asyncdb.facts.conversions import conversions_of
from flake8_asyncdb.facts.engines import Engine
from flake8_asyncdb.model.values import Tri
from flake8_asyncdb.report.draft import Draft, tally
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    served = [engine for engine in survey.engines if not engine.is_listened_only]
    converted: dict[str, None] = {}
    plain: dict[str, None] = {}
    for engine in served:
        known = [url for url in engine.urls if url.scheme]
        reached = _async_schemes(engine) if engine.serves_async else []
        converted.update(dict.fromkeys(reached))
        if reached:
            draft.evidence.append(survey.at(engine.site, f"reaches the engine as {tally(reached)}", Side.GOOD))
        elif not engine.serves_async or any(url.is_async is Tri.NO for url in known):
            schemes = [url.scheme for url in known if url.scheme]
            plain.update(dict.fromkeys(schemes))
            text = f"{tally(schemes) or 'the URL'} stays with its sync driver"
            on_loop = engine.serves_async or engine.feeds_event_loop
            draft.evidence.append(survey.at(engine.site, text, Side.BAD if on_loop else Side.NEUTRAL))
        else:
            text = f"the URL `{engine.url_name}` is only known at run time"
            draft.evidence.append(survey.at(engine.site, text, Side.UNKNOWN))
    draft.evidence += [
        survey.on(facts.module, conversion.node, "exchanges the driver of the URL", Side.NEUTRAL)
        for facts in survey.module_facts()
        for conversion in facts.url_conversions
    ]
    if converted:
        passes = any(True for engine in served for _ in conversions_of(engine))
        draft.phrases.append(f"{'converted to ' if passes else ''}{tally(converted)}")
    if plain or draft.has(Side.BAD):
        draft.phrases.append(f"{tally(plain) or 'URL'} not converted")
    if not draft.phrases and served:
        unknown = draft.has(Side.UNKNOWN)
        draft.phrases.append("URL only known at run time" if unknown else "URL with a sync driver")
    elif not draft.phrases:
        draft.phrases.append("no engine")
    return draft


def _async_schemes(engine: Engine) -> list[str]:
    """The schemes with async drivers that an engine's URL is known to have, or is converted to on its way."""
    known = [url.scheme for url in engine.urls if url.scheme and url.is_async is Tri.YES]
    if known:
        return known
    passed = list(conversions_of(engine))
    return [scheme for each in passed for scheme in each.schemes] if all(each.is_async for each in passed) else []
