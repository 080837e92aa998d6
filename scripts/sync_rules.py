"""Writes the headers of the ast-grep rules from the registry, and the configurations that load them.

sync_rules.py            write the files
sync_rules.py --check    write nothing; exit status 1 when a file is not as it would be written

What stands in a rule file above the line `MARK` is written here; what stands below it, by hand. A placeholder of the
registry's message, `{call}`, becomes the meta-variable `$CALL`, unless a comment of the rule says otherwise:

    # {call} = create_engine       what takes the place of `{call}`
    # Message: ...                 the whole message, for a rule that only adds an import
    # Afterwards: ...              what a fix leaves to be done, for the note
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from flake8_asyncdb import catalog
from flake8_asyncdb.catalog import Rule, Severity
from flake8_asyncdb.documentation import page

RULES = Path(__file__).parents[1] / "rules"
MARK = "# The rule; what stands above is written by scripts/sync_rules.py."
SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "hint"}
SETS = ("adb", "opinionated", "fixes", "unsafe")
CONFIGURATIONS = {
    "sgconfig.yml": ("adb", "opinionated"),
    "sgconfig-fixes.yml": ("adb", "opinionated", "fixes"),
    "sgconfig-unsafe.yml": ("adb", "opinionated", "fixes", "unsafe"),
}
IGNORED = (
    "**/tests/**",
    "**/test/**",
    "**/test_*.py",
    "**/*_test.py",
    "**/conftest.py",
    "**/tests.py",
    "**/versions/**",
    "**/env.py",
)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_VALUE = re.compile(r"^# \{(\w+)\} = (.*)$", re.MULTILINE)
_MESSAGE = re.compile(r"^# Message: (.*)$", re.MULTILINE)
_AFTERWARDS = re.compile(r"^# Afterwards: (.*)$", re.MULTILINE)


def rule_files(*sets: str) -> list[Path]:
    """The rule files of these sets, of all of them when none is named."""
    return [path for each in sets or SETS for path in sorted((RULES / each).rglob("*.yml"))]


def rule_of(path: Path) -> Rule:
    """The rule of the registry that a file belongs to."""
    return catalog.all_rules()[path.stem.partition("-")[0]]


def message(rule: Rule, by_hand: str) -> str:
    """The registry's message with ast-grep's meta-variables in it."""
    own = _MESSAGE.search(by_hand)
    if own:
        return own[1]
    said = dict(_VALUE.findall(by_hand))
    return _PLACEHOLDER.sub(lambda match: said.get(match[1], f"${match[1].upper()}"), rule.message)


def header(path: Path, by_hand: str) -> str:
    """What stands above the mark."""
    rule = rule_of(path)
    notes = [page(rule).text("Why"), *(f"After the fix: {text}" for text in _AFTERWARDS.findall(by_hand))]
    severity = "off" if rule.opinionated else SEVERITIES[rule.severity]
    lines = [
        f"id: {path.stem}",
        "language: python",
        f"severity: {json.dumps(severity)}",
        f"message: {json.dumps(message(rule, by_hand), ensure_ascii=False)}",
        f"note: {json.dumps(chr(10).join(notes), ensure_ascii=False)}",
        f"url: {rule.url}",
        f"metadata: {{name: {rule.name}, row: {int(rule.row)}}}",
        f"ignores: {json.dumps(IGNORED)}",
    ]
    return "\n".join(lines) + "\n"


def rule_text(path: Path) -> str:
    """A rule file as it should be."""
    _, mark, by_hand = path.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise SystemExit(f"{path}: the line {MARK!r} is missing")
    return header(path, by_hand) + mark + by_hand


def configuration(sets: tuple[str, ...]) -> str:
    """A configuration that loads some sets of rules, a rule of a later set instead of one of the same name before."""
    by_name = {path.name: path for path in rule_files(*sets)}
    entries: list[str] = list(sets)
    if len(by_name) < len(rule_files(*sets)):
        entries = sorted(path.relative_to(RULES).as_posix() for path in by_name.values())
    lines = ["# Written by scripts/sync_rules.py.", "ruleDirs:", *(f"  - {entry}" for entry in entries)]
    return "\n".join([*lines, "utilDirs: [utils]"]) + "\n"


def main(check: bool) -> int:
    """Write or compare every generated file; the number of those that differ decides the status."""
    wanted = {path: rule_text(path) for path in rule_files()}
    wanted |= {RULES / name: configuration(sets) for name, sets in CONFIGURATIONS.items()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{'stale' if check else 'written'}: {path.relative_to(RULES.parent)}")
        if not check:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
