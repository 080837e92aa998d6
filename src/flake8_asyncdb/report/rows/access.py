"""Row 9: the classes and functions that work on sessions."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.facts.services import Service, is_data_access
from flake8_asyncdb.facts.sessions import is_session
from flake8_asyncdb.model.project import Function, Module
from flake8_asyncdb.report.draft import UNKNOWN_USER, Draft, plural, tally
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import Side


def draw(survey: Survey) -> Draft:
    """The draft of the cell."""
    draft = Draft()
    services = [service for service in survey.services() if service.data_access_methods]
    layer: list[str] = []
    makers: list[str] = []
    openers: list[str] = []
    for service in services:
        if _is_given_session(service, survey):
            layer.append(service.cls.name)
            number = plural(len(service.data_access_methods), "method")
            text = f"`{service.cls.name}`: {number} on a given session"
            draft.evidence.append(survey.on(service.cls.module, service.node, text, Side.GOOD))
            continue
        (makers if service.makes_engine else openers).append(service.cls.name)
        text = f"`{service.cls.name}` makes its own {'engine' if service.makes_engine else 'sessions'}"
        draft.evidence.append(survey.on(service.cls.module, service.node, text, Side.NEUTRAL))
    functions = [(module, function.node) for module, function in _functions_given_session(survey)]
    draft.evidence += survey.first_of_each_module(functions, "function", " on a given session", Side.GOOD)
    if layer:
        draft.phrases.append(f"service layer: {tally(layer)}")
    for names, made in ((makers, "engine"), (openers, "sessions")):
        if names:
            draft.phrases.append(f"{tally(names)} {'makes its' if len(names) == 1 else 'make their'} own {made}")
    if functions:
        draft.phrases.append(f"{plural(len(functions), 'function')} on a given session")
    codes = {each.code for each in survey.findings[Row.ACCESS]}
    if "ADB902" in codes:
        draft.phrases.append("a session kept in a singleton")
    if "ADB903" in codes:
        draft.phrases.append("a session open from the import on")
    queries = [(facts.module, query.node) for facts in survey.module_facts() for query in facts.queries_in_handlers()]
    draft.evidence += survey.first_of_each_module(queries, "handler", " with queries of its own", Side.NEUTRAL)
    if not draft.phrases and queries:
        draft.phrases.append("no service layer: queries in handlers")
    elif not draft.phrases:
        _explain_no_access(survey, draft)
    return draft


def _explain_no_access(survey: Survey, draft: Draft) -> None:
    engines = survey.engines
    if engines:
        draft.phrases.append("no class or function seen that works on a session")
        draft.evidence.append(survey.at(engines[0].site, UNKNOWN_USER, Side.UNKNOWN))
    else:
        draft.phrases.append("no database")


def _is_given_session(service: Service, survey: Survey) -> bool:
    inference = survey.facts.inference
    if service.makes_engine or service.makes_factory:
        return False
    if any(is_session(value, inference) for value in service.held):
        return True
    return any(_takes_session(method, survey) for method in service.data_access_methods)


def _takes_session(function: Function, survey: Survey) -> bool:
    return any(is_session(survey.facts.inference.bound(each), survey.facts.inference) for each in function.parameters)


def _functions_given_session(survey: Survey) -> Iterator[tuple[Module, Function]]:
    """The plain functions, no handlers or dependencies, that query a session that they are given."""
    for module in survey.modules:
        for function in module.functions:
            if function.owner is not None and survey.facts.is_service(function.owner):
                continue
            if not survey.facts.is_endpoint(function) and _takes_session(function, survey):
                operations = survey.facts.effects.operations(function)
                if any(is_data_access(operation, survey.facts) for operation in operations):
                    yield module, function
