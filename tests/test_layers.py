"""The direction of the arrows: syntax, model, facts, checks, doors; each layer knows only those before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import flake8_asyncdb

PACKAGE = "flake8_asyncdb"
ROOT = Path(flake8_asyncdb.__file__).parent
APART = ("reference", "templates")
"""What the package carries along for users, and no layer imports."""
LAYERS = {
    "syntax": 0,
    "model": 1,
    "facts": 2,
    "catalog": 3,
    "checks": 4,
    "analysis": 5,
    "astgrep": 5,
    "baseline": 5,
    "documentation": 5,
    "report": 6,
    "scaffold": 6,
    "plugin": 7,
    "formatter": 7,
    "check": 8,
    "compare": 8,
    "doctor": 8,
    "cli": 9,
}
"""Each module or subpackage of the package; equal numbers do not know one another."""
EXTRAS = {"report.terminal": {"rich"}, "report.page": {"jinja2", "markupsafe"}}
"""What the extra `report` brings, and who may need it: modules that are imported only when they are asked for."""
FILES = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] not in APART)


def imports(tree: ast.AST, typing_only: bool = True) -> Iterator[str]:
    """The modules that a file imports, `from a import b` as a.b; with or without those under TYPE_CHECKING."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not typing_only:
            continue
        else:
            yield from imports(node, typing_only)


def own(path: Path, typing_only: bool = True) -> set[str]:
    """What a file imports from the package itself, without the package's name."""
    found = imports(ast.parse(path.read_bytes()), typing_only)
    return {name.removeprefix(f"{PACKAGE}.") for name in found if name.partition(".")[0] == PACKAGE}


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


def test_every_module_has_its_layer() -> None:
    assert {layer_of(path) for path in FILES} - {"__init__"} <= LAYERS.keys()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_go_down(path: Path) -> None:
    layer = layer_of(path)
    if layer == "__init__":
        assert own(path) == set()
        return
    for name in own(path, typing_only=False):
        imported = name.partition(".")[0]
        if imported in LAYERS and imported != layer:
            assert LAYERS[imported] < LAYERS[layer], f"{name_of(path)} imports {name}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if layer_of(path) in ("syntax", "model", "facts")], ids=name_of
)
def test_lower_layers_do_not_know_the_upper_ones_as_types_either(path: Path) -> None:
    for name in own(path):
        imported = name.partition(".")[0]
        assert LAYERS.get(imported, 0) <= LAYERS[layer_of(path)], f"{name_of(path)} imports {name}"


def test_imports_make_no_cycle() -> None:
    modules = {name_of(path) for path in FILES}
    reached = {
        name_of(path): {name if name in modules else name.rpartition(".")[0] for name in own(path, typing_only=False)}
        for path in FILES
    }
    for _ in modules:
        for targets in reached.values():
            targets.update(*(reached.get(target, ()) for target in list(targets)))

    assert [name for name, targets in reached.items() if name in targets] == []


@pytest.mark.parametrize("path", sorted((ROOT / "checks").glob("*.py")), ids=name_of)
def test_checks_judge_and_do_nothing_else(path: Path) -> None:
    assert not any(name.startswith("checks") for name in own(path)), "checks do not know one another"
    assert not any(name.startswith(("syntax", "analysis")) for name in own(path))
    tree = ast.parse(path.read_bytes())
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ast"
    }
    assert used <= {"unparse"}, "checks write code into messages and leave trees to the facts"
    assert not any(name.startswith("ast.") for name in imports(tree)), "`import ast`, so that its uses can be seen"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_flake8_is_known_to_the_doors_alone(path: Path) -> None:
    imported = {name.partition(".")[0] for name in imports(ast.parse(path.read_bytes()))}
    assert "flake8" not in imported or name_of(path) in ("plugin", "formatter", "check", "doctor")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nothing_but_flake8_and_the_standard_library_is_needed(path: Path) -> None:
    import sys

    imported = {name.partition(".")[0] for name in imports(ast.parse(path.read_bytes()))}
    assert imported <= sys.stdlib_module_names | {"flake8", PACKAGE} | EXTRAS.get(name_of(path), set())


def test_the_command_starts_without_the_extras() -> None:
    import subprocess
    import sys

    hidden = "".join(f"sys.modules['{name}'] = None; " for names in EXTRAS.values() for name in sorted(names))
    code = f"import sys; {hidden}from flake8_asyncdb.cli import main; main(['--version'])"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
