"""Which engine holds tables with foreign keys, as far as engines and declarative bases can be told apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.columns import DECLARATIVE_BASES, SQLMODEL
from flake8_asyncdb.model.project import Class
from flake8_asyncdb.model.scopes import Scope
from flake8_asyncdb.model.values import External, Instance, Method, Site, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts
    from flake8_asyncdb.facts.engines import Engine

Root = Class | Site | External
"""What owns a MetaData: a declarative base, the call that makes one, or SQLModel."""
FOREIGN_KEYS = ("sqlalchemy.ForeignKey", "sqlalchemy.ForeignKeyConstraint")


def holds_foreign_keys(engine: Engine, project: ProjectFacts) -> bool:
    """Whether an engine surely has tables with foreign keys: created on it, or nowhere else to be."""
    declared = project.foreign_key_roots
    created = project.created_tables.get(engine.site, set())
    if not declared or created:
        return bool(declared & created - {None})
    others = [each for each in project.engines if not _is_same_database(each, engine)]
    if any(each.site in project.created_tables or each.site in project.serving_engines for each in others):
        return False
    return not others or engine.site in project.serving_engines


def _is_same_database(one: Engine, other: Engine) -> bool:
    """Whether two engines are made in different branches of one piece of code, or are two drivers' of one file."""
    if one.site.scope.owner is other.site.scope.owner and one.is_async is other.is_async:
        return one.target_text == other.target_text
    paths = {url.text.prefix.partition("://")[2] for url in one.urls if url.is_sqlite_file}
    return any(url.text.prefix.partition("://")[2] in paths for url in other.urls if url.is_sqlite_file)


def foreign_key_roots(project: ProjectFacts) -> Iterator[Root | None]:
    """The owners of the foreign keys that the program declares; None for those of tables without a class."""
    for facts in project.modules_mentioning(b"ForeignKey"):
        for site in facts.calls_to(*FOREIGN_KEYS):
            yield _root_at(site.scope, project)
    for facts in project.modules_mentioning(b"foreign_key"):
        for column in facts.columns:
            if column.is_field and not column.options.get("foreign_key").is_absent:
                yield _root_at(column.site.scope, project)


def _root_at(scope: Scope, project: ProjectFacts) -> Root | None:
    for around in (scope, *scope.ancestors()):
        if isinstance(around.node, ast.ClassDef):
            return root_of(around.module.class_(around.node), project)
    return None


def root_of(cls: Class, project: ProjectFacts, seen: frozenset[Class] = frozenset()) -> Root | None:
    """The declarative base that a mapped class has its MetaData from."""
    if cls in seen:
        return None
    for expression in cls.node.bases:
        for base in members(project.inference.value(expression, cls.outer)):
            if isinstance(base, Class):
                found = root_of(base, project, seen | {cls})
                if found is not None:
                    return found
            elif isinstance(base, Instance) and base.cls == External("sqlalchemy.orm.DeclarativeMeta"):
                return base.site
            elif isinstance(base, External) and base.name in DECLARATIVE_BASES:
                return cls
            elif base == External(SQLMODEL):
                return base
    return None


def created_tables(project: ProjectFacts) -> dict[Site, set[Root | None]]:
    """For each engine whose tables the program creates, the owners of those tables."""
    found: dict[Site, set[Root | None]] = {}
    for facts in project.modules_mentioning(b"create_all"):
        for scope in facts.module.index.scopes.values():
            for node in scope.attributes:
                if node.attr == "create_all":
                    for site in _created_on(node, facts):
                        found.setdefault(site, set()).add(_root_of_metadata(node.value, facts))
    return found


def _created_on(node: ast.Attribute, facts: ModuleFacts) -> Iterator[Site]:
    """The engines that a `create_all` acts on: called with one, or handed to a connection's `run_sync`."""
    parent = facts.module.index.parents.get(node)
    if not isinstance(parent, ast.Call):
        return
    scope = facts.module.index.scope_at(parent)
    inference = facts.project.inference
    binds: list[Value] = []
    if parent.func is node:
        arguments = [*parent.args[:1], *(keyword.value for keyword in parent.keywords if keyword.arg == "bind")]
        binds = [inference.value(argument, scope) for argument in arguments]
    else:
        called = inference.value(parent.func, scope)
        binds = [m.receiver for m in members(called) if isinstance(m, Method) and m.name == "run_sync"]
    for bind in binds:
        for instance in instances(bind):
            yield from facts.project.engine_sites(instance)


def _root_of_metadata(node: ast.expr, facts: ModuleFacts) -> Root | None:
    """The owner of the `X.metadata` that an expression names."""
    if not isinstance(node, ast.Attribute) or node.attr != "metadata":
        return None
    owner = facts.project.inference.value(node.value, facts.module.index.scope_at(node))
    if isinstance(owner, Class):
        return root_of(owner, facts.project)
    if isinstance(owner, Instance) and owner.site is not None:
        return owner.site
    return owner if owner == External(SQLMODEL) and isinstance(owner, External) else None
