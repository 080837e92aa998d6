"""Conversions of database URLs to another driver, and the engines whose URL passes through one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.practices import scheme_replacements
from flake8_asyncdb.facts.urls import DatabaseUrl
from flake8_asyncdb.model.scopes import Scope
from flake8_asyncdb.model.texts import Text
from flake8_asyncdb.model.values import Literal, Tri, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts
    from flake8_asyncdb.facts.engines import Engine


class UrlConversion(NamedTuple):
    """A call that gives a URL another driver; `schemes` are those that it may end with, none where they are unknown."""

    node: ast.Call
    schemes: tuple[str, ...]

    @property
    def is_async(self) -> bool:
        """Whether every scheme that it ends with certainly has an async driver."""
        return bool(self.schemes) and all(DatabaseUrl(Text(f"{each}:")).is_async is Tri.YES for each in self.schemes)


def url_conversions(module: ModuleFacts) -> Iterator[UrlConversion]:
    """The calls of a module that exchange the driver of a URL, by `replace` or `set(drivername=...)`."""
    for node in scheme_replacements(module):
        replacement = node.args[1]
        if isinstance(replacement, ast.Constant):
            yield UrlConversion(node, (str(replacement.value).partition(":")[0],))
    for site in module.sites:
        if isinstance(site.node.func, ast.Attribute) and site.node.func.attr == "set":
            for keyword in site.node.keywords:
                if keyword.arg == "drivername":
                    yield UrlConversion(site.node, tuple(_schemes(keyword.value, site.scope, module.project)))


def _schemes(node: ast.expr, scope: Scope, project: ProjectFacts) -> list[str]:
    """The texts that an expression picks from: a constant, or the values of a dict literal that it looks up in."""
    value = members(project.inference.value(node, scope))
    if value and all(isinstance(member, Literal) and isinstance(member.value, str) for member in value):
        return [str(member.value) for member in value if isinstance(member, Literal)]
    looked_up: ast.expr | None = node.value if isinstance(node, ast.Subscript) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        looked_up = node.func.value
    if isinstance(looked_up, ast.Name):
        bindings = project.inference.find_bindings(looked_up.id, scope, looked_up)
        looked_up = bindings[0].value if len(bindings) == 1 else None
    values = looked_up.values if isinstance(looked_up, ast.Dict) else []
    texts = [each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return texts if len(texts) == len(values) else []


def conversions_of(engine: Engine) -> Iterator[UrlConversion]:
    """The conversions that an engine's URL passes through: in its expression, or in a function that this calls."""
    if engine.url_node is None:
        return
    project, scope = engine.project, engine.site.scope
    expressions = [engine.url_node]
    if isinstance(engine.url_node, ast.Name):
        bindings = project.inference.find_bindings(engine.url_node.id, scope, engine.url_node)
        expressions += [binding.value for binding in bindings if binding.value is not None and binding.scope is scope]
    nodes = {node for expression in expressions for node in ast.walk(expression)}
    passed = {conversion for conversion in project.module(scope.module).url_conversions if conversion.node in nodes}
    for step in project.effects.steps_in(scope):
        if step.node in nodes:
            for function in project.effects.reachable(step.function, lambda step: True):
                inside = set(ast.walk(function.node))
                found = project.module(function.module).url_conversions
                passed |= {conversion for conversion in found if conversion.node in inside}
    yield from sorted(passed, key=lambda conversion: conversion.node.lineno)
