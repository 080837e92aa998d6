"""What a service has in each row of the table, drawn from its facts and findings."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from flake8_asyncdb.catalog import Row
from flake8_asyncdb.facts import ModuleFacts
from flake8_asyncdb.facts.columns import Zone
from flake8_asyncdb.facts.conversions import conversions_of
from flake8_asyncdb.facts.engines import Engine
from flake8_asyncdb.facts.injection import Provision, provisions
from flake8_asyncdb.facts.lifecycle import App, lifespans
from flake8_asyncdb.facts.listeners import Listener, may_act_on
from flake8_asyncdb.facts.practices import SOFT_DELETE
from flake8_asyncdb.facts.services import Service, is_data_access
from flake8_asyncdb.facts.sessions import SessionFactory, is_session
from flake8_asyncdb.model.effects import is_sync_io
from flake8_asyncdb.model.pins import NEWEST
from flake8_asyncdb.model.project import Class, Function, Module
from flake8_asyncdb.model.values import External, Tri, instances
from flake8_asyncdb.report.survey import Survey
from flake8_asyncdb.report.table import ROWS, Cell, Evidence, Side, State, state_of

UNKNOWN_USER = "an engine; what uses it is unknown"
NAMED = 3
"""How many names a cell spells out before it counts the rest."""


@dataclass
class Draft:
    """A cell in the making: the phrases of its text, and the evidence of its facts."""

    phrases: list[str] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)

    def has(self, side: Side) -> bool:
        """Whether some of the evidence speaks for a side."""
        return any(each.side is side for each in self.evidence)


def cells(survey: Survey) -> tuple[Cell, ...]:
    """The cells of a service, one for each row."""
    return tuple(_cell(row, survey) for row in ROWS)


def _cell(row: Row, survey: Survey) -> Cell:
    findings = survey.findings[row]
    try:
        draft = DRAWN[row](survey)
    except RecursionError:
        draft = Draft(["code that is nested too deeply"])
    evidence = findings + draft.evidence
    if state_of(evidence) is State.UNUSED and survey.unread:
        draft.phrases.append(f"but {plural(len(survey.unread), 'file')} cannot be read")
        evidence += [Evidence(path, 1, "this Python cannot read the file", Side.UNKNOWN) for path in survey.unread]
    return Cell(row, state_of(evidence), ", ".join(draft.phrases), tuple(evidence))


def tally(names: Iterable[str]) -> str:
    """Names in code quotes with their numbers, the frequent ones first: "2 × `create_engine`, `engine_from_config`"."""
    counted = Counter(iter(names)).most_common()
    shown = [f"`{name}`" if number == 1 else f"{number} × `{name}`" for name, number in counted[:NAMED]]
    return ", ".join(shown) + (f" and {len(counted) - NAMED} more" if len(counted) > NAMED else "")


def plural(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# -- 1 SQLAlchemy


def _sqlalchemy(survey: Survey) -> Draft:
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
        side = _side_of_sync(survey)
        where = "behind plain `def` functions" if side is Side.NEUTRAL else "whether on the event loop cannot be told"
        draft.phrases.append(f"sync API{version}, {where}")
        draft.evidence += _exhibit_by_module(survey, synchronous, "sync call", " on the database", side)
    elif not awaited and (engines := _engines(survey)):
        draft.phrases.append("no call on a session or connection seen")
        draft.evidence.append(survey.at(engines[0].site, UNKNOWN_USER, Side.UNKNOWN))
    elif not awaited:
        draft.phrases.append("no database")
    return draft


def _exhibit_async_calls(survey: Survey, draft: Draft) -> Iterator[int]:
    """The number of awaited database calls of each module, with one piece of evidence."""
    for facts in _facts(survey):
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
        for operation in survey.facts.effects.operations(function)
        if is_sync_io(operation)
    ]


def _exhibit_by_module(
    survey: Survey, nodes: Sequence[tuple[Module, ast.expr | ast.stmt]], noun: str, rest: str, side: Side
) -> Iterator[Evidence]:
    """The first of each module's nodes, with their number."""
    by_module: dict[Module, list[ast.expr | ast.stmt]] = {}
    for module, node in nodes:
        by_module.setdefault(module, []).append(node)
    for module, found in by_module.items():
        first = min(found, key=lambda node: node.lineno)
        yield survey.on(module, first, f"{plural(len(found), noun)}{rest}", side)


def _side_of_sync(survey: Survey) -> Side:
    """What a sync engine, factory or call that no finding speaks of is: known to stay off the event loop, or unknown.

    It is known where nothing in the project is async, and where plain `def` handlers or dependencies, which
    run in threads, are seen to use the sync API.
    """
    facts = survey.facts
    if not facts.loop.entry_points:
        return Side.NEUTRAL
    for function in _endpoints(survey):
        if not function.is_async:
            for reached in facts.effects.reachable(function, lambda step: not step.function.is_async):
                if any(is_sync_io(operation) for operation in facts.effects.operations(reached)):
                    return Side.NEUTRAL
    return Side.UNKNOWN


def _version(survey: Survey) -> str:
    """The SQLAlchemy that the project's files name: " (SQLAlchemy 2.0.45)"."""
    pin = survey.facts.project.pin("sqlalchemy")
    if pin is None or pin.lowest == (0,):
        return ""
    lowest = ".".join(map(str, pin.lowest))
    exact = pin.highest != NEWEST and pin.highest[: len(pin.lowest)] == pin.lowest
    return f" (SQLAlchemy {lowest}{'' if exact else '+'})"


# -- 2 Engine


def _engine(survey: Survey) -> Draft:
    draft = Draft()
    engines = _engines(survey)
    served = [engine for engine in engines if not engine.is_listened_only]
    has_async = any(_is_async(engine) for engine in served)
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


def _is_async(engine: Engine) -> bool:
    return engine.is_async or engine.is_wrapped_async


def _described(engine: Engine) -> str:
    ping = engine.options.get("pool_pre_ping").is_literal(True)
    return f"`{engine.call_name}`" + (", `pool_pre_ping=True`" if ping else "")


def _side(engine: Engine, has_async: bool, survey: Survey) -> Side:
    if _is_async(engine):
        return Side.GOOD
    return Side.NEUTRAL if has_async or engine.feeds_event_loop else _side_of_sync(survey)


# -- 3 Session


def _session(survey: Survey) -> Draft:
    draft = Draft()
    factories = [each for each in survey.facts.session_factories if survey.holds(each.site.module)]
    factories = [each for each in factories if not each.is_scoped]
    opened = [each for facts in _facts(survey) for each in facts.session_calls]
    has_async = any(each.makes_async_sessions is Tri.YES for each in factories) or any(o.is_async for o in opened)
    other = Side.NEUTRAL if has_async or survey.findings[Row.SESSION] else _side_of_sync(survey)
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


# -- 4 DateTime

ZONE_SIDES = {Zone.AWARE: Side.GOOD, Zone.NAIVE: Side.BAD}


def _datetime(survey: Survey) -> Draft:
    draft = Draft()
    zones: Counter[Zone] = Counter()
    found = {(each.path, each.line) for each in survey.findings[Row.DATETIME]}
    for facts in _facts(survey):
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


# -- 5 Dependency injection


def _injection(survey: Survey) -> Draft:
    draft = Draft()
    forms: Counter[str] = Counter()
    services: Counter[str] = Counter()
    substitutes: set[str] = set()
    for function in _endpoints(survey):
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
    handlers = [handler for facts in _facts(survey) for handler in facts.handlers]
    if not handlers:
        draft.phrases.append("no handlers")
    elif _engines(survey) or survey.facts.session_factories:
        draft.phrases.append(f"no session seen in {plural(len(handlers), 'handler')}")
        first = handlers[0].function
        draft.evidence.append(
            survey.on(first.module, first.node, "a handler; where it has its data from is unknown", Side.UNKNOWN)
        )
    else:
        draft.phrases.append("handlers without a database")


# -- 6 Lifecycle


def _lifecycle(survey: Survey) -> Draft:
    draft = Draft()
    apps = [app for app in survey.facts.apps if app.is_root and survey.holds(app.site.module)]
    for app in apps:
        _exhibit_app(app, survey, draft)
    if not apps:
        draft.phrases.append("no application")
    makers = [service for service in _services(survey) if service.makes_engine]
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


# -- 7 SQLite


def _sqlite(survey: Survey) -> Draft:
    draft = Draft()
    engines = _engines(survey)
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
            text = f"the URL `{_url_text(engine)}` is only known at run time"
            draft.evidence.append(survey.at(engine.site, text, Side.UNKNOWN))
    elif not acting and engine.sqlite_file is None and not all(url.text.exact for url in engine.urls):
        draft.evidence.append(survey.at(engine.site, "SQLite; whether in a file cannot be told", Side.UNKNOWN))
    return tuned


def _listener_text(listener: Listener) -> str:
    return f"sets {_pragmas(listener.pragmas)} on `{listener.target_text}`"


def _pragmas(pragmas: dict[str, str]) -> str:
    shown = [f"`{name}={value.upper()}`" if value else f"`{name}`" for name, value in pragmas.items()]
    return ", ".join(shown[:NAMED]) + (f" and {len(shown) - NAMED} more" if len(shown) > NAMED else "")


# -- 8 URL


def _url(survey: Survey) -> Draft:
    draft = Draft()
    served = [engine for engine in _engines(survey) if not engine.is_listened_only]
    converted: dict[str, None] = {}
    plain: dict[str, None] = {}
    for engine in served:
        known = [url for url in engine.urls if url.scheme]
        reached = _async_schemes(engine) if _is_async(engine) else []
        converted.update(dict.fromkeys(reached))
        if reached:
            draft.evidence.append(survey.at(engine.site, f"reaches the engine as {tally(reached)}", Side.GOOD))
        elif not _is_async(engine) or any(url.is_async is Tri.NO for url in known):
            schemes = [url.scheme for url in known if url.scheme]
            plain.update(dict.fromkeys(schemes))
            text = f"{tally(schemes) or 'the URL'} stays with its sync driver"
            on_loop = _is_async(engine) or engine.feeds_event_loop
            draft.evidence.append(survey.at(engine.site, text, Side.BAD if on_loop else Side.NEUTRAL))
        else:
            text = f"the URL `{_url_text(engine)}` is only known at run time"
            draft.evidence.append(survey.at(engine.site, text, Side.UNKNOWN))
    conversions = [
        survey.on(facts.module, conversion.node, "exchanges the driver of the URL", Side.NEUTRAL)
        for facts in _facts(survey)
        for conversion in facts.url_conversions
    ]
    draft.evidence += conversions
    if converted:
        draft.phrases.append(f"{'converted to ' if conversions else ''}{tally(converted)}")
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


def _url_text(engine: Engine) -> str:
    return ast.unparse(engine.url_node) if engine.url_node is not None and _is_name(engine.url_node) else "..."


def _is_name(node: ast.expr) -> bool:
    """Whether an expression only names something: what is written out may hold a password."""
    return not any(isinstance(part, ast.Constant | ast.JoinedStr) for part in ast.walk(node))


# -- 9 Access pattern


def _access(survey: Survey) -> Draft:
    draft = Draft()
    services = [service for service in _services(survey) if service.data_access_methods]
    layer = []
    for service in services:
        if _is_given_session(service, survey):
            layer.append(service.cls.name)
            number = plural(len(service.data_access_methods), "method")
            text = f"`{service.cls.name}`: {number} on a given session"
            draft.evidence.append(survey.on(service.cls.module, service.node, text, Side.GOOD))
        elif service.makes_engine or service.makes_factory:
            draft.phrases.append(f"`{service.cls.name}` makes its own engine")
        else:
            text = f"`{service.cls.name}` opens its sessions itself"
            draft.evidence.append(survey.on(service.cls.module, service.node, text, Side.NEUTRAL))
    functions = [(module, function.node) for module, function in _functions_given_session(survey)]
    draft.evidence += _exhibit_by_module(survey, functions, "function", " on a given session", Side.GOOD)
    if layer:
        draft.phrases.insert(0, f"service layer: {tally(layer)}")
    if functions:
        draft.phrases.append(f"{plural(len(functions), 'function')} on a given session")
    codes = {each.code for each in survey.findings[Row.ACCESS]}
    if "ADB902" in codes:
        draft.phrases.append("a session kept in a singleton")
    if "ADB903" in codes:
        draft.phrases.append("a session open from the import on")
    queries = [(facts.module, query.node) for facts in _facts(survey) for query in facts.queries_in_handlers()]
    draft.evidence += _exhibit_by_module(survey, queries, "handler", " with queries of its own", Side.NEUTRAL)
    if not draft.phrases and queries:
        draft.phrases.append("no service layer: queries in handlers")
    elif not draft.phrases:
        _explain_no_access(survey, draft)
    return draft


def _explain_no_access(survey: Survey, draft: Draft) -> None:
    engines = _engines(survey)
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


# -- general practices


def _practices(survey: Survey) -> Draft:
    draft = Draft()
    keys = [column for facts in _facts(survey) for column in facts.columns if column.is_foreign_key]
    indexed = [column for column in keys if column.may_be_indexed]
    draft.evidence += [survey.at(column.site, "an indexed foreign key", Side.GOOD) for column in indexed]
    if keys:
        draft.phrases.append(f"{len(indexed)} of {plural(len(keys), 'foreign key')} indexed")
    if _engines(survey):
        _exhibit_timing(survey, draft)
    marked = [
        (cls.module, cls.node)
        for facts in _facts(survey)
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
        engine = _engines(survey)[0]
        draft.evidence.append(survey.at(engine.site, "an engine; what times its queries is unknown", Side.UNKNOWN))
    else:
        draft.phrases.append("no slow-query log")


TRACERS = (b"SQLAlchemyInstrumentor", b"instrument_sqlalchemy", b"SqlalchemyIntegration")
"""What OpenTelemetry, Logfire and Sentry call their tracing of SQLAlchemy."""


# -- what several rows ask for


def _facts(survey: Survey) -> Iterator[ModuleFacts]:
    for module in survey.modules:
        yield survey.facts.module(module)


def _engines(survey: Survey) -> list[Engine]:
    return [engine for engine in survey.facts.engines if survey.holds(engine.site.module)]


def _services(survey: Survey) -> Iterator[Service]:
    for facts in _facts(survey):
        yield from (service for service in facts.services if service.is_service)


def _endpoints(survey: Survey) -> list[Function]:
    """The handlers and dependencies of the service."""
    found: dict[Function, None] = {}
    for facts in _facts(survey):
        found.update((handler.function, None) for handler in facts.handlers)
        for injected in facts.injections:
            found.update((function, None) for function in injected.functions() if survey.holds(function.module))
    return list(found)


DRAWN: dict[Row, Callable[[Survey], Draft]] = {
    Row.SQLALCHEMY: _sqlalchemy,
    Row.ENGINE: _engine,
    Row.SESSION: _session,
    Row.DATETIME: _datetime,
    Row.INJECTION: _injection,
    Row.LIFECYCLE: _lifecycle,
    Row.SQLITE: _sqlite,
    Row.URL: _url,
    Row.ACCESS: _access,
    Row.PRACTICES: _practices,
}
