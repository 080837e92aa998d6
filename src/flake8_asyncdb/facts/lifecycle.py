"""Applications: their lifespan, their start-up hooks, and whether they ever reach a database."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.closing import is_main_guarded
from flake8_asyncdb.facts.options import CallFact, Option
from flake8_asyncdb.facts.shutdown import leaves_engine_open
from flake8_asyncdb.model import api
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.scopes import arguments, last_word
from flake8_asyncdb.model.values import Bound, External, Site, Tri, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts
    from flake8_asyncdb.facts.engines import Engine

SERVERS = ("uvicorn", "hypercorn", "granian", "daphne")
HOOK_ARGUMENTS = ("on_startup", "on_shutdown")
MOUNTING = ("mount", "Mount", "host", "Host")
HOOK_METHODS = frozenset({"on_event", "add_event_handler"})


class App(CallFact):
    """One `FastAPI(...)` or `Starlette(...)` call."""

    @property
    def call_name(self) -> str:
        """What was called to make it, as the code writes it."""
        return ast.unparse(self.node.func)

    @property
    def lifespan(self) -> Option:
        """Its `lifespan` argument."""
        return self.options.get("lifespan")

    @cached_property
    def has_lifespan(self) -> Tri:
        """Whether it has a lifespan, by argument or set on its router later."""
        if self.site in self.project.late_lifespans:
            return Tri.YES
        if self.lifespan.is_present:
            return Tri.NO if self.lifespan.is_none else Tri.YES
        return self.lifespan.given

    @property
    def is_root(self) -> bool:
        """Whether nothing mounts it: the lifespan of a mounted application never runs."""
        return self.site not in self.project.mounted_apps

    @property
    def is_service(self) -> bool:
        """Whether it is more than a helper of a function or script that keeps it to itself."""
        function = self.site.module.enclosing_function(self.site.scope)
        if function is not None and _is_command(function):
            return False
        if not is_main_guarded(self.node, self.site.module) if function is None else self._is_handed_out(function):
            return True
        return any(self._is_served_by(call) for call in self.site.scope.owner.calls)

    def _is_handed_out(self, function: Function) -> bool:
        """Whether a function returns it, wrapped or not, or stores it."""
        statement = self.site.module.index.parents.get(self.node)
        targets = list(statement.targets) if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets.append(statement.target)
        outer = function.scope.global_names | function.scope.nonlocal_names
        if any(not isinstance(target, ast.Name) or target.id in outer for target in targets):
            return True
        results = [node.value for node in (*function.scope.returns, *function.scope.yields)]
        stores = [store.value for store in function.scope.attribute_stores]
        return any(self._is_part_of(result) for result in (*results, *stores) if result is not None)

    @cached_property
    def _names(self) -> set[str]:
        """The names that the code around it has for it, or for what wraps it."""
        found: set[str] = set()
        for bindings in self.site.scope.owner.bindings.values():
            for binding in bindings:
                if binding.value is not None and self._is_part_of(binding.value, found):
                    found.add(binding.name)
        return found

    def _is_part_of(self, node: ast.AST, names: set[str] | None = None) -> bool:
        """Whether an expression is or holds the application, and not only what one of its methods returns."""
        names = self._names if names is None else names
        if node is self.node or (isinstance(node, ast.Name) and node.id in names):
            return True
        inner = ast.iter_child_nodes(node) if not isinstance(node, ast.Attribute) else ()
        return any(self._is_part_of(child, names) for child in inner)

    def _is_served_by(self, call: ast.Call) -> bool:
        called = self.project.inference.value(call.func, self.site.module.index.scope_of_call[call])
        if not isinstance(called, External) or called.name.partition(".")[0] not in SERVERS:
            return False
        return any(self._is_part_of(argument) for argument in arguments(call))

    @cached_property
    def _engines(self) -> list[Engine]:
        """The engines that the application's imports reach: those that serve sessions first, of these async ones."""
        making = {engine.site.module for engine in self.project.engines}
        modules = [module for module in self.project.project.closure(self.site.module) if module in making]
        found = [engine for module in modules for engine in self.project.module(module).engines]
        return sorted(found, key=lambda each: (each.site not in self.project.serving_engines, not each.is_async))

    @property
    def engine(self) -> Engine | None:
        """An engine that the application's imports reach."""
        return next(iter(self._engines), None)

    @property
    def disposable_engine(self) -> Engine | None:
        """A pooled engine behind the application that its own code does not dispose of in place."""
        for engine in self._engines:
            ends = engine.is_disposed_in_place or engine.is_listened_only or engine.stays_local
            if not ends and not engine.is_never_connected and not engine.has_pool("sqlalchemy.pool.NullPool"):
                return engine
        return None

    @property
    def hooks(self) -> list[Hook]:
        """The start-up and shutdown hooks registered on it, anywhere in the project."""
        return [hook for hook in self.project.hooks if self.site in hook.apps]


def _is_command(function: Function) -> bool:
    """Whether a decorator makes a function a command of the command line."""
    for node in function.node.decorator_list:
        called = node.func if isinstance(node, ast.Call) else node
        if isinstance(called, ast.Attribute) and called.attr in ("command", "callback"):
            return True
    return False


class Hook(NamedTuple):
    """One `on_event`, `add_event_handler`, `on_startup=` or `on_shutdown=`, and the applications it may be for."""

    node: ast.expr
    name: str
    apps: frozenset[Site]


def hooks(module: ModuleFacts) -> Iterator[Hook]:
    """The hooks that a module registers."""
    for site in module.calls_of(*HOOK_METHODS):
        called = site.node.func
        assert isinstance(called, ast.Attribute)
        receiver = module.project.inference.value(called.value, site.scope)
        if module.project.inference.is_instance(receiver, api.STARLETTE) is Tri.YES:
            known = frozenset(i.site for i in instances(receiver) if i.site is not None)
            yield Hook(site.node, called.attr, known or frozenset(app.site for app in module.project.apps))
    for app in module.apps:
        for name in HOOK_ARGUMENTS:
            option = app.options.get(name)
            if option.node is not None and not option.is_none:
                yield Hook(app.node, f"{name}=", frozenset({app.site}))


def mounted(module: ModuleFacts) -> Iterator[Site]:
    """The applications that a module mounts into another one."""
    for site in module.sites:
        for argument in arguments(site.node) if last_word(site.node.func) in MOUNTING else ():
            for instance in instances(module.project.inference.value(argument, site.scope)):
                if instance.site is not None:
                    yield instance.site


def late_lifespans(module: ModuleFacts) -> Iterator[Site]:
    """The applications whose `router.lifespan_context` a module sets."""
    for scope in module.module.index.scopes.values():
        for store in scope.attribute_stores:
            target = store.node
            if store.name == "lifespan_context" and isinstance(target, ast.Attribute):
                base = target.value.value if isinstance(target.value, ast.Attribute) else target.value
                for instance in instances(module.project.inference.value(base, scope)):
                    if instance.site is not None:
                        yield instance.site


class Undisposed(NamedTuple):
    """A lifespan that leaves the engine open, with the engine."""

    lifespan: Function
    engine: Engine


def undisposed(project: ProjectFacts) -> Iterator[Undisposed]:
    """The lifespans after whose `yield` nothing disposes of the application's engine."""
    seen: set[Function] = set()
    for app in project.apps:
        engine = app.disposable_engine
        if engine is None or not app.is_root or app.hooks:
            continue
        for function in lifespans(app):
            plain = function.is_async and function.is_generator and not project.inference.is_opaque(function)
            if plain and function not in seen and leaves_engine_open(function, project):
                seen.add(function)
                yield Undisposed(function, engine)


def lifespans(app: App) -> Iterator[Function]:
    """The functions that an application's `lifespan=` names."""
    if app.lifespan.value is not None:
        for member in members(app.lifespan.value):
            if isinstance(member, Bound):
                yield member.function
