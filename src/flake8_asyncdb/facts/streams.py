"""Streaming handlers, and the sessions that they park while they stream."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.injection import HandlerBody
from flake8_asyncdb.facts.providers import is_function_scoped, provider_functions, uses_name, yields_session
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.scopes import Binding

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts


@dataclass(frozen=True)
class ParkedSession:
    """A request's session that a streaming handler keeps, with the way it comes in."""

    node: ast.arg
    handler: str
    chain: tuple[str, ...]
    function: Function


def parked_sessions(module: ModuleFacts) -> Iterator[ParkedSession]:
    """The sessions that the streaming handlers of a module hold while they stream."""
    project = module.project
    for handler in module.handlers:
        body = HandlerBody(handler, project)
        if handler.function.module is not module.module:
            continue
        if not (
            _loops_forever(handler.function)
            if handler.is_websocket
            else body.streams and not project.closes_before_streaming
        ):
            continue
        ended = _ended_sessions(handler.function)
        seen = _ended_providers(handler.function, ended, project)
        for binding in handler.function.parameters:
            chain = _session_chain(binding, handler.function, project, ended, set(seen))
            if chain is not None and isinstance(binding.node, ast.arg):
                yield ParkedSession(binding.node, handler.function.name, chain, handler.function)
                break


def _loops_forever(function: Function) -> bool:
    return any(isinstance(node, ast.While | ast.AsyncFor) for node in ast.walk(function.node))


def _ended_sessions(function: Function) -> set[str]:
    """The names on which a handler itself calls `close`, `commit` or `rollback`: they hold no connection afterwards."""
    return {
        node.func.value.id
        for node in function.scope.calls
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in ("close", "commit", "rollback", "aclose")
        and isinstance(node.func.value, ast.Name)
    }


def _ended_providers(function: Function, ended: set[str], project: ProjectFacts) -> set[Function]:
    """The providers of those sessions: FastAPI gives one request one session of each, also behind a dependency."""
    found: set[Function] = set()
    for binding in function.parameters:
        depends = project.inference.injected(binding) if binding.name in ended else None
        if depends is not None:
            found.update(provider_functions(project.inference.provider(depends)))
    return found


def _session_chain(
    binding: Binding, function: Function, project: ProjectFacts, ended: set[str], seen: set[Function]
) -> tuple[str, ...] | None:
    """How a parameter leads to a used session that lives as long as the request; None when it does not."""
    depends = project.inference.injected(binding)
    if depends is None or depends.site is None or is_function_scoped(depends.site, project):
        return None
    for provider in provider_functions(project.inference.provider(depends)):
        if provider in seen:
            continue
        seen.add(provider)
        if yields_session(provider, project.inference):
            uses = uses_name(function, binding.name)
            return (binding.name, provider.name) if uses and binding.name not in ended else None
        inner_ended = _ended_sessions(provider)
        for inner in provider.parameters:
            chain = _session_chain(inner, provider, project, inner_ended, seen)
            if chain is not None:
                return (provider.name, *chain[1:]) if len(chain) > 1 else (provider.name,)
    return None
