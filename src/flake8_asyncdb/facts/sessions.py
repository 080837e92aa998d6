"""Session factories, and the names that sessions are bound to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.engines import engine_sites
from flake8_asyncdb.facts.options import Options
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import SYNC_IO, is_awaited, sites
from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.scopes import Binding, Kind
from flake8_asyncdb.model.values import Bound, External, Instance, Site, Tri, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

CLOSING = frozenset({"close", "remove"})


class SessionFactory:
    """One `sessionmaker`, `async_sessionmaker`, `scoped_session` or `async_scoped_session` call."""

    def __init__(self, site: Site, callee: str, project: ProjectFacts) -> None:
        self.site = site
        self.callee = callee
        self.project = project
        self.options = Options(site, project.inference)

    @property
    def node(self) -> ast.Call:
        return self.site.node

    @cached_property
    def product(self) -> Value:
        """The session that it makes."""
        made = self.project.inference.value(self.node, self.site.scope)
        return made.args[0] if isinstance(made, Instance) and made.args else made

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
    def feeds_event_loop(self) -> bool:
        """Whether its sessions, or others on its engine, are used by an async entry point."""
        loop = self.project.loop
        return self.site in loop.factories or bool(self.engines & loop.engines)


class OpenedSession:
    """A session made by calling its class."""

    def __init__(self, site: Site, project: ProjectFacts) -> None:
        self.site = site
        self.project = project
        self.options = Options(site, project.inference)

    @property
    def node(self) -> ast.Call:
        return self.site.node

    @property
    def is_async(self) -> bool:
        """Whether it is an AsyncSession."""
        made = self.project.inference.value(self.node, self.site.scope)
        return self.project.inference.is_instance(made, api.ASYNC_SESSION) is Tri.YES


@dataclass(frozen=True)
class SessionBinding:
    """A sync session bound in an async function, with the uses of it that run on the event loop."""

    function: Function
    name: str
    binding: Binding
    node: ast.expr | ast.stmt | ast.arg
    session: Value
    blocking_uses: tuple[str, ...]
    other_uses: int

    @property
    def use(self) -> str:
        """The use that blocks, as a message names it."""
        return f"`{self.blocking_uses[0]}()`" if self.blocking_uses else "every query"


def session_bindings(function: Function, project: ProjectFacts) -> Iterator[SessionBinding]:
    """The sync sessions that a function binds, each with what it does with them by itself."""
    inference = project.inference
    for name, binding in _bindings(function):
        value = inference.bound(binding)
        if is_sync_session(value, inference):
            blocking, other = _uses(function, name, project)
            yield SessionBinding(function, name, binding, _bound_at(binding), value, tuple(blocking), other)


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
            yield ast.unparse(store.node), store


def _bound_at(binding: Binding) -> ast.expr | ast.stmt | ast.arg:
    node = binding.node
    if isinstance(node, ast.withitem):
        return node.context_expr
    if isinstance(node, ast.arg | ast.stmt | ast.expr):
        return node
    assert isinstance(binding.statement, ast.stmt)
    return binding.statement


def _uses(function: Function, name: str, project: ProjectFacts) -> tuple[list[str], int]:
    """The uses of a dotted name that block where they stand, and how many others there are."""
    blocking: list[str] = []
    other = 0
    for site in sites(function):
        called = site.node.func
        if isinstance(called, ast.Attribute) and _is_name(called.value, name):
            if called.attr in SYNC_IO[api.SESSION] or called.attr in CLOSING:
                blocking.append(f"{name}.{called.attr}")
        elif any(_is_name(argument, name) for argument in _arguments(site.node)):
            if _runs_here(site, project):
                blocking.append(ast.unparse(called))
            else:
                other += 1
    return blocking, other


def _runs_here(site: Site, project: ProjectFacts) -> bool:
    """Whether the call certainly runs project code on this thread: a plain function, method or constructor."""
    if is_awaited(site.node, site.module.index.parents):
        return False
    called = list(members(project.inference.value(site.node.func, site.scope)))
    return bool(called) and all(
        isinstance(member, Class)
        or isinstance(member, Bound)
        and not member.function.is_async
        and not member.function.is_generator
        and not project.inference.is_opaque(member.function)
        for member in called
    )


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    yield from call.args
    for keyword in call.keywords:
        yield keyword.value


def _is_name(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name
    return isinstance(node, ast.Attribute) and "." in name and ast.unparse(node) == name
