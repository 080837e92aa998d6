"""What does not change the meaning of code does not change its findings: imports, names, and where the code lies."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from linting import RULES, findings

from flake8_asyncdb.catalog import Rule
from flake8_asyncdb.documentation import page

SINGLE = [rule for rule in RULES if set(page(rule).example("Bad")) == {"app.py"}]


class Renamer(ast.NodeTransformer):
    """Gives names new ones, wherever they are bound or used; attributes and keywords stay."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self.names.get(node.name, node.name)
        self.generic_visit(node)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        node.name = self.names.get(node.name, node.name)
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.name = self.names.get(node.name, node.name)
        self.generic_visit(node)
        return node


def example(rule: Rule) -> ast.Module:
    return ast.parse(page(rule).example("Bad")["app.py"])


def found(root: Path, files: dict[str, ast.Module], rule: Rule) -> Counter[str]:
    root.mkdir()
    (root / "pyproject.toml").touch()
    for name, tree in files.items():
        (root / name).write_text(ast.unparse(ast.fix_missing_locations(tree)), encoding="utf-8")
    return Counter(finding.code for _, finding in findings(root, {rule.code}))


def aliased(tree: ast.Module) -> ast.Module:
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if "." not in alias.name:
                    used = alias.asname or alias.name
                    alias.asname = names[used] = f"my_{used}"
    return Renamer(names).visit(tree)


def by_module(tree: ast.Module) -> ast.Module:
    """`from a.b import c` becomes `import a.b as a_b`, and `c` becomes `a_b.c`."""
    origins = {}
    for position, node in enumerate(tree.body):
        if isinstance(node, ast.ImportFrom) and node.module:
            name = node.module.replace(".", "_") + "_module"
            origins.update({alias.asname or alias.name: f"{name}.{alias.name}" for alias in node.names})
            tree.body[position] = ast.Import([ast.alias(node.module, name)])

    class Qualifier(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            origin = origins.get(node.id)
            return ast.parse(origin, mode="eval").body if origin else node

    return Qualifier().visit(tree)


def renamed(tree: ast.Module) -> ast.Module:
    names = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names.update({t.id: f"the_{t.id}" for t in node.targets if isinstance(t, ast.Name)})
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names[node.name] = f"The{node.name}"
    return Renamer(names).visit(tree)


@pytest.mark.parametrize("rule", SINGLE, ids=lambda rule: rule.code)
@pytest.mark.parametrize("change", [aliased, by_module, renamed], ids=lambda change: change.__name__)
def test_same_findings_with_other_names(rule: Rule, change, tmp_path: Path) -> None:
    before = found(tmp_path / "before", {"app.py": example(rule)}, rule)
    after = found(tmp_path / "after", {"app.py": change(example(rule))}, rule)
    assert before == after != Counter()


@pytest.mark.parametrize("rule", SINGLE, ids=lambda rule: rule.code)
def test_same_findings_in_two_files(rule: Rule, tmp_path: Path) -> None:
    tree = example(rule)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = [node for node in tree.body if node not in imports]
    moved, kept = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    base = ast.Module([*imports, *moved], [])
    app = ast.Module([*imports, ast.ImportFrom("base", [ast.alias("*")], 0), *kept], [])
    before = found(tmp_path / "before", {"app.py": example(rule)}, rule)
    after = found(tmp_path / "after", {"base.py": base, "app.py": app}, rule)
    assert before == after != Counter()
