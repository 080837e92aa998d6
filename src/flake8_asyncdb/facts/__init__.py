"""What the code has, in the domain's words; extracted once for each module and shared by all checks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from flake8_asyncdb.facts import columns, injection, lifecycle, listeners
from flake8_asyncdb.facts.columns import COLUMN_CALLS, DECLARATIVE_BASES, FIELD, Column, MappedClass, Zone
from flake8_asyncdb.facts.engines import Engine
from flake8_asyncdb.facts.injection import Handler, Injection
from flake8_asyncdb.facts.lifecycle import App, Hook
from flake8_asyncdb.facts.listeners import Listener
from flake8_asyncdb.facts.loop import EventLoop
from flake8_asyncdb.facts.services import Service
from flake8_asyncdb.facts.sessions import OpenedSession, SessionBinding, SessionFactory, session_bindings
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import Effects
from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Function, Module, Project
from flake8_asyncdb.model.scopes import Scope
from flake8_asyncdb.model.texts import TextEvaluator
from flake8_asyncdb.model.values import UNKNOWN, External, Method, Site, Tri, Value, instances, members

ENGINE_CALLS = api.SYNC_ENGINE_CALLS | api.ASYNC_ENGINE_CALLS
FACTORY_CALLS = (api.SESSIONMAKER, api.ASYNC_SESSIONMAKER, api.SCOPED_SESSION, api.ASYNC_SCOPED_SESSION)
APP_CALLS = (api.FASTAPI, api.STARLETTE)


@dataclass(frozen=True)
class Settings:
    """What the user says of the project: `app` is `auto`, `async` or `sync`."""

    app: str = "auto"
    include: frozenset[str] = frozenset()


class ModuleFacts:
    """The facts of one module."""

    def __init__(self, module: Module, project: ProjectFacts) -> None:
        self.module = module
        self.project = project

    @cached_property
    def sites(self) -> list[Site]:
        """Every call in the module, in source order within each scope."""
        scope_of_call = self.module.index.scope_of_call
        return [Site(node, scope) for node, scope in scope_of_call.items()]

    @cached_property
    def _by_callee(self) -> dict[str, list[Site]]:
        found: dict[str, list[Site]] = {}
        for site in self.sites:
            for member in members(self.project.inference.value(site.node.func, site.scope)):
                if isinstance(member, External):
                    found.setdefault(member.name, []).append(site)
                elif isinstance(member, Class) and self.project.inference.is_subclass(member, api.STARLETTE) is Tri.YES:
                    found.setdefault(api.FASTAPI, []).append(site)
        return found

    def calls_to(self, *names: str) -> Iterator[Site]:
        """The calls of these external functions and classes."""
        for name in names:
            yield from self._by_callee.get(name, ())

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
        return [OpenedSession(site, self.project) for site in self.calls_to(*names)]

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
        return [MappedClass(cls, self.project) for cls in self.module.classes()]

    def implicit_columns(self) -> Iterator[columns.ImplicitColumn]:
        """The `datetime` columns whose type follows from the annotation alone."""
        for mapped in self.mapped_classes:
            yield from mapped.implicit_columns()

    def zone_of_column(self, column: Column) -> Zone | None:
        """What a column does with time zones, its annotation considered; None for what is no column at all."""
        if column.zone is not Zone.IMPLICIT:
            return column.zone
        for implicit in self._implicit_by_value.get(column.node, ()):
            return implicit.zone
        return None if column.is_field else Zone.UNKNOWN

    @cached_property
    def _implicit_by_value(self) -> dict[ast.expr, list[columns.ImplicitColumn]]:
        found: dict[ast.expr, list[columns.ImplicitColumn]] = {}
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
        return [App(site, self.project) for site in self.calls_to(*APP_CALLS)]

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
        return [self.project.service(cls) for cls in self.module.classes()]

    def blocking_sessions(self) -> Iterator[SessionBinding]:
        """The sync sessions that its async functions bind and use on the event loop; one for each name."""
        for function in self.module.functions():
            if function.is_async:
                seen: set[str] = set()
                for bound in session_bindings(function, self.project):
                    if bound.blocking_uses and bound.name not in seen:
                        seen.add(bound.name)
                        yield bound

    def is_handler(self, function: Function) -> bool:
        """Whether a function of the module is a route handler."""
        return any(handler.function is function for handler in self.handlers)


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

    def is_async_for(self, reached: bool) -> bool:
        """Whether the project counts as an async database application where the event loop reaches something or not."""
        return reached if self.settings.app == "auto" else self.settings.app == "async"

    # -- engines and listeners

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

    def is_used(self, made: Site, except_in: Site) -> bool:
        """Whether anything but one listener uses the object that a call makes."""
        parent = made.module.index.parents.get(made.node)
        if not isinstance(parent, ast.Assign) or len(parent.targets) != 1 or not isinstance(parent.targets[0], ast.Name):
            return True
        name = parent.targets[0].id
        index = made.module.index
        for node in index.parents:
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                if index.parents.get(node) is not except_in.node:
                    return True
        return any(
            isinstance(statement, ast.ImportFrom) and any(alias.name == name for alias in statement.names)
            for module in self.project.mentioning(name.encode())
            if made.module in module.imported
            for scope in module.index.scopes.values()
            for statement in scope.imports
        )

    # -- applications

    @cached_property
    def apps(self) -> list[App]:
        """Every application of the running program."""
        return [app for module in self.modules_mentioning(b"FastAPI", b"Starlette") for app in module.apps]

    @cached_property
    def mounted_apps(self) -> frozenset[Site]:
        """The applications that another one mounts."""
        words = (b"mount", b"Mount", b"host(", b"Host(")
        return frozenset(site for module in self.modules_mentioning(*words) for site in lifecycle.mounted(module))

    @cached_property
    def late_lifespans(self) -> frozenset[Site]:
        """The applications that get their lifespan after they were made."""
        words = (b"lifespan_context",)
        return frozenset(site for module in self.modules_mentioning(*words) for site in lifecycle.late_lifespans(module))

    @cached_property
    def hooks(self) -> list[Hook]:
        """Every start-up and shutdown hook."""
        words = (b"on_event", b"add_event_handler", b"on_startup", b"on_shutdown")
        return [hook for module in self.modules_mentioning(*words) for hook in module.hooks]

    def apps_of(self, hook: Hook) -> list[App]:
        """The applications that a hook is registered on."""
        return [app for app in self.apps if app.site in hook.apps]

    # -- classes

    def service(self, cls: Class) -> Service:
        """The class as a part of the database layer."""
        known = self._services.get(cls)
        if known is None:
            known = self._services[cls] = Service(cls, self)
        return known

    def is_service(self, cls: Class) -> bool:
        """Whether a class is a service; one that holds itself is asked only once."""
        if cls in self._pending_services:
            return False
        self._pending_services.add(cls)
        try:
            return self.service(cls).is_service
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
            if base is UNKNOWN or isinstance(base, External) and not _is_plain_base(base.name):
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
            self._heirs[cls] = [
                candidate
                for module in self._modules_knowing(cls)
                for candidate in module.classes()
                if candidate is not cls and cls in self.inference.linearized(candidate)
            ]
        return self._heirs[cls]

    def _modules_knowing(self, cls: Class) -> list[Module]:
        """The modules in which a class or one of its heirs can be named."""
        found: dict[Module, None] = {}
        pending, seen = [cls], {cls}
        while pending:
            current = pending.pop()
            for module in self.project.mentioning(current.name.encode()):
                found[module] = None
                for candidate in module.classes():
                    bases = [base for base in candidate.node.bases if current.name in ast.unparse(base)]
                    if bases and candidate not in seen and current in self.inference.linearized(candidate):
                        seen.add(candidate)
                        pending.append(candidate)
        return list(found)

    # -- tables

    def is_live_metadata(self, value: Value) -> bool:
        """Whether tables of a MetaData come to life: a declarative base has it, or something creates them."""
        if isinstance(value, Method) or isinstance(value, External):
            return True
        return any(instance.site in self._live_metadata for instance in instances(value) if instance.site is not None)

    @cached_property
    def _live_metadata(self) -> frozenset[Site]:
        found: set[Site] = set()
        for facts in self.modules_mentioning(b"create_all", b"DeclarativeBase", b"declarative_base", b"registry"):
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


def _is_plain_base(name: str) -> bool:
    """Whether an external base class certainly adds no mapping."""
    return name.partition(".")[0] in ("builtins", "typing", "abc", "enum", "sqlalchemy", "pydantic", "dataclasses")
