"""Columns of mapped classes and tables: their types, and what fills them by default."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.options import CallFact, Options
from flake8_asyncdb.model.project import Class
from flake8_asyncdb.model.scopes import Scope, last_word
from flake8_asyncdb.model.values import (
    External,
    Instance,
    Site,
    Tri,
    TypeForm,
    Value,
    instances,
    is_known,
    members,
)

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

COLUMN_CALLS = frozenset({"sqlalchemy.Column", "sqlalchemy.orm.mapped_column"})
FIELD = "sqlmodel.Field"
DATETIME_TYPES = frozenset(
    {
        "sqlalchemy.DateTime",
        "sqlalchemy.DATETIME",
        "sqlalchemy.TIMESTAMP",
        "sqlalchemy.dialects.postgresql.TIMESTAMP",
        "sqlalchemy.dialects.mysql.TIMESTAMP",
        "sqlalchemy.dialects.mysql.DATETIME",
        "sqlalchemy.dialects.sqlite.DATETIME",
        "sqlalchemy.dialects.sqlite.TIMESTAMP",
        "sqlalchemy.dialects.oracle.TIMESTAMP",
    }
)
CONTAINERS = frozenset({"sqlalchemy.ARRAY", "sqlalchemy.dialects.postgresql.ARRAY"})
NO_TYPES = frozenset(
    f"sqlalchemy.{name}"
    for name in """ForeignKey Sequence Identity Computed CheckConstraint UniqueConstraint Constraint FetchedValue
    DefaultClause""".split()
)
DEFAULTS = ("default", "insert_default", "onupdate", "default_factory")
DECLARATIVE_BASES = frozenset(
    {
        "sqlalchemy.orm.DeclarativeBase",
        "sqlalchemy.orm.DeclarativeBaseNoMeta",
        "sqlalchemy.orm.DeclarativeMeta",
    }
)
SQLMODEL = "sqlmodel.SQLModel"
DATETIME = External("datetime.datetime")
MAPPED = External("sqlalchemy.orm.Mapped")


class Zone(enum.Enum):
    """What a column's type does with time zones."""

    NAIVE = "naive"
    AWARE = "aware"
    IMPLICIT = "implicit"
    UNKNOWN = "unknown"


class Default(NamedTuple):
    """One keyword that fills a column: its name, its value, and the zone of the column it fills."""

    keyword: str
    node: ast.expr
    scope: Scope
    zone: Zone


class Column(CallFact):
    """One `Column`, `mapped_column` or SQLModel `Field` call."""

    @property
    def is_field(self) -> bool:
        """Whether it is a SQLModel `Field`."""
        return self.callee == FIELD

    @cached_property
    def type_nodes(self) -> list[ast.expr]:
        """The arguments that can be its type."""
        if self.is_field:
            return [keyword.value for keyword in self.node.keywords if keyword.arg == "sa_type"]
        named = [keyword.value for keyword in self.node.keywords if keyword.arg == "type_"]
        positional = [node for node in self.node.args[:2] if not isinstance(node, ast.Starred)]
        return named + [node for node in positional if not self._is_name_or_constraint(node)]

    def _is_name_or_constraint(self, node: ast.expr) -> bool:
        value = self.project.inference.value(node, self.site.scope)
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return True
        return isinstance(value, Instance) and isinstance(value.cls, External) and value.cls.name in NO_TYPES

    @cached_property
    def naive_types(self) -> list[ast.expr]:
        """The type expressions in it that are certainly naive, also inside an ARRAY."""
        return [naive for node in self.type_nodes for naive in naive_types(node, self.site.scope, self.project)]

    @cached_property
    def zone(self) -> Zone:
        """What its own type says of time zones; `IMPLICIT` without one."""
        if self.is_field and not self.options.get("sa_column").is_absent:
            return Zone.UNKNOWN
        if any(keyword.arg is None for keyword in self.node.keywords):
            return Zone.UNKNOWN
        if not self.type_nodes:
            return Zone.IMPLICIT
        if self.naive_types:
            return Zone.NAIVE
        kinds = {zone_of(self.project.inference.value(node, self.site.scope), self.project) for node in self.type_nodes}
        return kinds.pop() if len(kinds) == 1 else Zone.UNKNOWN

    @cached_property
    def keywords(self) -> list[ast.keyword]:
        """The keywords whose value fills the column."""
        wanted = ("default", "default_factory") if self.is_field else DEFAULTS
        return [keyword for keyword in self.node.keywords if keyword.arg in wanted]

    @cached_property
    def is_foreign_key(self) -> bool:
        """Whether it refers to another table."""
        if self.is_field:
            return not self.options.get("foreign_key").is_absent
        return any(
            instance.cls == External("sqlalchemy.ForeignKey")
            for node in self.node.args
            for instance in instances(self.project.inference.value(node, self.site.scope))
        )

    @cached_property
    def may_be_indexed(self) -> bool:
        """Whether an index, a unique or primary key covers it, or may."""
        for name in ("index", "unique", "primary_key"):
            option = self.options.get(name)
            if not option.is_absent and not option.is_literal(False, None):
                return True
        statement = self.site.module.index.statement_of(self.node)
        target: ast.expr | None = statement.target if isinstance(statement, ast.AnnAssign) else None
        if isinstance(statement, ast.Assign):
            target = statement.targets[0]
        return isinstance(target, ast.Name) and self._is_named_in_index(target.id)

    def _is_named_in_index(self, name: str) -> bool:
        calls = ("sqlalchemy.Index", "sqlalchemy.UniqueConstraint", "sqlalchemy.PrimaryKeyConstraint")
        module = self.project.module(self.site.module)
        for site in module.calls_to(*calls):
            for node in site.node.args:
                named = isinstance(node, ast.Constant) and node.value == name
                if named or (
                    isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).rpartition(".")[2] == name
                ):
                    return True
        return False

    @cached_property
    def is_in_service(self) -> bool:
        """Whether it belongs to a mapped class or to a table that a base or a `create_all` brings to life."""
        parent = self.site.module.index.parents.get(self.node)
        if not isinstance(parent, ast.Call):
            return True
        called = self.project.inference.value(parent.func, self.site.scope)
        if called == External("sqlalchemy.Table"):
            metadata = Options(Site(parent, self.site.scope), self.project.inference).get("metadata", 1)
            return metadata.value is not None and self.project.is_live_metadata(metadata.value)
        return not (isinstance(called, External) and called.name.startswith("alembic."))


def naive_types(node: ast.expr, scope: Scope, project: ProjectFacts) -> Iterator[ast.expr]:
    """The parts of a type expression that are certainly a naive date-time type."""
    value = project.inference.value(node, scope)
    if zone_of(value, project) is Zone.NAIVE:
        yield node
    elif isinstance(node, ast.Call) and isinstance(value, Instance) and isinstance(value.cls, External):
        if value.cls.name in CONTAINERS:
            for argument in node.args[:1]:
                yield from naive_types(argument, scope, project)


def zone_of(value: Value, project: ProjectFacts) -> Zone:
    """What a type, given as a class or an object, does with time zones."""
    found = members(value)
    if len(found) == 1:
        value = found[0]
    if isinstance(value, External):
        return Zone.NAIVE if value.name in DATETIME_TYPES else Zone.UNKNOWN
    if not isinstance(value, Instance) or not isinstance(value.cls, External) or value.site is None:
        return Zone.UNKNOWN
    if value.cls.name not in DATETIME_TYPES:
        return Zone.UNKNOWN
    option = Options(value.site, project.inference).get("timezone", 0)
    if option.is_absent or option.is_literal(False, None):
        return Zone.NAIVE
    return Zone.AWARE if option.is_literal(True) else Zone.UNKNOWN


class ImplicitColumn(NamedTuple):
    """A mapped attribute or SQLModel field of `datetime` whose column type follows from the annotation alone."""

    name: str
    node: ast.AnnAssign
    cls: Class
    zone: Zone


class MappedClass:
    """A class with mapped attributes or SQLModel fields."""

    def __init__(self, cls: Class, project: ProjectFacts) -> None:
        self.cls = cls
        self.project = project

    @cached_property
    def is_declarative(self) -> Tri:
        """Whether a declarative base is among its bases."""
        return self.project.is_declarative(self.cls)

    @cached_property
    def is_sqlmodel(self) -> bool:
        """Whether SQLModel is among its bases."""
        return self.project.inference.is_subclass(self.cls, SQLMODEL) is Tri.YES

    def implicit_columns(self) -> Iterator[ImplicitColumn]:
        """The `datetime` attributes without an explicit column type, each with the zone it gets."""
        for node in self.cls.node.body if "__table__" not in self.cls.scope.bindings else ():
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                described = None if self._is_class_variable(node) else self._described(node)
                if described is not None and self._is_datetime(described):
                    yield ImplicitColumn(node.target.id, node, self.cls, self.zone_of_annotations)

    def _described(self, node: ast.AnnAssign) -> Value | None:
        """What an attribute without an explicit column type is annotated with; None where a type is given."""
        inference, scope = self.project.inference, self.cls.scope
        if self.is_sqlmodel:
            return inference.annotation(node.annotation, scope) if self._is_plain_field(node) else None
        if not self._may_be_mapped(node.annotation):
            return None
        mapped = [i for i in instances(inference.annotation(node.annotation, scope)) if i.cls == MAPPED]
        if len(mapped) != 1 or not mapped[0].args or not self._is_plain_column(node):
            return None
        return mapped[0].args[0] if not self._has_annotated_type(node.annotation, scope) else None

    def _may_be_mapped(self, annotation: ast.expr) -> bool:
        """Whether an annotation is `Mapped[...]`, an alias, or a string that has to be read first."""
        head = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        if not last_word(head):
            return isinstance(head, ast.Constant)
        found = members(self.project.inference.value(head, self.cls.scope))
        return any(each == MAPPED or isinstance(each, TypeForm) for each in found)

    def _is_class_variable(self, node: ast.AnnAssign) -> bool:
        annotation = node.annotation
        if not isinstance(annotation, ast.Subscript):
            return False
        return self.project.inference.value(annotation.value, self.cls.scope) == External("typing.ClassVar")

    def _is_plain_field(self, node: ast.AnnAssign) -> bool:
        if node.value is None or isinstance(node.value, ast.Constant):
            return True
        column = self.project.module(self.cls.module).column_at(node.value)
        if column is None:
            value = self.project.inference.value(node.value, self.cls.scope)
            return not isinstance(node.value, ast.Call) and is_known(value)
        return all(column.options.get(name).is_absent for name in ("sa_type", "sa_column"))

    def _is_plain_column(self, node: ast.AnnAssign) -> bool:
        if node.value is None:
            return True
        column = self.project.module(self.cls.module).column_at(node.value)
        return column is not None and column.zone is Zone.IMPLICIT and not column.node.args[2:]

    def _has_annotated_type(self, annotation: ast.expr, scope: Scope) -> bool:
        """Whether `Mapped[Annotated[datetime, mapped_column(DateTime(...))]]` or an alias of it brings a type."""
        for node, at in _inside_mapped(annotation, scope):
            value = self.project.inference.value(node, at)
            if isinstance(value, TypeForm) and isinstance(node, ast.Name | ast.Attribute):
                node, at = value.expression, value.scope
            for extra, extra_scope in self.project.inference.metadata(node, at):
                if isinstance(extra, ast.Call):
                    column = self.project.module(extra_scope.module).column_at(extra)
                    if column is None or column.zone is not Zone.IMPLICIT:
                        return True
        return False

    @staticmethod
    def _is_datetime(described: Value) -> bool:
        found = members(described)
        return bool(found) and all(isinstance(m, Instance) and m.cls == DATETIME for m in found)

    @cached_property
    def zone_of_annotations(self) -> Zone:
        """What `Mapped[datetime]` without a type becomes in this class, by its base's `type_annotation_map`."""
        if self.is_sqlmodel:
            return Zone.NAIVE if self.has_table and self.project.sqlmodel_is_naive else Zone.UNKNOWN
        if self.is_declarative is Tri.YES:
            return annotation_zone(self.cls, self.project)
        if self.is_declarative is Tri.UNKNOWN:
            return Zone.UNKNOWN
        zones = {
            annotation_zone(heir, self.project)
            for heir in self.project.heirs(self.cls)
            if self.project.is_declarative(heir) is Tri.YES
        }
        return zones.pop() if len(zones) == 1 else Zone.UNKNOWN

    @cached_property
    def has_table(self) -> bool:
        """Whether it is the SQLModel class of a table, or the base of one."""
        return any(_is_table(heir) for heir in [self.cls, *self.project.heirs(self.cls)])


def _is_table(cls: Class) -> bool:
    return any(
        keyword.arg == "table" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in cls.node.keywords
    )


def _inside_mapped(annotation: ast.expr, scope: Scope) -> Iterator[tuple[ast.expr, Scope]]:
    if isinstance(annotation, ast.Subscript):
        yield annotation.slice, scope
        for node in ast.walk(annotation.slice):
            if isinstance(node, ast.Subscript | ast.Name) and node is not annotation.slice:
                yield node, scope


def annotation_zone(cls: Class, project: ProjectFacts) -> Zone:
    """What the `type_annotation_map` of a class's bases makes of `datetime`; naive where none mentions it."""
    for base in project.inference.linearized(cls):
        if not isinstance(base, Class):
            continue
        for name in ("type_annotation_map", "registry"):
            for binding in base.scope.bindings.get(name, []):
                zone = None if binding.value is None else map_zone(binding.value, base.scope, project)
                if zone is not None:
                    return zone
        for expression in base.node.bases:
            for made in instances(project.inference.value(expression, base.outer)):
                zone = _zone_of_made_base(made, project)
                if zone is not None:
                    return zone
    return Zone.NAIVE


def _zone_of_made_base(made: Instance, project: ProjectFacts) -> Zone | None:
    """What the map given to `declarative_base()` or to the registry that generated a base makes of `datetime`."""
    site = made.source.site if isinstance(made.source, Instance) else made.site
    return None if site is None else map_zone(site.node, site.scope, project)


def map_zone(node: ast.expr, scope: Scope, project: ProjectFacts) -> Zone | None:
    """What one `type_annotation_map` (or a `registry` with one) says of `datetime`; None when it says nothing."""
    if isinstance(node, ast.Call):
        option = Options(Site(node, scope), project.inference).get("type_annotation_map")
        if option.node is None:
            return None if option.is_absent else Zone.UNKNOWN
        node = option.node
    if isinstance(node, ast.Name):
        bindings = project.inference.find_bindings(node.id, scope, node)
        if len(bindings) == 1 and bindings[0].value is not None:
            node, scope = bindings[0].value, bindings[0].scope
    if not isinstance(node, ast.Dict):
        return Zone.UNKNOWN
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            return Zone.UNKNOWN
        if project.inference.value(key, scope) == DATETIME:
            found = zone_of(project.inference.value(value, scope), project)
            return Zone.AWARE if found is Zone.UNKNOWN else found
    return None


def map_types(module: ModuleFacts) -> Iterator[ast.expr]:
    """The naive types that a `type_annotation_map` in this module gives to an annotation."""
    for node, scope in module.type_maps():
        for value in node.values:
            yield from naive_types(value, scope, module.project)


def column_defaults(module: ModuleFacts) -> Iterator[Default]:
    """Every keyword in the module that fills a column by itself."""
    for column in module.columns:
        zone = module.zone_of_column(column)
        for keyword in column.keywords:
            if zone is not None:
                yield Default(keyword.arg or "", keyword.value, column.site.scope, zone)
