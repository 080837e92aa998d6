"""The columns that hold dates with times, those whose type cannot be known included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.columns import DATETIME, MAPPED, Column, Zone, zone_of
from flake8_asyncdb.model.project import Class
from flake8_asyncdb.model.values import Instance, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts


class DateTimeColumn(NamedTuple):
    """One column or SQLModel field of dates with times, and what it does with their zone."""

    node: ast.expr | ast.stmt
    zone: Zone


def datetime_columns(module: ModuleFacts) -> Iterator[DateTimeColumn]:
    """The columns of a module that hold dates with times: by their type, or by their annotation."""
    for column in module.columns:
        zone = module.zone_of_column(column)
        if zone is not None and column.is_in_service:
            if zone in (Zone.AWARE, Zone.NAIVE) or _is_annotated(column, module) or _is_decorated(column, module):
                yield DateTimeColumn(column.node, zone)
    for implicit in module.implicit_columns():
        if implicit.node.value is None or module.column_at(implicit.node.value) is None:
            yield DateTimeColumn(implicit.node, implicit.zone)


def _is_annotated(column: Column, module: ModuleFacts) -> bool:
    """Whether the attribute that a column is assigned to is annotated with `datetime`."""
    statement = module.module.index.statement_of(column.node)
    if not isinstance(statement, ast.AnnAssign) or statement.value is not column.node:
        return False
    described = module.project.inference.annotation(statement.annotation, column.site.scope)
    mapped = [each for each in instances(described) if each.cls == MAPPED]
    found = members(mapped[0].args[0] if mapped and mapped[0].args else described)
    return bool(found) and all(isinstance(each, Instance) and each.cls == DATETIME for each in found)


def _is_decorated(column: Column, module: ModuleFacts) -> bool:
    """Whether the type of a column is the project's own, around a date-time type."""
    inference = module.project.inference
    return any(
        zone_of(inference.bound(binding), module.project) is not Zone.UNKNOWN
        for node in column.type_nodes
        for cls in _classes(inference.value(node, column.site.scope))
        for base in inference.linearized(cls)
        if isinstance(base, Class)
        for binding in base.scope.bindings.get("impl", ())
    )


def _classes(value: Value) -> Iterator[Class]:
    for member in members(value):
        cls = member.cls if isinstance(member, Instance) else member
        if isinstance(cls, Class):
            yield cls
