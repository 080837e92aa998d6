"""The ast-grep rules: run them over files, serve them to an editor, write them into a project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

OLDEST = (0, 42, 0)
UNSAFE = "--unsafe-fixes"
MAX_PASSES = 10
OWN_CONFIGURATION = ("-c", "--config", "-r", "--rule", "--inline-rules")
FIXES = ("-U", "--update-all")
SWITCHES = ("--off", "--hint", "--info", "--warning", "--error")
_VERSION = re.compile(r"ast-grep (\d+)\.(\d+)\.(\d+)")


class Unusable(Exception):
    """There is no ast-grep that can run the rules; the text says why, and what to do."""


def rules_directory() -> Path:
    """Where the rules lie: in the installed package, or beside `src` in a checkout."""
    packaged = Path(__file__).parent / "rules"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "rules"


def configuration(unsafe: bool = False) -> Path:
    """The `sgconfig.yml` that ast-grep is started with."""
    return rules_directory() / ("sgconfig-unsafe.yml" if unsafe else "sgconfig.yml")


def codes() -> frozenset[str]:
    """The codes that the rules have."""
    return frozenset(path.stem for path in rules_directory().glob("*/**/ADB*.yml"))


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
    """Run `ast-grep scan` with the rules; everything but `--unsafe-fixes` is handed on to it.

    Where fixes are applied they are applied until none is left: of two that
    overlap ast-grep takes only one at a time. The exit status is ast-grep's:
    1 for a finding of severity error; and 2 for arguments that make no sense.
    """
    arguments = [argument for argument in argv if argument != UNSAFE]
    problem = _misuse(arguments)
    if problem:
        return _refuse("scan", problem)
    try:
        program = binary()
    except Unusable as reason:
        return _refuse("scan", str(reason))
    unsafe = len(arguments) < len(argv)
    # Suppressions of other rules count as unused here, and `-U` would delete them.
    command = [program, "scan", "--config", str(configuration(unsafe)), "--off=unused-suppression", *arguments]
    if not any(argument in FIXES for argument in arguments):
        return subprocess.run(command, check=False).returncode
    for _ in range(MAX_PASSES):
        done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=False)
        if not re.search(r"^Applied \d+ change", done.stdout, re.MULTILINE):
            break
    sys.stdout.write(done.stdout)
    return done.returncode


def lsp(argv: Sequence[str]) -> int:
    """Start the language server of ast-grep with the rules; it talks over stdin and stdout."""
    problem = _misuse(argv)
    if problem:
        return _refuse("lsp", problem)
    try:
        program = binary()
    except Unusable as reason:
        return _refuse("lsp", str(reason))
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


def _misuse(arguments: Sequence[str]) -> str | None:
    """What is wrong with the arguments; ast-grep itself says nothing about a rule that it does not have."""
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name in OWN_CONFIGURATION:
            return f"{name}: the rules come with a configuration of their own"
        if name in SWITCHES and value.startswith("ADB") and value not in codes():
            return f"{argument}: the rules for ast-grep have no {value}"
    return None


def _refuse(command: str, sentence: str) -> int:
    print(f"flake8-asyncdb {command}: {sentence}", file=sys.stderr)
    return 2
