"""The ast-grep rules: run them over files, serve them to an editor, write them into a project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

OLDEST = (0, 42, 0)
UNSAFE = "--unsafe-fixes"
MAX_PASSES = 10
OWN_CONFIGURATION = ("-c", "--config", "-r", "--rule", "--inline-rules")
FIXES = ("-U", "--update-all")
INTERACTIVE = ("-i", "--interactive")
FORMATS = ("--format", "--json", "--report-style")
SWITCHES = ("--off", "--hint", "--info", "--warning", "--error")
_APPLIED = re.compile(r"^Applied (\d+) change", re.MULTILINE)
_VERSION = re.compile(r"ast-grep (\d+)\.(\d+)\.(\d+)")


class Unusable(Exception):
    """The rules cannot be run; the text says why, and what to do."""


def rules_directory() -> Path:
    """Where the rules lie: in the installed package, or beside `src` in a checkout."""
    packaged = Path(__file__).parent / "rules"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "rules"


def configuration(fixes: bool = False, unsafe: bool = False) -> Path:
    """The configuration that ast-grep is started with: for reports, or with all fixes that it may apply."""
    name = "sgconfig-unsafe.yml" if unsafe else "sgconfig-fixes.yml" if fixes else "sgconfig.yml"
    return rules_directory() / name


def codes() -> frozenset[str]:
    """The codes that the rules report."""
    reported = (rules_directory() / name for name in ("adb", "opinionated"))
    return frozenset(path.stem for directory in reported for path in directory.rglob("ADB*.yml"))


def binary() -> str:
    """The ast-grep to run: the one of this environment, else the first on PATH.

    Raises Unusable when there is none, or when it is too old for the rules.
    """
    scripts = sysconfig.get_path("scripts")
    found = shutil.which("ast-grep", path=scripts) or shutil.which("ast-grep")
    oldest = ".".join(map(str, OLDEST))
    if found is None:
        raise Unusable("ast-grep is not installed: pip install 'flake8-asyncdb[ast-grep]'")
    try:
        said = subprocess.run([found, "--version"], capture_output=True, encoding="utf-8", check=False).stdout
    except OSError as error:
        raise Unusable(f"{found} cannot be run: {error}") from None
    version = _VERSION.match(said)
    if version is None:
        raise Unusable(f"{found} --version does not say which ast-grep it is: {said.strip()!r}")
    if tuple(map(int, version.groups())) < OLDEST:
        raise Unusable(
            f"{found} is {said.strip()}, the rules need {oldest} or newer: pip install -U 'flake8-asyncdb[ast-grep]'"
        )
    return found


def scan(argv: Sequence[str]) -> int:
    """Run `ast-grep scan` with the rules, and hand it everything but `--unsafe-fixes`.

    With `-U` all fixes are applied, again and again until none is left, since of two that touch ast-grep takes only
    one at a time; then what remains is reported. `--unsafe-fixes` brings in those that change the schema, the pool
    or the transactions: shown without `-U`, applied with it. The exit status is ast-grep's, 1 for a finding of
    severity error; or 2 for arguments that make no sense and when there is no ast-grep.
    """
    unsafe = UNSAFE in argv
    arguments = [argument for argument in argv if argument != UNSAFE]
    try:
        _check(arguments)
        program = binary()
    except Unusable as reason:
        return _refuse("scan", reason)
    if not any(argument in FIXES for argument in arguments):
        fixes = unsafe or any(argument in INTERACTIVE for argument in arguments)
        return _run(program, configuration(fixes, unsafe), arguments).returncode
    applied = 0
    for _ in range(MAX_PASSES):
        done = _run(program, configuration(True, unsafe), [*_without_formats(arguments)], capture=True)
        changes = _APPLIED.search(done.stderr)
        if changes is None:
            break
        applied += int(changes[1])
    print(f"Applied {applied} changes", file=sys.stderr)
    return _run(program, configuration(), [argument for argument in arguments if argument not in FIXES]).returncode


def _run(
    program: str, config: Path, arguments: Sequence[str], capture: bool = False
) -> subprocess.CompletedProcess[str]:
    # What suppresses rules of other packs counts as unused here, and `-U` would delete it.
    given = map(_nearby, _with_imports(arguments))
    command = [program, "scan", "--config", str(config), "--off=unused-suppression", *given]
    return subprocess.run(command, capture_output=capture, encoding="utf-8", check=False)


def _nearby(argument: str) -> str:
    """A path as seen from here: the rules know test code by the folders on the way, and only those below count."""
    path = Path(argument)
    if path.is_absolute() and path.exists() and path.is_relative_to(Path.cwd()):
        return path.relative_to(Path.cwd()).as_posix()
    return argument


def _with_imports(arguments: Sequence[str]) -> Iterator[str]:
    """The arguments; what is said of a rule is said of the one that adds the import for its fix too."""
    for argument in arguments:
        yield argument
        name, _, value = argument.partition("=")
        if name in SWITCHES and value in codes():
            yield f"{name}={value}-import"


def _without_formats(arguments: Sequence[str]) -> Iterator[str]:
    skip = False
    for argument in arguments:
        name, separator, _ = argument.partition("=")
        if not skip and name not in FORMATS:
            yield argument
        skip = name in FORMATS and name != "--json" and not separator


def lsp(argv: Sequence[str]) -> int:
    """Start the language server of ast-grep with the rules; it talks over stdin and stdout."""
    try:
        _check(argv)
        program = binary()
    except Unusable as reason:
        return _refuse("lsp", reason)
    command = [program, "lsp", "--config", str(configuration()), *argv]
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(program, command)
    return subprocess.run(command, check=False).returncode


def export(directory: Path) -> list[Path]:
    """Write the rules into a project: an `sgconfig.yml` in `directory` and the rules in `directory`/adb-rules.

    Returns the files written. Raises FileExistsError when there is an `sgconfig.yml` already, which may have
    rules of its own.
    """
    target = directory / "sgconfig.yml"
    if target.exists():
        raise FileExistsError(f"{target} exists: add adb-rules/adb to its ruleDirs and adb-rules/utils to its utilDirs")
    source = rules_directory()
    written = []
    for path in sorted(source.glob("*/**/*.yml")):
        if path.relative_to(source).parts[0] == "unsafe":
            continue
        copy = directory / "adb-rules" / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        written.append(copy)
    target.write_text(
        "ruleDirs: [adb-rules/adb, adb-rules/opinionated]\nutilDirs: [adb-rules/utils]\n", encoding="utf-8"
    )
    return [target, *written]


def _check(arguments: Sequence[str]) -> None:
    """Raise Unusable for arguments that ast-grep would take without a word, or mistake for its own."""
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name in OWN_CONFIGURATION:
            raise Unusable(f"{name}: the rules come with a configuration of their own")
        if name in SWITCHES and value.startswith("ADB") and value not in codes():
            raise Unusable(f"{argument}: ast-grep has no rule {value}, `flake8-asyncdb rules` lists the plugin's")


def _refuse(command: str, reason: Unusable) -> int:
    print(f"flake8-asyncdb {command}: {reason}", file=sys.stderr)
    return 2


def main(argv: Sequence[str]) -> int:
    """`python -m flake8_asyncdb.astgrep scan ...`, for pre-commit: it starts without the plugin."""
    commands = {"scan": scan, "lsp": lsp}
    if not argv or argv[0] not in commands:
        print("usage: python -m flake8_asyncdb.astgrep {scan,lsp} ...", file=sys.stderr)
        return 2
    return commands[argv[0]](argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
