"""Writes the headers of the ast-grep rules from the registry, and the configurations that name them.

What stands in a rule file above the line `MARK` is written here: id, severity, message, note, link, metadata and the
files that are left alone. What stands below is written by hand. A placeholder of the registry's message, `{call}`,
becomes the meta-variable `$CALL`, unless a comment below the mark says `# {call} = something else`.

`--check` writes nothing, and ends with status 1 when a file would change.
"""

from __future__ import annotations

import argparse
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
_AFTERWARDS = re.compile(r"^# Afterwards: (.*)$", re.MULTILINE)


def rule_files() -> list[Path]:
    """Every rule file of the pack; the utils are none."""
    return sorted(path for path in RULES.rglob("*.yml") if path.parent.name != "utils" and path.parent != RULES)


def message(rule: Rule, by_hand: str) -> str:
    """The registry's message with ast-grep's meta-variables in it."""
    said = dict(_VALUE.findall(by_hand))
    return _PLACEHOLDER.sub(lambda match: said.get(match[1], f"${match[1].upper()}"), rule.message)


def header(path: Path, by_hand: str) -> str:
    """What stands above the mark."""
    rule = catalog.all_rules()[path.stem]
    note = page(rule).text("Why")
    afterwards = _AFTERWARDS.findall(by_hand)
    if afterwards:
        note += "\n\nAfter the fix: " + " ".join(afterwards)
    severity = "off" if rule.opinionated else SEVERITIES[rule.severity]
    lines = [
        f"id: {rule.code}",
        "language: python",
        f"severity: {json.dumps(severity)}",
        f"message: {json.dumps(message(rule, by_hand), ensure_ascii=False)}",
        f"note: {json.dumps(note, ensure_ascii=False)}",
        f"url: {rule.url}",
        f"metadata: {{name: {rule.name}, row: {int(rule.row)}}}",
        f"ignores: {json.dumps(IGNORED)}",
    ]
    return "\n".join(lines) + "\n"


def written(path: Path) -> str:
    """A rule file as it should be."""
    _, mark, by_hand = path.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise SystemExit(f"{path}: the line {MARK!r} is missing")
    return header(path, by_hand) + mark + by_hand


def configuration(unsafe: bool) -> str:
    """The `sgconfig.yml` of the pack; the one with the unsafe fixes names each file, since an id may come but once."""
    if not unsafe:
        entries = ["adb", "opinionated"]
    else:
        replaced = {path.name for path in (RULES / "unsafe").glob("*.yml")}
        kept = [path for path in rule_files() if path.parent.name == "unsafe" or path.name not in replaced]
        entries = [path.relative_to(RULES).as_posix() for path in kept]
    lines = ["# Written by scripts/sync_rules.py.", "ruleDirs:", *(f"  - {entry}" for entry in entries)]
    return "\n".join([*lines, "utilDirs: [utils]"]) + "\n"


def wanted() -> dict[Path, str]:
    """Every generated file with its text."""
    files = {path: written(path) for path in rule_files()}
    files[RULES / "sgconfig.yml"] = configuration(unsafe=False)
    files[RULES / "sgconfig-unsafe.yml"] = configuration(unsafe=True)
    return files


def main() -> int:
    """Write or check the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, only say what would change")
    check = parser.parse_args().check
    stale = [path for path, text in wanted().items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(path.relative_to(RULES.parent))
        if not check:
            path.write_text(wanted()[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
