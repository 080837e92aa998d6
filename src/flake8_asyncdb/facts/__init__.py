"""What the code has, in the domain's words; extracted once for each module and shared by all checks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from flake8_asyncdb.facts import (
    blocking,
    closing,
    columns,
    conversions,
    coroutines,
    datetimes,
    escapes,
    injection,
    lifecycle,
    listeners,
    practices,
    providers,
    routing,
    streams,
    tables,
)
from flake8_asyncdb.facts.blocking import BlockingCall, ImportTimeIO, LoopPerTask, NestedLoop, SyncConnection
from flake8_asyncdb.facts.closing import OpenSession
from flake8_asyncdb.facts.columns import (
    COLUMN_CALLS,
    DECLARATIVE_BASES,
    FIELD,
    Column,
    ImplicitColumn,
    MappedClass,
    Zone,
)
from flake8_asyncdb.facts.conversions import UrlConversion
from flake8_asyncdb.facts.coroutines import AsyncCall, SharedSession
from flake8_asyncdb.facts.datetimes import DateTimeColumn
from flake8_asyncdb.facts.engines import Engine, engine_sites
from flake8_asyncdb.facts.escapes import EscapingSession
from flake8_asyncdb.facts.injection import Handler, HandlerBody, Injection
from flake8_asyncdb.facts.lifecycle import App, Hook
from flake8_asyncdb.facts.listeners import Listener
from flake8_asyncdb.facts.loop import EventLoop
from flake8_asyncdb.facts.providers import (
    HandDrivenProvider,
    LostWrite,
    SessionProvider,
    UnfilledCall,
    yields_session,
)
from flake8_asyncdb.facts.relationships import RELATIONSHIP_CALLS, Relationship
from flake8_asyncdb.facts.services import Service, Singleton, singletons_with_session
from flake8_asyncdb.facts.sessions import (
    MisannotatedProvider,
    OpenedSession,
    SessionBinding,
    SessionFactory,
    WrongWith,
    found_sessions,
    misannotated_providers,
    session_bindings,
    wrong_withs,
)
from flake8_asyncdb.facts.streams import ParkedSession
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import Effects
from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Function, Module, Namespace, Project
from flake8_asyncdb.model.scopes import Binding, Kind, Scope, last_word
from flake8_asyncdb.model.text_flow import TextEvaluator
from flake8_asyncdb.model.values import (
    UNKNOWN,
    External,
    Instance,
    Method,
    Site,
    Tri,
    Value,
    instances,
    members,
)

ENGINE_CALLS = api.SYNC_ENGINE_CALLS | api.ASYNC_ENGINE_CALLS
FACTORY_CALLS = (api.SESSIONMAKER, api.ASYNC_SESSIONMAKER, api.SCOPED_SESSION, api.ASYNC_SCOPED_SESSION)
APP_CALLS = (api.FASTAPI, api.STARLETTE)


class Settings(NamedTuple):
    """What the user says of the project: `app` is `auto`, `async` or `sync`."""

    app: str = "auto"
    include: frozenset[str] = frozenset()


class ModuleFacts:
    """The facts of one module."""

    def __init__(self, module: Module, project: ProjectFacts) -> None:
        self.module = module
        self.project = project
        self._session_bindings: dict[Function, list[SessionBinding]] = {}

    @cached_property
    def sites(self) -> list[Site]:
        """Every call in the module, in source order within each scope."""
        scope_of_call = self.module.index.scope_of_call
        return [Site(node, scope) for node, scope in scope_of_call.items()]

    @cached_property
    def _by_last_word(self) -> dict[str, list[Site]]:
        """The calls by the last words of what is called, which is an attribute or a name."""
        found: dict[str, list[Site]] = {}
        for site in self.sites:
            found.setdefault(last_word(site.node.func), []).append(site)
        return found

    def calls_of(self, *methods: str) -> Iterator[Site]:
        """The calls of methods with these names, of whatever class."""
        for method in methods:
            for site in self._by_last_word.get(method, ()):
                if isinstance(site.node.func, ast.Attribute):
                    yield site

    def sites_naming(self, names: frozenset[str]) -> Iterator[Site]:
        """The calls that may be of functions with these names, or of classes if `__init__` is one of them."""
        known = names | _imported_as(names, self.module)
        named = (sites for word, sites in self._by_last_word.items() if word in known or "__init__" in names)
        return chain.from_iterable(named)

    @cached_property
    def _renamed_calls(self) -> dict[str, list[Site]]:
        """The calls of external functions and classes that may have another name where they come from."""
        found: dict[str, list[Site]] = {}
        renamed = (sites for word, sites in self._by_last_word.items() if word in self._renamed)
        for site in chain.from_iterable(renamed):
            if not isinstance(site.node.func, ast.Attribute):
                for member in members(self.project.inference.value(site.node.func, site.scope)):
                    if isinstance(member, External):
                        found.setdefault(member.name, []).append(site)
        return found

    @cached_property
    def _renamed(self) -> frozenset[str]:
        """The last words of calls that may be no names of what is called, the empty one of other expressions too."""
        return frozenset(word for word in self._by_last_word if not word or self._is_renamed(word))

    def _is_renamed(self, name: str) -> bool:
        bindings = self.module.bindings.get(name)
        return not all(map(_keeps_name, bindings)) if bindings else bool(self.module.scope.star_imports)

    def calls_to(self, *names: str) -> Iterator[Site]:
        """The calls of these external functions and classes, by whatever name; as attributes, only by their own."""
        for name in names:
            word = name.rpartition(".")[2]
            yield from self._renamed_calls.get(name, ())
            for site in self._by_last_word.get(word, ()):
                if isinstance(site.node.func, ast.Attribute) or word not in self._renamed:
                    if External(name) in members(self.project.inference.value(site.node.func, site.scope)):
                        yield site

    @cached_property
    def engines(self) -> list[Engine]:
        """The engines that it makes."""
        return [Engine(site, name, self.project) for name in sorted(ENGINE_CALLS) for site in self.calls_to(name)]

    @cached_property
    def session_factories(self) -> list[SessionFactory]:
        """The session factories that it makes."""
        return [SessionFactory(site, name, self.project) for name in FACTORY_CALLS for site in self.calls_to(name)]

    @cached_property
    def session_calls(self) -> list[OpenedSession]:
        """The sessions made without a factory: the class called directly."""
        names = (api.ASYNC_SESSION, api.SESSION, "sqlmodel.ext.asyncio.AsyncSession", "sqlmodel.Session")
        return [OpenedSession(site, name, self.project) for name in names for site in self.calls_to(name)]

    @cached_property
    def columns(self) -> list[Column]:
        """The columns and SQLModel fields that it declares."""
        names = (*sorted(COLUMN_CALLS), FIELD)
        return [Column(site, name, self.project) for name in names for site in self.calls_to(name)]

    def column_at(self, node: ast.expr) -> Column | None:
        """The column that a call declares."""
        return self._columns_by_node.get(node)

    @cached_property
    def _columns_by_node(self) -> dict[ast.expr, Column]:
        return {column.node: column for column in self.columns}

    @cached_property
    def mapped_classes(self) -> list[MappedClass]:
        """The classes that it defines, seen as mapped classes."""
        return [MappedClass(cls, self.project) for cls in self.module.classes]

    def implicit_columns(self) -> Iterator[ImplicitColumn]:
        """The `datetime` columns whose type follows from the annotation alone."""
        for mapped in self.mapped_classes:
            yield from mapped.implicit_columns()

    def zone_of_column(self, column: Column) -> Zone | None:
        """What a column does with time zones, its annotation considered; None for what is no column at all."""
        if column.is_field and not self._is_table_field(column):
            return None
        if column.zone is not Zone.IMPLICIT:
            return column.zone
        implicit = self._implicit_by_value.get(column.node, [])
        return implicit[0].zone if implicit else Zone.UNKNOWN

    def _is_table_field(self, column: Column) -> bool:
        scope = column.site.scope
        return (
            isinstance(scope.node, ast.ClassDef) and MappedClass(self.module.class_(scope.node), self.project).has_table
        )

    @cached_property
    def _implicit_by_value(self) -> dict[ast.expr, list[ImplicitColumn]]:
        found: dict[ast.expr, list[ImplicitColumn]] = {}
        for implicit in self.implicit_columns():
            if implicit.node.value is not None:
                found.setdefault(implicit.node.value, []).append(implicit)
        return found

    def type_maps(self) -> Iterator[tuple[ast.Dict, Scope]]:
        """The `type_annotation_map` literals of the module."""
        for scope in self.module.index.scopes.values():
            for binding in scope.bindings.get("type_annotation_map", ()):
                if isinstance(binding.value, ast.Dict):
                    yield binding.value, scope
        for site in self.calls_to("sqlalchemy.orm.registry", "sqlalchemy.orm.declarative_base"):
            for keyword in site.node.keywords:
                if keyword.arg == "type_annotation_map" and isinstance(keyword.value, ast.Dict):
                    yield keyword.value, site.scope

    @cached_property
    def handlers(self) -> list[Handler]:
        """The route handlers that it defines or registers."""
        return list(injection.handlers(self.module, self.project))

    @cached_property
    def handler_bodies(self) -> list[HandlerBody]:
        """What its handlers' own bodies do."""
        return [HandlerBody(handler, self.project) for handler in self.handlers]

    @cached_property
    def injections(self) -> list[Injection]:
        """Its `Depends(...)` calls."""
        return list(injection.injections(self.module, self.project))

    @cached_property
    def middleware(self) -> list[Function]:
        """The middleware functions that it defines."""
        return list(injection.middleware(self.module, self.project))

    @cached_property
    def apps(self) -> list[App]:
        """The applications that it makes."""
        own = self.project.application_classes
        of_own = self.sites_naming(own) if own else ()
        made = [(site, api.FASTAPI) for site in of_own if self.project.makes_application(site)]
        made += [(site, name) for name in APP_CALLS for site in self.calls_to(name)]
        return [App(site, name, self.project) for site, name in made]

    @cached_property
    def hooks(self) -> list[Hook]:
        """The start-up and shutdown hooks that it registers."""
        return list(lifecycle.hooks(self))

    @cached_property
    def listeners(self) -> list[Listener]:
        """The event listeners that it registers."""
        return list(listeners.listeners(self))

    @cached_property
    def services(self) -> list[Service]:
        """The classes that it defines, seen as parts of the database layer."""
        return [self.project.service(cls) for cls in self.module.classes]

    def blocking_sessions(self) -> Iterator[SessionBinding]:
        """The sync sessions that its async functions use on the event loop; one for each function and name."""
        for function in self.module.functions:
            if function.is_async:
                seen: set[str] = set()
                for bound in (*self.session_bindings(function), *found_sessions(function, self.project)):
                    if bound.name not in seen:
                        seen.add(bound.name)
                        yield bound

    def session_bindings(self, function: Function) -> list[SessionBinding]:
        """The sync sessions that one of its functions binds and uses by itself where that blocks."""
        if function not in self._session_bindings:
            self._session_bindings[function] = list(session_bindings(function, self.project))
        return self._session_bindings[function]

    def blocking_calls(self) -> Iterator[BlockingCall]:
        """The calls by which its async functions block the event loop further down."""
        return blocking.blocking_calls(self)

    def sync_connections(self) -> Iterator[SyncConnection]:
        """The sync connections that its async functions open."""
        return blocking.sync_connections(self)

    def loops_per_task(self) -> Iterator[LoopPerTask]:
        """The worker tasks that use an engine of the module in a new event loop."""
        return blocking.loops_per_task(self)

    def nested_loops(self) -> Iterator[NestedLoop]:
        """The runs of database coroutines where a loop is running already."""
        return blocking.nested_loops(self)

    def import_time_io(self) -> Iterator[ImportTimeIO]:
        """The database I/O of its top level, where an application imports it."""
        found = list(blocking.import_time_io(self))
        return iter(found if found and self.module in self.project.application_modules else [])

    @cached_property
    def async_calls(self) -> list[AsyncCall]:
        """The calls of methods of the async API."""
        return list(coroutines.async_calls(self))

    def shared_sessions(self) -> Iterator[SharedSession]:
        """The places that run several tasks on one session."""
        return coroutines.shared_sessions(self)

    def open_sessions(self) -> Iterator[OpenSession]:
        """The sessions that its functions make and leave open."""
        return closing.open_sessions(self)

    def opened_at_import(self) -> Iterator[ast.stmt]:
        """The statements that open a session when it is imported, where requests or tasks come to share that."""
        found = list(closing.opened_at_import(self))
        return iter(found if found and self.module in self.project.shared_modules else [])

    def wrong_withs(self) -> Iterator[WrongWith]:
        """The `with` statements whose kind does not fit what they enter."""
        return wrong_withs(self.module, self.project.inference)

    def misannotated_providers(self) -> Iterator[MisannotatedProvider]:
        """The generators annotated with the session that they yield."""
        return misannotated_providers(self.module.functions, self.project.inference)

    def singletons_with_session(self) -> Iterator[Singleton]:
        """The module-level service objects that keep a session."""
        return singletons_with_session(self.module, self.project)

    def undisposed(self) -> Iterator[lifecycle.Undisposed]:
        """The lifespans that it defines and that leave an engine open."""
        own = [each.name.encode() for each in self.module.functions if each.is_async and each.is_generator]
        giving = self.project.project.mentioning(b"lifespan") if own else []
        is_given = any(name in module.source for module in giving for name in own)
        found = self.project.undisposed if is_given else []
        return (each for each in found if each.lifespan.module is self.module)

    @cached_property
    def hand_driven_providers(self) -> list[HandDrivenProvider]:
        """The places that drive a provider of sessions themselves."""
        return list(providers.hand_driven_providers(self))

    @cached_property
    def escaping_sessions(self) -> list[EscapingSession]:
        """The request's sessions that background work gets."""
        return list(escapes.escaping_sessions(self))

    def lost_writes(self) -> Iterator[LostWrite]:
        """The writes of its handlers that nobody commits."""
        return providers.lost_writes(self)

    def parked_sessions(self) -> Iterator[ParkedSession]:
        """The request's sessions that its streaming handlers hold."""
        return streams.parked_sessions(self)

    def unfilled_calls(self) -> Iterator[UnfilledCall]:
        """The direct calls that leave a `Depends` default in place."""
        return providers.unfilled_calls(self)

    def session_providers(self) -> Iterator[SessionProvider]:
        """The generator functions that it defines to provide sessions."""
        for function in self.module.functions:
            if yields_session(function, self.project.inference):
                yield SessionProvider(function, self.project)

    def relationships(self) -> Iterator[Relationship]:
        """The relationships that it declares."""
        for name in RELATIONSHIP_CALLS:
            yield from (Relationship(site, name, self.project) for site in self.calls_to(name))

    def raw_sql_calls(self) -> Iterator[practices.RawSql]:
        """The plain strings given where a statement belongs."""
        return practices.raw_sql_calls(self)

    def slow_awaits(self) -> Iterator[practices.SlowAwait]:
        """The slow work awaited inside transactions."""
        return practices.slow_awaits(self)

    def session_defaults(self) -> Iterator[practices.SessionDefault]:
        """The parameters whose session is injected by a default."""
        return practices.session_defaults(self)

    def services_from_sessions(self) -> Iterator[practices.BuiltService]:
        """The services that handlers build from their session by a class method."""
        return practices.services_from_sessions(self)

    def scheme_replacements(self) -> Iterator[ast.Call]:
        """The `replace` calls that exchange the scheme of a URL."""
        return practices.scheme_replacements(self)

    @cached_property
    def url_conversions(self) -> list[UrlConversion]:
        """The calls that exchange the driver of a URL, by `replace` or `set(drivername=...)`."""
        return list(conversions.url_conversions(self))

    def datetime_columns(self) -> Iterator[DateTimeColumn]:
        """The columns that hold dates with times."""
        return datetimes.datetime_columns(self)

    def queries_in_handlers(self) -> Iterator[practices.HandlerQuery]:
        """The handlers that query the database themselves."""
        return practices.queries_in_handlers(self)

    def double_commits(self) -> Iterator[practices.DoubleCommit]:
        """The commits of sessions that their provider commits too."""
        return practices.double_commits(self)

    def hard_deletions(self) -> Iterator[practices.HardDeletion]:
        """The real deletions of models that can be marked as deleted."""
        return practices.hard_deletions(self)


class ProjectFacts:
    """The facts of one project: those of its modules, and what only the whole of it can tell."""

    def __init__(self, project: Project, settings: Settings | None = None) -> None:
        self.project = project
        self.settings = settings or Settings()
        self.inference = Inference(project)
        self.texts = TextEvaluator(self.inference)
        self.effects = Effects(self.inference)
        self.loop = EventLoop(self)
        self._modules: dict[Module, ModuleFacts] = {}
        self._services: dict[Class, Service] = {}
        self._pending_services: set[Class] = set()
        self._heirs: dict[Class, list[Class]] = {}

    def module(self, module: Module) -> ModuleFacts:
        """The facts of one module."""
        known = self._modules.get(module)
        if known is None:
            known = self._modules[module] = ModuleFacts(module, self)
        return known

    def modules_mentioning(self, *words: bytes) -> Iterator[ModuleFacts]:
        """The modules of the running program in whose text one of the words occurs."""
        for module in self.project.mentioning(*words):
            yield self.module(module)

    def engine_sites(self, instance: Instance) -> set[Site]:
        """The engines behind a session, a connection, a factory or an engine."""
        return engine_sites(instance, self)

    @cached_property
    def _endpoints(self) -> frozenset[Function]:
        words = (b"fastapi", b"starlette", b"APIRouter", b"Depends")
        found: set[Function] = set()
        for facts in self.modules_mentioning(*words):
            found.update(handler.function for handler in facts.handlers)
            for injected in facts.injections:
                found.update(injected.functions())
        return frozenset(found)

    def is_endpoint(self, function: Function) -> bool:
        """Whether FastAPI calls a function: a handler or a dependency."""
        return function in self._endpoints

    def runs_for_requests_only(self, function: Function) -> bool:
        """Whether a function is a handler or dependency, or is called by nothing but such functions."""
        pending = [function]
        for reached in pending:
            if self.is_endpoint(reached):
                continue
            callers = self.callers(reached)
            if not callers:
                return False
            pending += [caller for caller in callers if caller not in pending]
        return any(self.is_endpoint(reached) for reached in pending)

    @cached_property
    def application_modules(self) -> frozenset[Module]:
        """The modules that an application imports, directly or not, its own included."""
        return frozenset(module for app in self.apps for module in self.project.closure(app.site.module))

    @cached_property
    def shared_modules(self) -> frozenset[Module]:
        """The modules of an application, and those that modules with coroutines import: not a script's own."""
        importers = self.project.mentioning(b"async def")
        imported = {found for module in importers for found in self.project.closure(module)[1:]}
        return self.application_modules | imported

    @cached_property
    def has_async_sessions(self) -> bool:
        """Whether the program makes AsyncSessions."""
        return any(factory.makes_async_sessions is Tri.YES for factory in self.session_factories) or any(
            opened.is_async for facts in self.modules_mentioning(b"AsyncSession(") for opened in facts.session_calls
        )

    @cached_property
    def has_sync_sessions(self) -> bool:
        """Whether the program makes sync sessions, or may."""
        return any(factory.makes_async_sessions is not Tri.YES for factory in self.session_factories) or any(
            not opened.is_async for facts in self.modules_mentioning(b"Session(") for opened in facts.session_calls
        )

    @cached_property
    def session_factories(self) -> list[SessionFactory]:
        """Every session factory of the running program."""
        words = (b"sessionmaker", b"scoped_session")
        return [factory for facts in self.modules_mentioning(*words) for factory in facts.session_factories]

    def callers(self, function: Function) -> list[Function]:
        """The functions of the running program that call a function by name."""
        return [
            reader
            for module in self.project.mentioning(function.name.encode())
            for reader in _readers({function.name}, module)
            if any(step.function is function for step in self.effects.steps(reader))
        ]

    def is_cached(self, function: Function) -> bool:
        """Whether a decorator keeps what a function returns, or one that is not known may."""
        cached = {
            External("functools.lru_cache"),
            External("functools.cache"),
            External("functools.cached_property"),
        }
        return any(d in cached for d in self.inference.decorators(function)) or self.inference.is_opaque(function)

    @cached_property
    def injecting_functions(self) -> frozenset[str]:
        """The names of the functions that may have a parameter with a `Depends(...)` default."""
        return self.project.functions_naming("Depends", "Security")

    # -- versions

    def sqlalchemy_is_below(self, version: tuple[int, ...]) -> bool:
        """Whether the project surely uses an older SQLAlchemy."""
        pin = self.project.pin("sqlalchemy")
        return pin is not None and pin.is_below(version)

    @property
    def sqlmodel_is_naive(self) -> bool:
        """Whether the project's files allow a SQLModel before 0.0.45, which made plain `datetime` fields aware."""
        pin = self.project.pin("sqlmodel")
        return pin is not None and not pin.is_at_least((0, 0, 45))

    @property
    def commits_after_response(self) -> bool:
        """Whether the project's FastAPI surely runs the code after a dependency's `yield` when the response is sent."""
        pin = self.project.pin("fastapi")
        return pin is not None and (pin.is_at_least((0, 118)) or pin.is_below((0, 106)))

    @property
    def may_scope_dependencies(self) -> bool:
        """Whether the project's FastAPI may know `Depends(..., scope="function")`, new in 0.121."""
        pin = self.project.pin("fastapi")
        return pin is None or not pin.is_below((0, 121))

    @property
    def closes_before_streaming(self) -> bool:
        """Whether the project's FastAPI surely ends dependencies before it streams: 0.106 to 0.117."""
        pin = self.project.pin("fastapi")
        return pin is not None and pin.is_at_least((0, 106)) and pin.is_below((0, 118))

    def is_async_for(self, reached: bool) -> bool:
        """Whether the project counts as an async database application where the event loop reaches something or not."""
        return reached if self.settings.app == "auto" else self.settings.app == "async"

    # -- factories, engines and listeners

    @cached_property
    def configurations(self) -> dict[Site, list[Site]]:
        """The later `configure()` calls of each session factory or registry, by the call that makes it."""
        found: dict[Site, list[Site]] = {}
        for facts in self.modules_mentioning(b".configure("):
            for site in facts.calls_of("configure"):
                for member in members(self.inference.value(site.node.func, site.scope)):
                    if isinstance(member, Method) and member.receiver.site is not None and _is_factory(member.receiver):
                        found.setdefault(member.receiver.site, []).append(site)
        return found

    @cached_property
    def engines(self) -> list[Engine]:
        """Every engine of the running program."""
        words = (b"create_engine", b"create_async_engine", b"engine_from_config")
        return [engine for module in self.modules_mentioning(*words) for engine in module.engines]

    def engine_at(self, site: Site) -> Engine | None:
        """The engine that a call makes."""
        return next((engine for engine in self.engines if engine.site == site), None)

    @cached_property
    def listeners(self) -> list[Listener]:
        """Every event listener of the running program."""
        words = (b"listens_for", b"listen(")
        return [listener for module in self.modules_mentioning(*words) for listener in module.listeners]

    @cached_property
    def wal_switches(self) -> list[Site]:
        """The calls of the running program that switch a SQLite file to WAL, but for those of listeners."""
        words = (b"journal_mode",)
        return [site for module in self.modules_mentioning(*words) for site in listeners.wal_switches(module)]

    def is_used(self, engine: Site) -> bool:
        """Whether anything but event listeners uses the engine that a call makes."""
        return _name_given(engine) is None or engine in self._read_engines

    @cached_property
    def _read_engines(self) -> frozenset[Site]:
        """The engines under names of their own that anything but event listeners reads."""
        listening = {listener.node for listener in self.listeners}
        names = {name for engine in self.engines if (name := _name_given(engine.site)) is not None}
        found: set[Site] = set()
        for module in self.project.mentioning(*(name.encode() for name in names)):
            parents, scope_at = module.index.parents, module.index.scope_at
            for node in _loads(names, module):
                if parents.get(node) not in listening:
                    read = instances(self.inference.value(node, scope_at(node)))
                    found.update(instance.site for instance in read if instance.site is not None)
        return frozenset(found)

    @cached_property
    def foreign_key_roots(self) -> set[tables.Root | None]:
        """The declarative bases whose tables have foreign keys; None for tables without a class."""
        return set(tables.foreign_key_roots(self))

    @cached_property
    def created_tables(self) -> dict[Site, set[tables.Root | None]]:
        """The engines on which the program creates tables, each with the declarative bases of those tables."""
        return tables.created_tables(self)

    @cached_property
    def times_queries(self) -> bool:
        """Whether anything listens to the execution of statements, or a library that does is set up."""
        if any(listener.event.endswith("cursor_execute") for listener in self.listeners):
            return True
        return bool(self.project.mentioning(b"opentelemetry", b"sentry_sdk", b"ddtrace", b"newrelic", b"logfire"))

    @cached_property
    def disposes_somewhere(self) -> bool:
        """Whether any module of the running program disposes of an engine, or of anything else by that name."""
        return bool(self.project.mentioning(b".dispose"))

    @cached_property
    def serving_engines(self) -> frozenset[Site]:
        """The engines behind the program's session factories."""
        return frozenset(site for factory in self.session_factories for site in factory.engines)

    @cached_property
    def undisposed(self) -> list[lifecycle.Undisposed]:
        """The lifespans that leave an engine open."""
        return list(lifecycle.undisposed(self))

    # -- applications

    @cached_property
    def apps(self) -> list[App]:
        """Every application of the running program."""
        calling = self.project.calling("FastAPI", "Starlette", *sorted(self.application_classes))
        return [app for module in calling for app in self.module(module).apps]

    @cached_property
    def application_classes(self) -> frozenset[str]:
        """The names of the running program's own classes of applications."""
        classes = ["FastAPI", "Starlette"]
        words = {name.encode() for name in classes}
        if not any(words & module.subclassed for module in self.project.mentioning(*words)):
            return frozenset()
        for name in classes:
            heirs = [cls for module in self.project.subclassing(name) for cls in module.classes]
            heirs = [cls for cls in heirs if self.inference.is_subclass(cls, api.STARLETTE) is Tri.YES]
            classes += [heir.name for heir in heirs if heir.name not in classes]
        return frozenset(classes[2:])

    def makes_application(self, site: Site) -> bool:
        """Whether a call makes an application by a class of the project's own."""
        called = members(self.inference.value(site.node.func, site.scope))
        own = [each for each in called if isinstance(each, Class)]
        return any(self.inference.is_subclass(each, api.STARLETTE) is Tri.YES for each in own)

    @cached_property
    def inclusions(self) -> dict[Site, list[Site]]:
        """The `include_router(...)` calls of the running program, for each router that they include."""
        return routing.inclusions(self)

    @cached_property
    def mounted_apps(self) -> frozenset[Site]:
        """The applications that another one mounts."""
        found = self.project.calling(*lifecycle.MOUNTING) if len(self.apps) > 1 else []
        return frozenset(site for module in found for site in lifecycle.mounted(self.module(module)))

    @cached_property
    def late_lifespans(self) -> frozenset[Site]:
        """The applications that get their lifespan after they were made."""
        words = (b"lifespan_context",)
        return frozenset(
            site for module in self.modules_mentioning(*words) for site in lifecycle.late_lifespans(module)
        )

    @cached_property
    def hooks(self) -> list[Hook]:
        """Every start-up and shutdown hook."""
        words = (b"on_event", b"add_event_handler", b"on_startup", b"on_shutdown")
        return [hook for module in self.modules_mentioning(*words) for hook in module.hooks]

    def fate_of(self, hook: Hook) -> str:
        """What becomes of a hook in the project's versions, or in those to come: FastAPI keeps what Starlette drops."""
        if all(app.callee == api.FASTAPI for app in self.apps_of(hook)) and hook.name != "add_event_handler":
            return "deprecated" if hook.name == "on_event" else "superseded by `lifespan` in FastAPI"
        pin = self.project.pin("starlette")
        if pin is not None and pin.is_at_least((1, 0)):
            return "removed from applications in Starlette 1.0, which the project uses, so that the import fails"
        return "removed from applications in Starlette 1.0"

    def belongs_to_database_app(self, hook: Hook, has_lifespan: Tri) -> bool:
        """Whether a hook is registered on an application that reaches an engine and surely has a lifespan, or none."""
        apps = self.apps_of(hook)
        return all(app.has_lifespan is has_lifespan for app in apps) and any(app.engine is not None for app in apps)

    def apps_of(self, hook: Hook) -> list[App]:
        """The applications that a hook is registered on."""
        return [self._apps_by_site[site] for site in hook.apps if site in self._apps_by_site]

    @cached_property
    def _apps_by_site(self) -> dict[Site, App]:
        return {app.site: app for app in self.apps}

    # -- classes

    def service(self, cls: Class) -> Service:
        """The class as a part of the database layer."""
        known = self._services.get(cls)
        if known is None:
            known = self._services[cls] = Service(cls, self)
        return known

    def is_service(self, cls: Class) -> bool:
        """Whether a class is a service, repository or database class."""
        return self.service(cls).is_service

    def holds_database(self, cls: Class) -> bool:
        """Whether objects of a class keep a session, engine or factory; a class that holds itself is asked once."""
        if cls in self._pending_services:
            return False
        self._pending_services.add(cls)
        try:
            return self.service(cls).holds_database
        finally:
            self._pending_services.discard(cls)

    def is_declarative(self, cls: Class) -> Tri:
        """Whether a class is mapped: a declarative base is among its bases."""
        answer = Tri.NO
        for base in self.inference.linearized(cls):
            if isinstance(base, External) and (base.name in DECLARATIVE_BASES or base.name == columns.SQLMODEL):
                return Tri.YES
            if isinstance(base, Class) and self._is_decorated_base(base):
                return Tri.YES
            if base is UNKNOWN or (isinstance(base, External) and not _is_plain_base(base.name)):
                answer = Tri.UNKNOWN
        return answer

    def _is_decorated_base(self, cls: Class) -> bool:
        if any(
            keyword.arg == "metaclass"
            and self.inference.value(keyword.value, cls.outer) == External("sqlalchemy.orm.DeclarativeMeta")
            for keyword in cls.node.keywords
        ):
            return True
        for node in cls.node.decorator_list:
            called = self.inference.value(node.func if isinstance(node, ast.Call) else node, cls.outer)
            if called == External("sqlalchemy.orm.as_declarative"):
                return True
            if isinstance(called, Method) and called.receiver.cls == External("sqlalchemy.orm.registry"):
                return True
        return False

    def heirs(self, cls: Class) -> list[Class]:
        """The classes of the project that derive from a class."""
        if cls not in self._heirs:
            family, known = [cls], {cls}
            for current in family:
                for module in self.project.subclassing(current.name):
                    found = [c for c in module.classes if c not in known and cls in self.inference.linearized(c)]
                    family += found
                    known.update(found)
            self._heirs[cls] = family[1:]
        return self._heirs[cls]

    # -- tables

    def is_live_metadata(self, value: Value) -> bool:
        """Whether tables of a MetaData come to life: a declarative base has it, or something creates them."""
        found = [instance for instance in instances(value) if instance.cls == External(api.METADATA)]
        return any(instance.site is None or instance.site in self._live_metadata for instance in found)

    @cached_property
    def _live_metadata(self) -> frozenset[Site]:
        found: set[Site] = set()
        for facts in self.modules_mentioning(b"create_all", b"DeclarativeBase", b"declarative_base", b"registry("):
            for scope in facts.module.index.scopes.values():
                for node in scope.attributes:
                    if node.attr == "create_all":
                        found |= self._metadata_sites(node.value, facts.module.index.scope_at(node))
                if scope.is_class and isinstance(scope.node, ast.ClassDef):
                    if self.is_declarative(facts.module.class_(scope.node)) is Tri.YES:
                        for binding in scope.bindings.get("metadata", ()):
                            if binding.value is not None:
                                found |= self._metadata_sites(binding.value, scope)
            for site in facts.calls_to("sqlalchemy.orm.declarative_base", "sqlalchemy.orm.registry"):
                for keyword in site.node.keywords:
                    if keyword.arg == "metadata":
                        found |= self._metadata_sites(keyword.value, site.scope)
        return frozenset(found)

    def _metadata_sites(self, node: ast.expr, scope: Scope) -> set[Site]:
        return {instance.site for instance in instances(self.inference.value(node, scope)) if instance.site is not None}


def _keeps_name(binding: Binding) -> bool:
    """Whether what a binding names has that name where it comes from, by the text of that."""
    statement, module = binding.statement, binding.scope.module
    if isinstance(statement, ast.ImportFrom) and isinstance(binding.node, ast.alias):
        origin = module.project.resolve_import("." * statement.level + (statement.module or ""), module)
        return binding.node.name == binding.name if origin is None else _defines(origin, binding.node.name)
    return binding.kind is Kind.DEFINITION


def _defines(origin: Module | Namespace, name: str) -> bool:
    return isinstance(origin, Module) and name in origin.defined


def _name_given(made: Site) -> str | None:
    """The name that what a call makes is assigned to, where it is just one plain name."""
    match made.module.index.parents.get(made.node):
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


def _loads(names: set[str], module: Module) -> Iterator[ast.Name | ast.Attribute]:
    """Where a module reads one of these names, as an attribute or under the name of an import too."""
    known = names | _imported_as(names, module)
    for scope in module.index.scopes.values():
        yield from (node for node in scope.names if node.id in known and isinstance(node.ctx, ast.Load))
        yield from (node for node in scope.attributes if node.attr in names and isinstance(node.ctx, ast.Load))


def _imported_as(names: Set[str], module: Module) -> set[str]:
    """The other names that a module imports these as."""
    statements = chain.from_iterable(scope.imports for scope in module.index.scopes.values())
    aliases = chain.from_iterable(statement.names for statement in statements)
    return {alias.asname for alias in aliases if alias.asname and alias.name in names}


def _readers(names: set[str], module: Module) -> list[Function]:
    """The functions of a module that read one of these names."""
    found = {module.enclosing_function(module.index.scope_at(node)) for node in _loads(names, module)}
    return [function for function in module.functions if function in found]


def _is_plain_base(name: str) -> bool:
    """Whether an external base class certainly adds no mapping."""
    return name.partition(".")[0] in (
        "builtins",
        "typing",
        "abc",
        "enum",
        "sqlalchemy",
        "pydantic",
        "dataclasses",
    )


def _is_factory(instance: Instance) -> bool:
    return isinstance(instance.cls, External) and instance.cls.name in FACTORY_CALLS
