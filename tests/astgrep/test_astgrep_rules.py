"""The rule files themselves: they load, say what the registry says, and find in each case what its markers announce."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from packs import CASES, MARKER, REPORTING, ROOT, RULE_FILES, RULES, by_ast_grep, by_flake8, load, project, sync_rules

from flake8_asyncdb import astgrep, catalog

UTILS = sorted((RULES / "utils").glob("*.yml"))
VARIABLE = re.compile(r"\$([A-Z_][A-Z0-9_]*)")
UTIL_NAME = re.compile(r"\badb-[a-z0-9-]+\b")
REGISTRY = catalog.all_rules()


def nodes(value: Any) -> list[Any]:
    """A loaded document and everything in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *(node for part in inner for node in nodes(part))]


@pytest.mark.parametrize("name", sorted(sync_rules.CONFIGURATIONS))
def test_the_pack_loads_every_time(name: str, tmp_path: Path) -> None:
    """ast-grep forgets what stands below a relation when it sorts utils, and then loads a pack or not, at random."""
    (tmp_path / "app.py").write_text("pass\n")
    command = [astgrep.binary(), "scan", "--config", RULES / name, tmp_path]
    for _ in range(25):
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_headers_and_configurations_are_as_they_would_be_written() -> None:
    assert sync_rules.main(check=True) == 0


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.relative_to(RULES).as_posix())
def test_header(path: Path) -> None:
    rule, registered = load(path), REGISTRY[path.stem.partition("-")[0]]
    assert rule["id"] == path.stem
    assert rule["url"] == registered.url
    assert rule["metadata"] == {"name": registered.name, "row": int(registered.row)}
    assert rule["note"]
    assert (rule["severity"] == "off") == registered.opinionated
    if path in REPORTING:
        assert VARIABLE.sub("{}", rule["message"]).startswith(registered.message.partition("{")[0])


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.relative_to(RULES).as_posix())
def test_every_variable_is_bound(path: Path) -> None:
    """ast-grep prints nothing for one that is not."""
    rule = load(path)
    patterns = {node["pattern"] for node in nodes(rule["rule"]) if isinstance(node, dict) and "pattern" in node}
    bound = {VARIABLE.fullmatch(pattern)[1] for pattern in patterns if VARIABLE.fullmatch(pattern)}  # type: ignore[index]
    bound |= set(rule.get("transform", {}))
    used = set(VARIABLE.findall(rule["message"])) | set(rule.get("labels", {}))
    used |= {name for node in nodes(rule.get("fix")) if isinstance(node, str) for name in VARIABLE.findall(node)}
    used |= {name for node in nodes(rule.get("transform")) if isinstance(node, str) for name in VARIABLE.findall(node)}
    assert used <= bound


@pytest.mark.parametrize("path", REPORTING, ids=lambda path: path.stem)
def test_the_finding_itself_is_the_one_primary_label(path: Path) -> None:
    """A rule with a fix whose primary label is another node corrupts the file in editors."""
    labels = load(path)["labels"]
    primary = [name for name, label in labels.items() if label["style"] == "primary"]
    assert len(primary) == 1
    whole = load(path)["rule"]["all"][-1]
    assert whole == {"pattern": f"${primary[0]}"}
    assert all(label.get("message") for label in labels.values() if label["style"] == "secondary")


def test_every_util_is_used_and_every_used_one_exists() -> None:
    names = {path.stem for path in UTILS}
    used: set[str] = set()
    for path in [*UTILS, *RULE_FILES]:
        text = path.read_text(encoding="utf-8")
        used |= set(UTIL_NAME.findall(text)) - ({path.stem} if path in UTILS else set())
    assert used == names


@pytest.mark.parametrize("path", UTILS, ids=lambda path: path.stem)
def test_util(path: Path) -> None:
    assert load(path)["id"] == path.stem
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_ast_grep_tests_its_rules() -> None:
    command = [astgrep.binary(), "test", "--config", ROOT / "sgconfig.yml", "--include-off", "--skip-snapshot-tests"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not found" not in done.stdout + done.stderr
    assert f"{len(REPORTING)} passed" in done.stdout


def test_every_rule_has_a_case_and_a_test_of_ast_grep() -> None:
    codes = {path.stem for path in REPORTING}
    assert {path.stem for path in CASES.glob("*.py")} == codes
    assert {path.stem.removesuffix("-test") for path in (CASES.parent / "rules").glob("*.yml")} == codes


@pytest.mark.parametrize("case", sorted(CASES.glob("*.py")), ids=lambda case: case.stem)
def test_case(case: Path, tmp_path: Path) -> None:
    """A marker says that both engines find the rule, `[flake8]` that only the plugin does; in the same words."""
    source = case.read_text(encoding="utf-8")
    root = project(tmp_path, {"app.py": source})
    marked = {n: match for n, line in enumerate(source.splitlines(), 1) if (match := MARKER.search(line))}
    plugin = {line: text for (_, line, code), text in by_flake8(root).items() if code == case.stem}
    pack = {line: text for (_, line, code), text in by_ast_grep(root).items() if code == case.stem}
    assert set(plugin) == set(marked)
    assert set(pack) == {number for number, match in marked.items() if match[2] is None}
    assert pack.items() <= plugin.items()
