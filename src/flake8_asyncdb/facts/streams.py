"""Streaming handlers, and the sessions that they park while they stream."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.injection import Handler, HandlerBody
from flake8_asyncdb.facts.providers import (
    class_injections,
    is_function_scoped,
    provider_functions,
    providers_of,
    uses_name,
    yields_session,
)
from flake8_asyncdb.facts.routing import route_dependencies
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.scopes import Binding
from flake8_asyncdb.model.values import Tri

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts


class ParkedSession(NamedTuple):
    """A request's session that a streaming handler keeps, with the way it comes in."""

    node: ast.arg | ast.FunctionDef | ast.AsyncFunctionDef
    handler: str
    chain: tuple[str, ...]
    function: Function


def parked_sessions(module: ModuleFacts) -> Iterator[ParkedSession]:
    """The sessions that the streaming handlers of a module hold while they stream."""
    project = module.project
    for body in module.handler_bodies:
        handler, function = body.handler, body.function
        if function.module is not module.module or not _stays(body):
            continue
        ended = _ended_sessions(function)
        seen = _ended_providers(function, ended, project)
        for name, binding in [*((b.name, b) for b in function.parameters), *class_injections(function, project)]:
            chain = _session_chain(name, binding, function, project, ended, set(seen))
            if chain is not None:
                node = binding.node if isinstance(binding.node, ast.arg) else function.node
                yield ParkedSession(node, function.name, chain, function)
                break
        else:
            chain = _chain_of_route(handler, project, seen)
            if chain is not None:
                yield ParkedSession(function.node, function.name, chain, function)


def _chain_of_route(handler: Handler, project: ProjectFacts, seen: set[Function]) -> tuple[str, ...] | None:
    """How a dependency that the handler's route or router lists leads to a session that it uses."""
    for depends in route_dependencies(handler, project):
        if depends.site is not None and not is_function_scoped(depends.site, project):
            for provider in provider_functions(project.inference.provider(depends), project):
                chain = _chain_within(provider, project, set(seen))
                if chain is not None:
                    return chain
    return None


def _stays(body: HandlerBody) -> bool:
    """Whether a handler surely keeps its dependencies for as long as the client likes."""
    if body.handler.is_websocket:
        return any(isinstance(node, ast.While | ast.AsyncFor) for node in ast.walk(body.function.node))
    return not body.project.closes_before_streaming and body.streams is Tri.YES


def _ended_sessions(function: Function) -> set[str]:
    """The names whose session a function itself closes, commits or rolls back: it holds no connection afterwards."""
    ended = {
        ast.unparse(node.func.value)
        for node in function.scope.calls
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("close", "commit", "rollback", "aclose")
    }
    for block in function.scope.withs:
        for item in block.items:
            entered = item.context_expr
            if isinstance(entered, ast.Call) and isinstance(entered.func, ast.Attribute):
                entered = entered.func.value if entered.func.attr == "begin" else entered
            ended.add(ast.unparse(entered))
    return ended


def _ended_providers(function: Function, ended: set[str], project: ProjectFacts) -> set[Function]:
    """The providers of those sessions: FastAPI gives one request one session of each, also behind a dependency."""
    return {
        provider
        for name, binding in [*((b.name, b) for b in function.parameters), *class_injections(function, project)]
        if name in ended
        for provider in providers_of(binding, project)
    }


def _session_chain(
    name: str, binding: Binding, function: Function, project: ProjectFacts, ended: set[str], seen: set[Function]
) -> tuple[str, ...] | None:
    """How an injected name leads to a used session that lives as long as the request; None when it does not."""
    depends = project.inference.injected(binding)
    if depends is None or depends.site is None or is_function_scoped(depends.site, project):
        return None
    for provider in providers_of(binding, project):
        if provider in seen:
            continue
        if yields_session(provider, project.inference):
            if not uses_name(function, name):
                return None
            seen.add(provider)
            return (name, _shown(provider)) if name not in ended else None
        chain = _chain_within(provider, project, seen)
        if chain is not None:
            return chain
    return None


def _chain_within(provider: Function, project: ProjectFacts, seen: set[Function]) -> tuple[str, ...] | None:
    """How the parameters of a dependency lead to a session that it uses and keeps."""
    seen.add(provider)
    ended = _ended_sessions(provider)
    for inner in provider.parameters:
        chain = _session_chain(inner.name, inner, provider, project, ended, seen)
        if chain is not None:
            return (_shown(provider), *chain[1:])
    return None


def _shown(provider: Function) -> str:
    """A provider's name; of a constructor or `__call__` the class's."""
    is_of_class = provider.owner is not None and provider.name.startswith("__")
    return provider.owner.name if is_of_class and provider.owner is not None else provider.name
