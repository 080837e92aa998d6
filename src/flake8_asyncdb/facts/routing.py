"""Dependencies that a handler gets without a parameter: of its route, of its router, and of all that includes that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.injection import Handler, is_router
from flake8_asyncdb.model import api
from flake8_asyncdb.model.scopes import Scope
from flake8_asyncdb.model.values import External, Instance, Site, Tri, instances

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts


def route_dependencies(handler: Handler, project: ProjectFacts) -> Iterator[Instance]:
    """The `Depends(...)` in the `dependencies=[...]` of a handler's decorator, its routers and their applications."""
    outer = handler.function.outer
    for node in handler.function.node.decorator_list:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            routers = _routers(node.func.value, outer, project)
            if routers:
                yield from _listed(node, outer, project)
                yield from _above(routers, project)


def inclusions(project: ProjectFacts) -> dict[Site, list[Site]]:
    """The `include_router(...)` calls of the program, for each router that they include."""
    found: dict[Site, list[Site]] = {}
    for module in project.modules_mentioning(b"include_router"):
        for site in module.calls_of("include_router"):
            for argument in [*site.node.args[:1], *(k.value for k in site.node.keywords if k.arg == "router")]:
                for router in _routers(argument, site.scope, project):
                    found.setdefault(router, []).append(site)
    return found


def _above(routers: list[Site], project: ProjectFacts) -> Iterator[Instance]:
    """The dependencies of routers, of the calls that include them, and of what these include them in."""
    pending = list(routers)
    for router in pending:
        yield from _listed(router.node, router.scope, project)
        for including in project.inclusions.get(router, ()):
            yield from _listed(including.node, including.scope, project)
            assert isinstance(including.node.func, ast.Attribute)
            around = _routers(including.node.func.value, including.scope, project)
            pending += [each for each in around if each not in pending]


def _routers(node: ast.expr, scope: Scope, project: ProjectFacts) -> list[Site]:
    """The calls that make the router or application that an expression stands for."""
    value = project.inference.value(node, scope)
    if is_router(value, project) is not Tri.YES:
        return []
    return [instance.site for instance in instances(value) if instance.site is not None]


def _listed(call: ast.Call, scope: Scope, project: ProjectFacts) -> Iterator[Instance]:
    """The `Depends(...)` in the list that a call is given as `dependencies`."""
    for keyword in call.keywords:
        if keyword.arg == "dependencies" and isinstance(keyword.value, ast.List | ast.Tuple):
            for element in keyword.value.elts:
                for instance in instances(project.inference.value(element, scope)):
                    if instance.cls in (External(api.DEPENDS), External(api.SECURITY)):
                        yield instance
