"""The pack of ast-grep rules, run with the real binary, and held against the plugin."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from flake8_asyncdb import astgrep

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
FIXTURES = ROOT / "tests" / "fixtures"
CASES = Path(__file__).parent / "cases"
MARKER = re.compile(r"# (ADB\d{3})( \[flake8\])?$")


def script(name: str) -> ModuleType:
    """A script of the project as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


parity = script("parity")
sync_rules = script("sync_rules")
RULE_FILES: list[Path] = sync_rules.rule_files()
REPORTING: list[Path] = sync_rules.rule_files("adb", "opinionated")
SWITCHES = sorted(f"--hint={path.stem}" for path in RULE_FILES if sync_rules.rule_of(path).opinionated)
"""The options that switch the opinionated rules on, and what adds the imports for their fixes."""
Found = dict[tuple[str, int, str], str]
"""Path, line and code with the message."""


def load(path: Path) -> dict[str, Any]:
    """A rule file."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def project(root: Path, files: dict[str, str]) -> Path:
    """Write files into a directory that is a project of its own."""
    for name, text in {"pyproject.toml": "", **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root


def relative(found: Found, root: Path) -> Found:
    """Findings with their paths below `root`."""
    return {(Path(path).relative_to(root).as_posix(), line, code): text for (path, line, code), text in found.items()}


def by_ast_grep(root: Path) -> Found:
    """What ast-grep finds, opinionated rules included."""
    return relative(parity.by_ast_grep(root), root)


def by_flake8(root: Path) -> Found:
    """What the plugin finds of all that the pack reports."""
    return relative(parity.by_flake8(root, astgrep.codes()), root)


def copy_fixtures(target: Path) -> None:
    """Copy all fixtures of the plugin below `target`, each a project of its own."""
    for folder in sorted(FIXTURES.glob("ADB*")):
        for case in sorted(folder.iterdir()):
            root = target / folder.name / case.stem
            if case.is_dir():
                shutil.copytree(case, root, ignore=shutil.ignore_patterns("__pycache__"))
            elif case.suffix == ".py":
                project(root, {case.name: case.read_text(encoding="utf-8")})


def fixed_codes(safety: str) -> set[str]:
    """The codes that a set of rules fixes: `safe` or `unsafe`."""
    folders = ("unsafe",) if safety == "unsafe" else ("adb", "opinionated", "fixes")
    return {path.stem.partition("-")[0] for path in sync_rules.rule_files(*folders) if "fix" in load(path)}
