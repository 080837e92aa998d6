"""The fixes: what they write, that they end, and that neither engine finds more than before."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from packs import CASES, ROOT, SWITCHES, Found, by_ast_grep, by_flake8, copy_fixtures, fixed_codes, project

from flake8_asyncdb import astgrep, catalog

FIXES = Path(__file__).parent / "fixes"
REGISTRY = catalog.all_rules()
MAX_PASSES = 4
"""Of nested places each pass fixes the outer one."""


def apply(root: Path, *, unsafe: bool) -> int:
    """Apply the fixes to the files below a directory until none is left; how many passes changed something."""
    config = astgrep.configuration(fixes=True, unsafe=unsafe)
    command = [astgrep.binary(), "scan", "--config", str(config), "-U", "--off=unused-suppression", *SWITCHES, "."]
    for passes in range(MAX_PASSES):
        done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode in (0, 1), done.stderr
        if "Applied" not in done.stdout + done.stderr:
            return passes
    raise AssertionError(f"more than {MAX_PASSES} passes")


def more(after: Found, before: Found) -> set[tuple[str, str]]:
    """Files with more findings of a rule that is on by default, or with more of all: an opinionated one may follow."""
    return {place for count in (_by_rule, _by_file) for place in count(after) - count(before)}


def _by_rule(found: Found) -> Counter[tuple[str, str]]:
    return Counter((path, code) for path, _, code in found if not REGISTRY[code].opinionated)


def _by_file(found: Found) -> Counter[tuple[str, str]]:
    return Counter((path, "ADB") for path, _, _ in found)


@pytest.mark.parametrize("safety", ["safe", "unsafe"])
def test_fixes(safety: str, tmp_path: Path) -> None:
    """Each file becomes the one of the same name in `after`; what its comments say stays is all that is found then."""
    for case in sorted((FIXES / safety / "before").glob("*.py")):
        project(tmp_path / case.stem, {case.name: case.read_text(encoding="utf-8")})
    plugin = by_flake8(tmp_path)
    assert apply(tmp_path, unsafe=safety == "unsafe")
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*/*.py")}
    assert written == {path.name: path.read_text(encoding="utf-8") for path in (FIXES / safety / "after").glob("*.py")}
    for name, text in written.items():
        ast.parse(text, name)
    assert apply(tmp_path, unsafe=safety == "unsafe") == 0
    assert not more(by_flake8(tmp_path), plugin)
    fixed = {place for place in by_ast_grep(tmp_path) if place[2] in fixed_codes(safety)}
    stays = {
        (f"{Path(name).stem}/{name}", number)
        for name, text in written.items()
        for number, line in enumerate(text.splitlines(), 1)
        if "# stays" in line
    }
    assert {place[:2] for place in fixed} == stays


def test_every_fix_is_tested() -> None:
    for safety in ("safe", "unsafe"):
        tested = {path.stem.partition("_")[0] for path in (FIXES / safety / "before").glob("ADB*.py")}
        assert tested == fixed_codes(safety)


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixtures(unsafe: bool, tmp_path: Path) -> None:
    """On all fixtures and examples: what parsed still parses, no file gets a finding of either engine, and it ends."""
    copy_fixtures(tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    for case in CASES.glob("*.py"):
        project(tmp_path / "cases" / case.stem, {case.name: case.read_text(encoding="utf-8")})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.py")}
    pack, plugin = by_ast_grep(tmp_path), by_flake8(tmp_path)
    apply(tmp_path, unsafe=unsafe)
    changed = [path for path, source in before.items() if path.read_bytes() != source]
    assert changed
    for path in changed:
        ast.parse(path.read_bytes(), str(path))
    assert not more(by_ast_grep(tmp_path), pack)
    assert not more(by_flake8(tmp_path), plugin)
