"""Writes the headers of the ast-grep rules from the registry, the configurations that load them, and the table of them.

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

ROOT = Path(__file__).parents[1]
RULES = ROOT / "rules"
PAGE = ROOT / "docs" / "ast-grep.md"
BEGIN, END = "<!-- table: begin, written by scripts/sync_rules.py -->", "<!-- table: end -->"
MARK = "# The rule; what stands above is written by scripts/sync_rules.py."
SEVERITIES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "hint"}
REPORTING = ("adb", "opinionated")
SETS = (*REPORTING, "fixes", "unsafe")
CONFIGURATIONS = {
    "sgconfig.yml": REPORTING,
    "sgconfig-fixes.yml": (*REPORTING, "fixes"),
    "sgconfig-unsafe.yml": SETS,
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
NEEDS_PROJECT = "needs other files: "
IN_FILE = {
    "ADB103": "a parameter annotated AsyncSession, what `async with` binds or `__init__` stores, in one file",
    "ADB104": "as ADB103; `await engine.begin()` is left to flake8, its cure is `async with`",
    "ADB105": "as ADB103",
    "ADB201": "engine, its factory or connection, and an async handler that uses them in one file",
    "ADB202": "the URL, or that it comes from the environment, in the file; not what returns an engine of a given URL",
    "ADB301": "factory, engine and async handler in one file",
    "ADB401": "not the columns of a `Table(...)`, whose use one file does not show",
    "ADB402": "classes whose base is in the file and has no `type_annotation_map`",
    "ADB501": "service and handler in one file, the service stores the session it is given",
    "ADB502": "factory and handler in one file, and nothing in the handler that may need a session of its own",
    "ADB504": "the provider in the file",
    "ADB506": "the provider in the file",
    "ADB603": "application and hook in one file",
    "ADB903": "session and application in one file",
}
"""What part of a rule one file shows, where that is not all of it."""
LEFT_OUT = {
    "ADB091": NEEDS_PROJECT + "which database serves the table",
    "ADB092": NEEDS_PROJECT + "the listener may be anywhere",
    "ADB093": NEEDS_PROJECT + "the class of what is deleted",
    "ADB101": NEEDS_PROJECT + "sessions come from factories and providers elsewhere",
    "ADB102": NEEDS_PROJECT + "the engine that is connected",
    "ADB106": "needs data flow: which session each task gets",
    "ADB107": NEEDS_PROJECT + "the chain of calls",
    "ADB108": NEEDS_PROJECT + "whether async sessions load the class",
    "ADB109": "left to flake8 so far",
    "ADB110": "left to flake8 so far",
    "ADB191": NEEDS_PROJECT + "whether async sessions load the class",
    "ADB192": "needs data flow: whether the transaction has begun",
    "ADB203": NEEDS_PROJECT + "which functions serve requests",
    "ADB206": NEEDS_PROJECT + "tasks, and the engine they reach",
    "ADB207": NEEDS_PROJECT + "the pool and dialect that the arguments are checked against",
    "ADB291": NEEDS_PROJECT + "whether the engine is SQLite's or has another pool",
    "ADB304": NEEDS_PROJECT + "which tasks share the registry",
    "ADB306": "needs data flow: whether the session is closed, returned or handed on",
    "ADB505": "needs data flow: what the task takes along",
    "ADB507": "needs data flow: whether the session is still held",
    "ADB508": NEEDS_PROJECT + "the handlers of a provider, and whether they have committed",
    "ADB509": NEEDS_PROJECT + "the factory, which is hardly ever in the file of the handler",
    "ADB510": NEEDS_PROJECT + "the function that is called",
    "ADB511": "needs data flow: whether the exception is raised again on every path",
    "ADB512": NEEDS_PROJECT + "the provider, and whether it commits",
    "ADB592": NEEDS_PROJECT + "the service",
    "ADB601": NEEDS_PROJECT + "whether the application reaches an engine: of 9 findings by one file 6 were false",
    "ADB604": NEEDS_PROJECT + "the engine, and what the lifespan calls",
    "ADB605": NEEDS_PROJECT + "what the calls at import do",
    "ADB701": NEEDS_PROJECT + "the listener may be anywhere, for this engine or for all",
    "ADB702": NEEDS_PROJECT + "whether another file connects the engine that is listened to",
    "ADB703": NEEDS_PROJECT + "other listeners may set the rest",
    "ADB901": NEEDS_PROJECT + "the classes that inherit or delegate the data access",
    "ADB902": NEEDS_PROJECT + "the class, and what its constructor keeps",
    "ADB991": NEEDS_PROJECT + "what is queried, and through what",
    "ADB992": NEEDS_PROJECT + "service and provider",
}
"""Why the pack has no rule for a code."""
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


def table() -> str:
    """Each rule of the registry with what the pack has of it: the whole, a part, nothing; and its fix."""
    lines = ["| rule | | in the pack | fix |", "|---|---|---|---|"]
    for rule in catalog.all_rules().values():
        code = rule.code
        if any(path.stem == code for path in rule_files(*REPORTING)) == (code in LEFT_OUT):
            raise SystemExit(f"{code}: either a rule of the pack or an entry of LEFT_OUT, not both and not neither")
        part = (
            f"no: {LEFT_OUT[code]}" if code in LEFT_OUT else f"in part: {IN_FILE[code]}" if code in IN_FILE else "yes"
        )
        lines.append(f"| [{code}](rules/{code}-{rule.name}.md) | {rule.name} | {part} | {fix(code)} |")
    return "\n".join(lines)


def fix(code: str) -> str:
    """What becomes of a rule's findings under `-U`."""
    having = {
        path.relative_to(RULES).parts[0]: path.read_text(encoding="utf-8")
        for path in rule_files()
        if path.stem == code and "\nfix:" in path.read_text(encoding="utf-8")
    }
    if "unsafe" in having:
        return " ".join(["with `--unsafe-fixes`;", *_AFTERWARDS.findall(having["unsafe"])])
    return "yes" if having else ""


def with_table(text: str) -> str:
    """The page with the table as it should be."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"


def main(check: bool) -> int:
    """Write or compare every generated file; the number of those that differ decides the status."""
    wanted = {path: rule_text(path) for path in rule_files()}
    wanted |= {RULES / name: configuration(sets) for name, sets in CONFIGURATIONS.items()}
    wanted[PAGE] = with_table(PAGE.read_text(encoding="utf-8"))
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{'stale' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
