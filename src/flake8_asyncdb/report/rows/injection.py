"""Row 5: how handlers and dependencies come by sessions and services."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.facts.injection import Provision, provisions
from flake8_asyncdb.facts.sessions import is_session
from flake8_asyncdb.model.project import Class
from flake8_asyncdb.model.values import External, instances
from flake8_asyncdb.report.draft import Draft, plural, tally
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    forms: Counter[str] = Counter()
    services: Counter[str] = Counter()
    substitutes: set[str] = set()
    for function in survey.endpoints:
        for provision in provisions(function, survey.facts):
            injected = _injected(provision, survey)
            if injected is None or not isinstance(provision.binding.node, ast.arg):
                continue
            side = Side.NEUTRAL if injected.makes_engine else Side.GOOD
            draft.evidence.append(survey.on(function.module, provision.binding.node, f"`{injected.form}`", side))
            if injected.makes_engine:
                substitutes.add(injected.name)
            else:
                (forms if injected.is_session else services)[injected.form] += 1
    shown = forms or services
    findings = survey.findings[Row.INJECTION]
    if shown:
        draft.phrases.append(_most_used(shown))
        if forms and services:
            draft.phrases.append(f"{plural(len(services), 'injected service')}")
    elif not findings and not substitutes:
        _explain_no_injection(survey, draft)
    if substitutes:
        draft.phrases.append(f"{tally(sorted(substitutes))} injected in place of a session")
    codes = {each.code for each in findings}
    if "ADB502" in codes:
        draft.phrases.append("sessions opened in handlers")
    if "ADB501" in codes:
        draft.phrases.append("services built in handlers")
    if "ADB506" in codes:
        draft.phrases.append("provider driven by hand")
    return draft


def _most_used(forms: Counter[str]) -> str:
    (form, number), *others = forms.most_common()
    more = f" and {plural(len(others), 'other form')}" if others else ""
    return f"`{form}` in {plural(number, 'parameter')}{more}"


@dataclass(frozen=True)
class Injected:
    """A session or a service that a `Depends` puts into a parameter: its class, and how the code spells it."""

    name: str
    form: str
    is_session: bool = False
    makes_engine: bool = False


def _injected(provision: Provision, survey: Survey) -> Injected | None:
    """What a parameter gets, where that is a session or a service."""
    if provision.depends.site is None:
        return None
    provider = _provider_text(provision.depends.site.node)
    for instance in instances(provision.value):
        by_default = isinstance(provision.binding.value, ast.Call)
        name = instance.cls.name.rpartition(".")[2] if isinstance(instance.cls, Class | External) else ""
        form = f"{name} = Depends({provider})" if by_default else f"Annotated[{name}, Depends({provider})]"
        if is_session(instance, survey.facts.inference):
            return Injected(name, form, is_session=True)
        if isinstance(instance.cls, Class) and survey.facts.is_service(instance.cls):
            return Injected(name, form, makes_engine=survey.facts.service(instance.cls).makes_engine)
    return None


def _provider_text(depends: ast.Call) -> str:
    arguments = [*depends.args[:1], *(k.value for k in depends.keywords if k.arg == "dependency")]
    return ast.unparse(arguments[0]) if arguments else "..."


def _explain_no_injection(survey: Survey, draft: Draft) -> None:
    handlers = [handler for facts in survey.module_facts() for handler in facts.handlers]
    if not handlers:
        draft.phrases.append("no handlers")
    elif survey.engines or survey.facts.session_factories:
        draft.phrases.append(f"no session seen in {plural(len(handlers), 'handler')}")
        first = handlers[0].function
        draft.evidence.append(
            survey.on(first.module, first.node, "a handler; where it has its data from is unknown", Side.UNKNOWN)
        )
    else:
        draft.phrases.append("handlers without a database")
