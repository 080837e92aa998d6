"""Which of a name's bindings can be the one that a use sees."""

from __future__ import annotations

import ast
import bisect
from itertools import pairwise

from flake8_asyncdb.model.scopes import Binding, Index, Kind

MAX_REACHING = 40

Block = tuple[ast.AST, str]
"""A compound statement, and the part of it that something stands in."""

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_WITHS = (ast.With, ast.AsyncWith)
TRIES = (ast.Try, *([ast.TryStar] if hasattr(ast, "TryStar") else []))
_COMPOUND = (ast.If, *_LOOPS, *TRIES, *_WITHS, ast.Match)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Module)
_ALWAYS = ("", "finalbody")


def reaching(bindings: list[Binding], use: ast.AST, index: Index) -> list[Binding]:
    """The bindings of one scope that can reach `use` in it; one that says nothing where they are too many.

    Reads backwards from the use: a binding in a block that surely ran before it hides all earlier ones; one in
    another arm of the same `if`, `try` or `match`, or in an arm that returns or raises, cannot reach it; one that
    follows can, on a later turn of a loop around both.
    """
    at, statement = _position(use), index.statement_of(use)
    path = dict(block_path(use, index))
    in_loop = any(isinstance(node, _LOOPS) for node in path)
    ordered = _in_order(bindings, index)
    found: list[Binding] = []
    for binding in reversed(ordered if in_loop else ordered[: bisect.bisect_left(ordered, at, key=_bound_at)]):
        if len(found) > MAX_REACHING:
            return [Binding(binding.name, Kind.OPAQUE, use, binding.scope, statement)]
        blocks = [] if isinstance(binding.node, ast.arg) else block_path(binding.statement, index)
        if _bound_at(binding) >= at or (binding.statement is statement and not isinstance(statement, _LOOPS + _WITHS)):
            if any(isinstance(node, _LOOPS) and path.get(node) == part for node, part in blocks):
                found.append(binding)
            continue
        if any(_excludes(node, part, path.get(node, part)) for node, part in blocks):
            continue
        if any(path.get(node) != part and _leaves(node, part) for node, part in blocks):
            continue
        found.append(binding)
        if _surely_ran(binding, blocks, path):
            break
    return found or bindings


def _in_order(bindings: list[Binding], index: Index) -> list[Binding]:
    """The bindings of a name in the order of the text."""
    ordered = index.ordered.get(bindings[0])
    if ordered is None or len(ordered) != len(bindings):
        ordered = index.ordered[bindings[0]] = sorted(bindings, key=_bound_at)
    return ordered


def any_before(bindings: list[Binding], use: ast.AST, index: Index) -> bool:
    """Whether any binding stands before `use`: in a class body a name that has none yet comes from further out."""
    statement = index.statement_of(use)
    return any(b.statement is not statement and _bound_at(b) < _position(use) for b in bindings)


def block_path(node: ast.AST, index: Index) -> list[Block]:
    """The compound statements around a node within its function, each with the part that the node stands in."""
    way_up = [node]
    while way_up[-1] not in index.paths:
        parent = index.parents.get(way_up[-1])
        if parent is None or isinstance(parent, _FUNCTIONS):
            index.paths[way_up[-1]] = []
        else:
            way_up.append(parent)
    for parent, child in pairwise(reversed(way_up)):
        path = index.paths[parent]
        index.paths[child] = [(parent, _part_of(parent, child)), *path] if isinstance(parent, _COMPOUND) else path
    return index.paths[node]


def _part_of(parent: ast.AST, child: ast.AST) -> str:
    """The part of a compound statement that a child stands in; empty for its head, which always runs."""
    for name in ("body", "orelse", "finalbody"):
        if any(child is statement for statement in getattr(parent, name, ())):
            return name
    for name in ("handlers", "cases"):
        for position, arm in enumerate(getattr(parent, name, ())):
            if child is arm:
                return f"{name}{position}"
    return ""


def _excludes(node: ast.AST, one: str, other: str) -> bool:
    """Whether only one of two parts of a statement can have run."""
    if one == other or "" in (one, other) or isinstance(node, _LOOPS):
        return False
    arms = {part for part in (one, other) if part == "orelse" or part[0] in "hc"}
    return {one, other} == {"body", "orelse"} if isinstance(node, ast.If) else len(arms) == 2


def _leaves(node: ast.AST, part: str) -> bool:
    """Whether a part of a statement ends by returning or raising; what a `try` raises may be caught."""
    if part == "body" and not isinstance(node, ast.If):
        return False
    if part.startswith(("handlers", "cases")):
        name = part.rstrip("0123456789")
        block = getattr(node, name)[int(part[len(name) :])].body
    else:
        block = getattr(node, part, None) if part else None
    return bool(block) and isinstance(block[-1], ast.Return | ast.Raise)


def _surely_ran(binding: Binding, blocks: list[Block], path: dict[ast.AST, str]) -> bool:
    """Whether every way to the use comes by the binding."""
    if binding.kind is Kind.LOOP and path.get(binding.statement) != "body":
        return False
    return all(
        path.get(node) == part or part in _ALWAYS or (part == "body" and path.get(node) == "orelse" and _tries(node))
        for node, part in blocks
    )


def _tries(node: ast.AST) -> bool:
    return not isinstance(node, (*_LOOPS, ast.If))


def _bound_at(binding: Binding) -> tuple[int, int]:
    node = binding.node if hasattr(binding.node, "lineno") else binding.statement
    return _position(node)


def _position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
