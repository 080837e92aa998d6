"""Session factories, and the names that sessions are bound to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb import syntax
from flake8_asyncdb.facts.engines import engine_sites
from flake8_asyncdb.facts.options import CallFact, Option, Options
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import SYNC_IO, is_awaited, sites
from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Function, Module
from flake8_asyncdb.model.scopes import Binding, Kind, Scope, arguments, last_word
from flake8_asyncdb.model.values import (
    Anonymous,
    Bound,
    External,
    Instance,
    Site,
    Tri,
    Value,
    instances,
    members,
)

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

CLOSING = frozenset({"close", "remove"})
USING = SYNC_IO[api.SESSION] | CLOSING


class SessionFactory(CallFact):
    """One `sessionmaker`, `async_sessionmaker`, `scoped_session` or `async_scoped_session` call."""

    @cached_property
    def product(self) -> Value:
        """The session that it makes."""
        made = self.project.inference.value(self.node, self.site.scope)
        return made.args[0] if isinstance(made, Instance) and made.args else made

    @property
    def expire_on_commit(self) -> Option:
        """Its `expire_on_commit`, which a later `configure()` may give as well."""
        later = self.project.configurations.get(self.site, ())
        given = [Options(site, self.project.inference).get("expire_on_commit") for site in later]
        return next((option for option in given if not option.is_absent), self.options.get("expire_on_commit"))

    @property
    def is_scoped(self) -> bool:
        """Whether it is handed straight to a registry, which then is the factory."""
        parent = self.site.module.index.parents.get(self.node)
        if not isinstance(parent, ast.Call) or parent.func is self.node:
            return False
        called = self.project.inference.value(parent.func, self.site.scope)
        return called in (External(api.SCOPED_SESSION), External(api.ASYNC_SCOPED_SESSION))

    @property
    def makes_async_sessions(self) -> Tri:
        """Whether its sessions are AsyncSessions."""
        return self.project.inference.is_instance(self.product, api.ASYNC_SESSION)

    @property
    def makes_sync_sessions(self) -> Tri:
        """Whether its sessions are sync ones."""
        return self.project.inference.is_instance(self.product, api.SESSION)

    @cached_property
    def engines(self) -> set[Site]:
        """The engines it is bound to."""
        made = self.project.inference.value(self.node, self.site.scope)
        return engine_sites(made, self.project) if isinstance(made, Instance) else set()

    @property
    def scope_function(self) -> Option:
        """Its `scopefunc`: what tells one task's session from another's."""
        return self.options.get("scopefunc", 1)

    @property
    def is_task_aware(self) -> bool:
        """Whether its `scopefunc` tells tasks apart, or cannot be known not to."""
        option = self.scope_function
        if option.is_absent or option.is_none:
            return False
        if not option.is_present or option.value is None:
            return True
        return _asks_for_task(option.value, self.project)

    @property
    def feeds_event_loop(self) -> bool:
        """Whether its sessions, or others on its engine, are used by an async entry point."""
        loop = self.project.loop
        return self.site in loop.factories or bool(self.engines & loop.engines)


class OpenedSession(CallFact):
    """A session made by calling its class."""

    @property
    def is_async(self) -> bool:
        """Whether it is an AsyncSession."""
        made = self.project.inference.value(self.node, self.site.scope)
        return self.project.inference.is_instance(made, api.ASYNC_SESSION) is Tri.YES


class SessionBinding(NamedTuple):
    """A sync session in an async function, with the first use of it that runs on the event loop.

    `value` is the expression that it is bound to; None for a parameter, and
    for a session that the function did not bind but found somewhere.
    """

    function: Function
    name: str
    node: ast.expr | ast.stmt | ast.arg
    value: ast.expr | None
    use: str


def _asks_for_task(value: Value, project: ProjectFacts) -> bool:
    """Whether calling a value asks asyncio for the current task; a value that is not known may."""
    for member in members(value):
        if isinstance(member, External):
            return member.name.rpartition(".")[2] == "current_task" or not member.name.startswith(
                ("threading.", "_thread.")
            )
        if isinstance(member, Bound):
            return any("current_task" in ast.unparse(node.func) for node in member.function.scope.calls)
        if isinstance(member, Anonymous):
            return "current_task" in ast.unparse(member.node)
    return True


def session_bindings(function: Function, project: ProjectFacts) -> Iterator[SessionBinding]:
    """The sync sessions that a function binds and uses by itself where that blocks."""
    bindings = list(_bindings(function))
    used = _used_names(function, {name for name, _ in bindings}, project)
    sessions = [
        (name, binding)
        for name, binding in bindings
        if name in used and is_sync_session(project.inference.bound(binding), project.inference)
    ]
    uses = _uses(function, project) if sessions else {}
    for name, binding in sessions:
        use = uses.get(binding, uses.get(name) if "." in name else None)
        if use:
            yield SessionBinding(function, name, _bound_at(binding), binding.value, use)


def _used_names(function: Function, bound: set[str], project: ProjectFacts) -> set[str]:
    """Which names, dotted ones too, a function calls methods of or hands to functions: what can be a use at all."""
    parents, words = function.module.index.parents, {name.rpartition(".")[2] for name in bound}
    used: set[str] = set()
    for site in sites(function):
        called = site.node.func
        used_by = called.value if isinstance(called, ast.Attribute) and called.attr in USING else None
        handed = [used_by] if used_by else arguments(site.node)
        names = {syntax.unparse(node) for node in handed if last_word(node) in words} & bound - used
        if names and not is_awaited(site.node, parents) and (used_by or _runs_here(site, project)):
            used |= names
    return used


def found_sessions(function: Function, project: ProjectFacts) -> Iterator[SessionBinding]:
    """The sync sessions that a function uses without binding them: of its object, its module, another's attribute."""
    bound = {name for name, _ in _bindings(function)}
    seen: set[str] = set()
    for operation in project.effects.sync_io(function):
        called = operation.site.node.func
        if not isinstance(called, ast.Attribute) or not is_sync_session(
            project.inference.value(called.value, operation.site.scope), project.inference
        ):
            continue
        name = syntax.unparse(called.value)
        if name not in seen | bound and not isinstance(called.value, ast.Call):
            seen.add(name)
            yield SessionBinding(function, name, operation.site.node, None, f"{name}.{operation.method}")


class MisannotatedProvider(NamedTuple):
    """A generator that yields a session and says that it returns one."""

    function: Function
    annotation: str
    expected: str


def misannotated_providers(functions: list[Function], inference: Inference) -> Iterator[MisannotatedProvider]:
    """The generators annotated with the session that they yield."""
    for function in functions:
        node = function.node.returns
        if node is None or not function.is_generator:
            continue
        if is_session(inference.annotation(node, function.outer), inference):
            text = ast.unparse(node).strip("'\"")
            kind = "AsyncIterator" if function.is_async else "Iterator"
            yield MisannotatedProvider(function, text, f"{kind}[{text}]")


class WrongWith(NamedTuple):
    """A `with` on something that wants `async with`, or the other way round."""

    node: ast.expr
    text: str
    wanted: str
    used: str


def wrong_withs(module: Module, inference: Inference) -> Iterator[WrongWith]:
    """The `with` statements of a module whose kind does not fit what they enter."""
    for scope in module.index.scopes.values():
        for block in scope.withs:
            is_async = isinstance(block, ast.AsyncWith)
            for item in block.items:
                value = inference.value(item.context_expr, module.index.scope_at(item.context_expr))
                found = instances(value)
                if found and len(found) == len(members(value)):
                    if all(_wants_async(each, inference) is (Tri.NO if is_async else Tri.YES) for each in found):
                        words = ("async with", "with") if is_async else ("with", "async with")
                        yield WrongWith(item.context_expr, ast.unparse(item.context_expr), words[1], words[0])


ASYNC_CONTEXTS = (api.ASYNC_SESSION, api.ASYNC_CONNECTION)
SYNC_CONTEXTS = (api.SESSION, api.CONNECTION)


def _wants_async(instance: Instance, inference: Inference) -> Tri:
    if instance.cls in (External(api.CONTEXT_MANAGER), External(api.ASYNC_CONTEXT_MANAGER)):
        inner = instance.args[0] if instance.args else None
        if inner is None or inference.is_instance(inner, *ASYNC_CONTEXTS, *SYNC_CONTEXTS) is not Tri.YES:
            return Tri.UNKNOWN
        return Tri.YES if instance.cls == External(api.ASYNC_CONTEXT_MANAGER) else Tri.NO
    if inference.is_subclass(instance.cls, *ASYNC_CONTEXTS) is Tri.YES:
        return Tri.YES
    return Tri.NO if inference.is_subclass(instance.cls, *SYNC_CONTEXTS) is Tri.YES else Tri.UNKNOWN


def is_sync_session(value: Value, inference: Inference) -> bool:
    """Whether the value is certainly a sync session (or the registry that stands for one)."""
    return inference.is_instance(value, api.SESSION, api.SCOPED_SESSION) is Tri.YES


def is_session(value: Value, inference: Inference) -> bool:
    """Whether the value is certainly a session, sync or async."""
    return inference.is_instance(value, api.SESSION, api.ASYNC_SESSION, api.SCOPED_SESSION) is Tri.YES


def _bindings(function: Function) -> Iterator[tuple[str, Binding]]:
    for bindings in function.scope.bindings.values():
        for binding in bindings:
            if binding.kind in (Kind.PARAMETER, Kind.WITH, Kind.ASSIGNMENT, Kind.LOOP):
                yield binding.name, binding
    for store in function.scope.attribute_stores:
        if isinstance(store.node, ast.Attribute):
            yield syntax.unparse(store.node), store


def _bound_at(binding: Binding) -> ast.expr | ast.stmt | ast.arg:
    node = binding.node
    if isinstance(node, ast.withitem):
        return node.context_expr
    if isinstance(node, ast.arg | ast.stmt | ast.expr):
        return node
    assert isinstance(binding.statement, ast.stmt)
    return binding.statement


def _uses(function: Function, project: ProjectFacts) -> dict[Binding | str, str]:
    """The first use that blocks where it stands, of each binding that reaches it and of each dotted name.

    It is empty for what is awaited anywhere: that is no sync session, whatever its annotation says.
    """
    found: dict[Binding | str, str] = {}

    def note(node: ast.expr, scope: Scope, use: str) -> None:
        keys: list[Binding | str] = []
        if isinstance(node, ast.Name):
            keys += project.inference.find_bindings(node.id, scope, node)
        elif isinstance(node, ast.Attribute):
            keys.append(syntax.unparse(node))
        for key in keys:
            found[key] = found.get(key, use) if use else ""

    for site in sites(function):
        called = site.node.func
        if isinstance(called, ast.Attribute) and called.attr in USING:
            is_sync = not is_awaited(site.node, site.module.index.parents)
            note(called.value, site.scope, ast.unparse(called) if is_sync else "")
        elif _runs_here(site, project):
            for argument in arguments(site.node):
                note(argument, site.scope, ast.unparse(called))
    return found


def _runs_here(site: Site, project: ProjectFacts) -> bool:
    """Whether the call certainly runs project code on this thread: a plain function, method or constructor."""
    if is_awaited(site.node, site.module.index.parents):
        return False
    called = members(project.inference.value(site.node.func, site.scope))
    return bool(called) and all(
        isinstance(member, Class)
        or (
            isinstance(member, Bound)
            and not member.function.is_async
            and not member.function.is_generator
            and not project.inference.is_opaque(member.function)
        )
        for member in called
    )
