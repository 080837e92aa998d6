"""What an expression can stand for, as far as it can be known without running anything."""

from __future__ import annotations

import ast
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from flake8_asyncdb.model.project import Class, Function, Module, Namespace
from flake8_asyncdb.model.scopes import Scope


class Tri(enum.Enum):
    """The three answers; only `YES` and `NO` may lead to a finding."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Site(NamedTuple):
    """The call that makes an object, which is also the object's identity."""

    node: ast.Call
    scope: Scope

    @property
    def module(self) -> Module:
        """The file that the call stands in."""
        return self.scope.module


class External:
    """Something outside the project, by its canonical dotted name: one object for each name, compared by identity."""

    __slots__ = ("name",)
    __match_args__ = ("name",)
    _by_name: ClassVar[dict[str, External]] = {}
    name: str

    def __new__(cls, name: str) -> External:
        """The object for a name, which is made when it is first asked for."""
        known = cls._by_name.get(name)
        if known is None:
            known = cls._by_name[name] = object.__new__(cls)
            known.name = name
        return known

    def __repr__(self) -> str:
        return f"External({self.name!r})"


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: object


@dataclass(frozen=True, slots=True)
class Bound:
    """A function of the project, with the object or class it was looked up on."""

    function: Function
    receiver: Value | None = None


@dataclass(frozen=True, slots=True)
class Anonymous:
    """A lambda."""

    node: ast.Lambda
    scope: Scope


@dataclass(frozen=True, slots=True)
class Method:
    """An attribute of an object whose class lies outside the project."""

    receiver: Instance
    name: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class; `args` as in `list[int]`, `source` the object it was got from."""

    cls: Class | External
    args: tuple[Value, ...] = ()
    site: Site | None = None
    source: Value | None = None


@dataclass(frozen=True, slots=True)
class Tuple:
    """A tuple of known length."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class TypeForm:
    """A type that is not a plain class: `Annotated[...]`, `X | None`, a `NewType`, an alias."""

    expression: ast.expr
    scope: Scope


@dataclass(frozen=True, slots=True)
class Union:
    """One of several; without members, nothing that any path produces."""

    members: tuple[Value, ...]


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
MAX_PARTS = 300
NEVER = Union(())
NONE = Literal(None)
"""`None`: the only object for it."""

Value = (
    Module
    | Class
    | Namespace
    | External
    | Literal
    | Bound
    | Anonymous
    | Method
    | Instance
    | Tuple
    | TypeForm
    | Union
    | _Unknown
)


COMPOSITES = frozenset({Tuple, Union, Instance, Method, Bound})


def union(values: list[Value]) -> Value:
    """The values as one, without repetitions."""
    if len(values) == 1:
        return values[0]
    members: dict[Value, None] = {}
    for value in values:
        members.update(dict.fromkeys(value.members if isinstance(value, Union) else (value,)))
    return next(iter(members)) if len(members) == 1 else Union(tuple(members))


def members(value: Value) -> Sequence[Value]:
    """What the value can be, `None` left out: using it as something else says that it is not None there."""
    if type(value) is Union:
        return [member for member in value.members if member is not NONE]
    return () if value is NONE else (value,)


def instances(value: Value) -> Sequence[Instance]:
    """The objects of known class among what the value can be."""
    return [member for member in members(value) if isinstance(member, Instance)]


def is_known(value: Value) -> bool:
    """Whether there is something that the value can be, and nothing unknown among it."""
    found = members(value)
    return bool(found) and UNKNOWN not in found


def bounded(value: Value) -> Value:
    """The value, or `UNKNOWN` for one of more than `MAX_PARTS` parts, each counted as often as it occurs."""
    if type(value) not in COMPOSITES or (type(value) is Instance and not value.args and value.source is None):
        return value
    parts: list[Value] = [value]
    for part in parts:
        match part:
            case Tuple(items=nested) | Union(members=nested):
                parts += nested
            case Instance(args=nested, source=source):
                parts += nested
                if source is not None:
                    parts.append(source)
            case Method(receiver=Instance() as receiver) | Bound(receiver=Instance() as receiver):
                parts.append(receiver)
        if len(parts) > MAX_PARTS:
            return UNKNOWN
    return value
