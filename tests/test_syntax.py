"""Reading and writing of source text."""

from __future__ import annotations

import ast

import pytest

from flake8_asyncdb import syntax


@pytest.mark.parametrize(
    "text", ["db", "self.db", "a.b.c.d", "a().b", "a[0].b.c", "(x or y).z", "1 .real", "f(x, y=1)"]
)
def test_expressions_are_written_as_python_writes_them(text: str) -> None:
    node = ast.parse(text, mode="eval").body

    assert syntax.unparse(node) == ast.unparse(node)


def test_long_chain_is_written_without_recursion() -> None:
    node: ast.expr = ast.Name("a", ast.Load())
    for _ in range(50_000):
        node = ast.Attribute(node, "b", ast.Load())

    assert syntax.unparse(node) == "a" + ".b" * 50_000
