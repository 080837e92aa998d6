"""The keyword arguments of a call: present, absent, or not to be known."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.scopes import Kind
from flake8_asyncdb.model.values import Literal, Site, Tri, Value

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts


class Option(NamedTuple):
    """One argument; `node` where it is written out, `value` what it stands for."""

    given: Tri
    node: ast.expr | None = None
    value: Value | None = None

    @property
    def is_absent(self) -> bool:
        """Certainly not given."""
        return self.given is Tri.NO

    @property
    def is_present(self) -> bool:
        """Certainly given."""
        return self.given is Tri.YES

    def is_literal(self, *wanted: object) -> bool:
        """Given, and certainly one of these constants."""
        return isinstance(self.value, Literal) and any(self.value.value is constant for constant in wanted)

    def is_text(self, wanted: str) -> bool:
        """Given, and certainly this constant string."""
        return isinstance(self.value, Literal) and self.value.value == wanted

    @property
    def is_none(self) -> bool:
        """Given as the constant None."""
        return self.is_literal(None)


class Options:
    """Looks arguments of one call up, into `**options` too where those are a dict literal of the same scope."""

    def __init__(self, site: Site, inference: Inference) -> None:
        self.site = site
        self._inference = inference

    def get(self, name: str, position: int | None = None) -> Option:
        """The argument called `name`, or standing at `position`."""
        node = self.site.node
        if position is not None and len(node.args) > position:
            if any(isinstance(argument, ast.Starred) for argument in node.args[: position + 1]):
                return Option(Tri.UNKNOWN)
            return self._present(node.args[position])
        unknown = any(isinstance(argument, ast.Starred) for argument in node.args) and position is not None
        for keyword in node.keywords:
            if keyword.arg == name:
                return self._present(keyword.value)
            if keyword.arg is None:
                unpacked = self._unpacked(keyword.value, name)
                if unpacked.is_present:
                    return unpacked
                unknown = unknown or unpacked.given is Tri.UNKNOWN
        return Option(Tri.UNKNOWN if unknown else Tri.NO)

    def _present(self, node: ast.expr) -> Option:
        return Option(Tri.YES, node, self._inference.value(node, self.site.scope))

    def _unpacked(self, node: ast.expr, name: str) -> Option:
        literal = self.dict_literal(node)
        if literal is None:
            return Option(Tri.UNKNOWN)
        for key, value in zip(literal.keys, literal.values, strict=True):
            if not isinstance(key, ast.Constant):
                return Option(Tri.UNKNOWN)
            if key.value == name:
                return self._present(value)
        return Option(Tri.NO)

    def dict_literal(self, node: ast.expr) -> ast.Dict | None:
        """The one dict literal that a `**name` stands for; None when it may have been changed since."""
        if isinstance(node, ast.Dict):
            return node
        if not isinstance(node, ast.Name):
            return None
        bindings = self._inference.find_bindings(node.id, self.site.scope)
        if len(bindings) != 1 or bindings[0].kind is not Kind.ASSIGNMENT:
            return None
        value = bindings[0].value
        changed = any(_changes(parent, node.id) for parent in self.site.module.index.parents.values())
        return value if isinstance(value, ast.Dict) and not changed else None


def _changes(node: ast.AST, name: str) -> bool:
    """Whether a node writes into the dict called `name`: `name[...] =`, `name.update(...)`."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
        return isinstance(node.value, ast.Name) and node.value.id == name
    if isinstance(node, ast.Attribute) and node.attr in ("update", "setdefault", "pop"):
        return isinstance(node.value, ast.Name) and node.value.id == name
    return False


class CallFact:
    """Something of the domain that one call makes; `callee` is the canonical name of what was called."""

    def __init__(self, site: Site, callee: str, project: ProjectFacts) -> None:
        self.site = site
        self.callee = callee
        self.project = project
        self.options = Options(site, project.inference)

    @property
    def node(self) -> ast.Call:
        """The call."""
        return self.site.node
