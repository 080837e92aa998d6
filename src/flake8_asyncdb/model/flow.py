"""Which of a name's bindings can be the one that a use sees."""

from __future__ import annotations

import ast

from flake8_asyncdb.model.scopes import Binding, Index, Kind

Block = tuple[ast.AST, str]
_BLOCK_HEADS = (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)


def reaching(bindings: list[Binding], use: ast.AST, index: Index) -> list[Binding]:
    """The bindings of one scope that can reach `use` in it.

    Reads backwards from the use: a binding in a block that surely ran before it
    hides all earlier ones; one in another arm of the same `if` or `try` cannot
    reach it. Where nothing precedes the use (a loop's later turn), all may.
    """
    at = _position(use)
    path = block_path(use, index)
    blocks = dict(path)
    statement = index.statement_of(use)
    found: list[Binding] = []
    for binding in sorted(bindings, key=_bound_at, reverse=True):
        own = binding.statement
        if _bound_at(binding) >= at or (own is statement and not isinstance(own, _BLOCK_HEADS)):
            continue
        is_parameter = binding.kind is Kind.PARAMETER or isinstance(binding.node, ast.arg)
        binding_path = [] if is_parameter else block_path(own, index)
        if any(blocks.get(node, block) != block and _exclusive(node, block, blocks[node]) for node, block in binding_path):
            continue
        found.append(binding)
        if all(blocks.get(node) == block for node, block in binding_path):
            break
    return found or bindings


def block_path(node: ast.AST, index: Index) -> list[Block]:
    """The compound statements around a node within its function, each with the field that the node stands in."""
    path: list[Block] = []
    while True:
        parent = index.parents.get(node)
        if parent is None:
            return path
        if isinstance(parent, ast.If | ast.For | ast.AsyncFor | ast.While | ast.Try | ast.With | ast.AsyncWith | ast.match_case):
            path.append((parent, field_of(parent, node)))
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Module):
            return path
        node = parent


def field_of(parent: ast.AST, child: ast.AST) -> str:
    """The field of `parent` that `child` stands in."""
    for name in ("body", "orelse", "finalbody", "handlers"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and any(child is statement for statement in block):
            return name
    return ""


def _exclusive(node: ast.AST, one: str, other: str) -> bool:
    if isinstance(node, ast.If):
        return {one, other} == {"body", "orelse"}
    return isinstance(node, ast.Try) and {one, other} == {"handlers", "orelse"}


def _bound_at(binding: Binding) -> tuple[int, int]:
    node = binding.node if hasattr(binding.node, "lineno") else binding.statement
    return _position(node)


def _position(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
