"""Expressions that read a clock: naive or aware, called or only named."""

from __future__ import annotations

import ast
from collections.abc import Callable

from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.scopes import Kind, Scope, arguments
from flake8_asyncdb.model.values import Anonymous, Bound, External, Literal, Value, members

NAIVE_CLOCKS = frozenset({"datetime.datetime.utcnow", "datetime.datetime.today"})
NOW = "datetime.datetime.now"
READINGS = frozenset(
    """datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today
    time.time time.time_ns time.monotonic uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7 random.random
    random.randint random.choice random.getrandbits random.randrange random.uniform
    secrets.token_hex secrets.token_urlsafe secrets.token_bytes secrets.randbits os.urandom""".split()
)
_PASS_THROUGH = frozenset({"builtins.str", "builtins.int", "builtins.float", "builtins.round"})
MAX_DEPTH = 8


def is_naive_clock(value: Value, inference: Inference, depth: int = 0) -> bool:
    """Whether calling `value` certainly returns a naive datetime of now."""
    found = members(value)
    return bool(found) and all(_is_naive_clock(member, inference, depth) for member in found)


def _is_naive_clock(value: Value, inference: Inference, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, External):
        return value.name in NAIVE_CLOCKS or value.name == NOW
    if isinstance(value, Anonymous):
        inner = value.scope.module.index.scopes[value.node]
        return is_naive_now(value.node.body, inner, inference, depth + 1)
    if isinstance(value, Bound) and not value.function.is_async and not value.function.is_generator:
        returned = [node.value for node in value.function.scope.returns]
        return bool(returned) and all(
            node is not None and is_naive_now(node, value.function.scope, inference, depth + 1) for node in returned
        )
    return False


def is_naive_now(node: ast.expr, scope: Scope, inference: Inference, depth: int = 0) -> bool:
    """Whether an expression is certainly a naive datetime read from a clock."""
    if depth > MAX_DEPTH:
        return False
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            if isinstance(node.op, ast.Sub) and is_naive_now(right, scope, inference, depth + 1):
                return False
            return any(is_naive_now(side, scope, inference, depth + 1) for side in (left, right))
        case ast.Name():
            return _all_assigned(node, scope, inference, is_naive_now, depth)
        case ast.Call(func=ast.Attribute(value=inner, attr="replace")):
            zones = [keyword.value for keyword in node.keywords if keyword.arg == "tzinfo"]
            if zones:
                return _is_none(zones[0]) and reads_clock(inner, scope, inference, depth + 1)
            return is_naive_now(inner, scope, inference, depth + 1)
        case ast.Call():
            called = inference.value(node.func, scope)
            if called == External(NOW):
                zones = arguments(node)
                return all(_is_none(zone) for zone in zones)
            if isinstance(called, External):
                return called.name in NAIVE_CLOCKS
            return isinstance(called, Bound | Anonymous) and is_naive_clock(called, inference, depth + 1)
    return False


def reads_clock(node: ast.expr, scope: Scope, inference: Inference, depth: int = 0) -> bool:
    """Whether evaluating an expression reads a clock, makes a uuid or draws a random number."""
    if depth > MAX_DEPTH:
        return False
    match node:
        case ast.BinOp(left=left, right=right):
            return any(reads_clock(side, scope, inference, depth + 1) for side in (left, right))
        case ast.JoinedStr(values=values):
            return any(
                reads_clock(part.value, scope, inference, depth + 1)
                for part in values
                if isinstance(part, ast.FormattedValue)
            )
        case ast.Name():
            return _all_assigned(node, scope, inference, reads_clock, depth)
        case ast.Attribute(value=inner):
            return reads_clock(inner, scope, inference, depth + 1)
        case ast.Call():
            called = inference.value(node.func, scope)
            if isinstance(called, External) and called.name in READINGS:
                return True
            if isinstance(called, External) and called.name in _PASS_THROUGH and node.args:
                return reads_clock(node.args[0], scope, inference, depth + 1)
            if isinstance(called, Bound) and not called.function.is_async:
                function = called.function
                returned = [r.value for r in function.scope.returns if r.value is not None]
                return bool(returned) and all(
                    reads_clock(value, function.scope, inference, depth + 1) for value in returned
                )
            return isinstance(node.func, ast.Attribute) and reads_clock(node.func.value, scope, inference, depth + 1)
    return False


def _all_assigned(node: ast.Name, scope: Scope, inference: Inference, test: Callable[..., bool], depth: int) -> bool:
    """Whether everything that a name is assigned passes a test."""
    bindings = inference.find_bindings(node.id, scope, node)
    return bool(bindings) and all(
        binding.kind is Kind.ASSIGNMENT
        and binding.value is not None
        and not binding.path
        and test(binding.value, binding.scope, inference, depth + 1)
        for binding in bindings
    )


def callable_default(node: ast.expr, scope: Scope, inference: Inference) -> Value | None:
    """What a `default=` names, when it is something to call."""
    value = inference.value(node, scope)
    if isinstance(node, ast.Call) and isinstance(inference.value(node.func, scope), External):
        called = inference.value(node.func, scope)
        if called == External("functools.partial") and len(node.args) == 1 and not node.keywords:
            return inference.value(node.args[0], scope)
        return None
    return value if not isinstance(value, Literal) else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
