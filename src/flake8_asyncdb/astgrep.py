"""The ast-grep rules: run them over files, serve them to an editor, copy them into a project."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

REPORTING = ("adb", "opinionated")
"""The folders of the rules that report; those of the others have only what fixes."""
OLDEST = (0, 42, 0)
"""The first ast-grep with utils that take arguments, which the rules are made of."""
USAGE = """\
usage: flake8-asyncdb scan [--unsafe-fixes] [OPTION...] [PATH...]

Runs `ast-grep scan` with the rules of flake8-asyncdb. With -U it applies their fixes until none is left.

      --unsafe-fixes
          With -U (or -i): apply also the fixes that change the schema, the pool or the transactions.
          Alone: show them.

The exit status is 1 when a finding of severity error is left, 2 when the arguments make no sense or there is no
usable ast-grep, else 0; `--error` makes every finding an error. All other options are those of ast-grep:
"""
UNSAFE = "--unsafe-fixes"
UPDATE = ("-U", "--update-all")
INTERACTIVE = ("-i", "--interactive")
HELP = ("-h", "--help")
OWN_RULES = ("-c", "--config", "-r", "--rule", "--inline-rules")
SEVERITIES = ("--error", "--warning", "--info", "--hint", "--off")
FORMATS = ("--format", "--json", "--report-style")
WITH_VALUE = (
    *("-c", "--config", "-r", "--rule", "--inline-rules", "--custom-languages"),
    *("--format", "--report-style", "--color", "--inspect", "--max-results"),
    *("-A", "--after", "-B", "--before", "-C", "--context"),
    *("--filter", "--min-severity", "--no-ignore", "--globs", "-j", "--threads"),
)
"""The options of `ast-grep scan` whose value is the next argument."""
OF_AST_GREP = ("unused-suppression", "no-suppress-all")
"""What ast-grep itself reports."""
MAX_PASSES = 10
_LIKE_TESTS = re.compile(r"/(tests?|versions|test_[^/]*)(/|$)")
_WILDCARD = re.compile(r"[][{}*?!]")
_VERSION = re.compile(r"ast-grep (\d+)\.(\d+)\.(\d+)")
_AFTERWARDS = re.compile(r"^After the fix: (.*)$", re.MULTILINE)


class AstGrepError(Exception):
    """The rules cannot be run; the text says why, and what to do."""


def rules_directory() -> Path:
    """Where the rules are: in the installed package, or beside `src` in a checkout."""
    packaged = Path(__file__).parent / "rules"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "rules"


def configuration(fixes: bool = False, unsafe: bool = False) -> Path:
    """The configuration that ast-grep is started with: for reports, or with all fixes that it may apply."""
    name = "sgconfig-unsafe.yml" if unsafe else "sgconfig-fixes.yml" if fixes else "sgconfig.yml"
    return rules_directory() / name


def pack(*folders: str) -> dict[str, str]:
    """The rules' files as path and text; only those of some folders, or all when none is named."""
    root = rules_directory()
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*.yml"))
        if not folders or path.relative_to(root).parts[0] in folders
    }


def codes(*folders: str) -> frozenset[str]:
    """The codes that the rules of these folders report; of all that report something when none is named."""
    root = rules_directory()
    return frozenset(path.stem for folder in folders or REPORTING for path in (root / folder).rglob("*.yml"))


def export(directory: Path) -> list[Path]:
    """Write a copy of the rules and their configurations into a directory; return the paths written.

    Raises `AstGrepError` before anything is written when one of the files is there already, `OSError` when one
    cannot be written.
    """
    files = {directory / path: text for path, text in pack().items()}
    for path in files:
        if path.exists():
            raise AstGrepError(f"{path} exists: remove the earlier copy, or name another directory")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)


def binary() -> str:
    """The ast-grep to run: the one of this environment, else the first on PATH.

    Raises `AstGrepError` when there is none, or when it is too old for the rules.
    """
    found = shutil.which("ast-grep", path=sysconfig.get_path("scripts")) or shutil.which("ast-grep")
    if found is None:
        raise AstGrepError("ast-grep is not installed: pip install 'flake8-asyncdb[ast-grep]'")
    try:
        said = subprocess.run([found, "--version"], capture_output=True, encoding="utf-8", check=False).stdout.strip()
    except OSError as error:
        raise AstGrepError(f"{found} cannot be run: {error.strerror}") from None
    version = _VERSION.match(said)
    if version is None:
        raise AstGrepError(f"{found} is no ast-grep: it gives its version as {said!r}")
    if tuple(map(int, version.groups())) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise AstGrepError(
            f"{found} is {said}, the rules need {needed} or newer: pip install -U 'flake8-asyncdb[ast-grep]'"
        )
    return found


def scan(arguments: Sequence[str]) -> int:
    """Run `ast-grep scan` with the rules and these arguments, and return the exit status.

    Raises `AstGrepError` when there is no usable ast-grep, for arguments that it would pass over in silence, and when
    a fix cannot be written.
    """
    program = binary()
    if any(argument in HELP for argument in arguments):
        print(USAGE, flush=True)
    unsafe = UNSAFE in arguments
    given = _prepared([argument for argument in arguments if argument != UNSAFE])
    if not any(argument in UPDATE for argument in given):
        interactive = any(argument in INTERACTIVE for argument in given)
        return _run(program, configuration(interactive, unsafe), given).returncode
    given = [argument for argument in given if argument not in UPDATE]
    _fix(program, configuration(True, unsafe), given)
    return _run(program, configuration(), given).returncode


def lsp() -> int:
    """Become the language server of ast-grep with the rules; it talks over stdin and stdout.

    Raises `AstGrepError` when there is no usable ast-grep.
    """
    command = [binary(), "lsp", "--config"]
    root = Path.cwd().as_posix()
    if _LIKE_TESTS.search(root):
        with tempfile.TemporaryDirectory(prefix="flake8-asyncdb-") as directory:
            return subprocess.run([*command, _anchored(root, Path(directory))], check=False).returncode
    if os.name == "posix":
        _become([*command, str(configuration())])
    return subprocess.run([*command, str(configuration())], check=False).returncode


def _anchored(root: str, directory: Path) -> str:
    """A configuration whose rules know tests by the folders below `root` alone; a server knows whole paths only."""
    anchor = json.dumps(_WILDCARD.sub(r"[\g<0>]", root), ensure_ascii=False)[:-1]
    for path in export(directory):
        path.write_text(path.read_text(encoding="utf-8").replace('"**/', f"{anchor}/**/"), encoding="utf-8")
    return str(directory / configuration().name)


def _become(command: list[str]) -> NoReturn:
    # An editor that ends its server ends this process: there must be no other one behind it.
    os.execv(command[0], command)


def _fix(program: str, config: Path, arguments: Sequence[str]) -> None:
    """Apply the fixes until none is left, since of two that touch each other ast-grep applies one; say which.

    Raises `AstGrepError` when a file cannot be written.
    """
    quiet = [argument for name, argument in _named(arguments) if name not in FORMATS]
    reported = codes()
    notes: dict[str, str] = {}
    for _ in range(MAX_PASSES):
        shown = _run(program, config, [*quiet, "--json=stream"], capture=True).stdout
        matches: list[dict[str, Any]] = [json.loads(line) for line in shown.splitlines()]
        fixable = [match for match in matches if match.get("replacement", match["text"]) != match["text"]]
        if not fixable:
            break
        notes |= {match["ruleId"]: match["note"] for match in fixable if match["ruleId"] in reported}
        done = _run(program, config, [*quiet, "--update-all"], capture=True)
        if done.returncode not in (0, 1):
            raise AstGrepError(f"the fixes could not all be applied: {' '.join(done.stderr.split())}")
    if notes:
        print(f"fixed: {', '.join(sorted(notes))}", file=sys.stderr)
    for code, note in sorted(notes.items()):
        for afterwards in _AFTERWARDS.findall(note):
            print(f"{code}: {afterwards}", file=sys.stderr)


def _run(
    program: str, config: Path, arguments: Sequence[str], capture: bool = False
) -> subprocess.CompletedProcess[str]:
    command = [program, "scan", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=capture, encoding="utf-8", check=False)


def _prepared(arguments: Sequence[str]) -> list[str]:
    """The arguments as ast-grep gets them. Raises `AstGrepError` for those that it would pass over in silence."""
    prepared = []
    for name, argument in _named(arguments):
        if name in OWN_RULES:
            raise AstGrepError(f"{name}: the rules come with a configuration of their own")
        if name in SEVERITIES:
            prepared += _switched(argument)
        else:
            prepared.append(argument if name else _path(argument))
    return [*(f"--off={each}" for each in _unasked(prepared)), *prepared]


def _unasked(arguments: Sequence[str]) -> list[str]:
    """What has to stay off, whatever ast-grep is told."""
    if "--off" in arguments:
        return []
    # A comment that silences a rule of another pack counts as unused here, and ast-grep would delete it.
    unasked = ["unused-suppression"]
    if any(argument in SEVERITIES for argument in arguments):
        # A severity for all rules must not switch on those that are off until they are named.
        unasked += sorted(codes("opinionated") - {argument.partition("=")[2] for argument in arguments})
    return unasked


def _named(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each argument with the name of the option that it is, or is the value of; a path has none."""
    before = ""
    for argument in arguments:
        name = before or (argument.partition("=")[0] if argument.startswith("-") else "")
        yield name, argument
        before = argument if argument in WITH_VALUE and not before else ""


def _switched(argument: str) -> list[str]:
    """What sets the severity of a rule sets that of the rule which adds the import for its fix as well."""
    name, _, rule = argument.partition("=")
    if not rule or rule in OF_AST_GREP:
        return [argument]
    if rule not in codes():
        raise AstGrepError(f"{argument}: there is no such ast-grep rule, only {', '.join(sorted(codes()))}")
    return [argument, f"{name}={rule}-import"]


def _path(argument: str) -> str:
    """A path as seen from here: the rules know tests by the folders on the way, and only those below count."""
    if not os.path.exists(argument):
        hint = f"; a rule is switched with `=`, as in --off={argument}" if argument in codes() else ""
        raise AstGrepError(f"there is no file or directory {argument!r}{hint}")
    here = os.path.relpath(argument)
    if not here.startswith(os.pardir):
        return here if os.path.isabs(argument) else argument
    if _LIKE_TESTS.search(Path(argument).resolve().as_posix()):
        raise AstGrepError(
            f"{argument} lies in a folder called like tests, which the rules leave alone: start inside it"
        )
    return argument
