"""What happens when an application stops: whether the code after a lifespan's `yield` disposes of the engine."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.scopes import arguments, last_word
from flake8_asyncdb.model.values import UNKNOWN, Method, Site, Value, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

HARMLESS = frozenset(["print", "info", "debug", "warning", "error", "exception", "critical", "log", "cancel"])
"""Names of methods that surely dispose of nothing, even on an object that is not known."""


def leaves_engine_open(lifespan: Function, project: ProjectFacts) -> bool:
    """Whether nothing that a lifespan runs after its `yield` disposes of an engine, and all of it is known."""
    yields = [node.lineno for node in lifespan.scope.yields]
    if not yields or lifespan.scope.loops:
        return False
    for node in lifespan.scope.calls:
        site = Site(node, lifespan.module.index.scope_of_call[node])
        runs_late = node.lineno > max(yields) or _manages_yield(node, lifespan)
        if (runs_late and _may_dispose(site, project)) or _registers_disposal(site, project):
            return False
    return True


def _registers_disposal(site: Site, project: ProjectFacts) -> bool:
    """Whether a call is given something that disposes when it is called, as an `AsyncExitStack` is."""
    return any(
        _disposes(project.inference.value(argument, site.scope), project)
        for argument in arguments(site.node)
        if not isinstance(argument, ast.Call)
    )


def _manages_yield(node: ast.Call, lifespan: Function) -> bool:
    """Whether a call is the item of a `with` around the `yield`."""
    parents = lifespan.module.index.parents
    item = parents.get(node)
    block = parents.get(item) if isinstance(item, ast.withitem) else None
    if block is None:
        return False
    return any(lifespan.module.index.is_inside(each, block) for each in lifespan.scope.yields)


def _may_dispose(site: Site, project: ProjectFacts) -> bool:
    """Whether a call disposes of an engine, through any number of functions, or cannot be known not to."""
    value = project.inference.value(site.node.func, site.scope)
    if value is UNKNOWN or UNKNOWN in members(value):
        return last_word(site.node.func) not in HARMLESS and project.disposes_somewhere
    return _disposes(value, project)


def _disposes(value: Value, project: ProjectFacts) -> bool:
    """Whether calling a value disposes of an engine, itself or further down."""
    if any(isinstance(member, Method) and member.name == "dispose" for member in members(value)):
        return True
    for function in project.effects.called(value):
        for reached in project.effects.reachable(function, lambda step: True):
            if any(_is_disposal(node) for node in reached.scope.calls):
                return True
    return False


def _is_disposal(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "dispose"
