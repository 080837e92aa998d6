"""`flake8-asyncdb check`: flake8's own machinery with this plugin as its only checker.

Configuration, `noqa`, `per-file-ignores`, `exclude`, `--jobs`, formatters and exit status are flake8's. What is left
out is the rest of its work: a file that no rule can have anything to say about is not parsed, and one without findings
is not tokenised.
"""

from __future__ import annotations

import argparse
import ast
import multiprocessing
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from flake8.checker import FileChecker, Manager
from flake8.defaults import STATISTIC_NAMES
from flake8.discover_files import expand_paths
from flake8.main.application import Application
from flake8.options.parse_args import parse_args
from flake8.plugins.finder import Checkers
from flake8.statistics import Statistics
from flake8.style_guide import Decision
from flake8.utils import is_using_stdin
from flake8.violation import Violation

from flake8_asyncdb import analysis, syntax
from flake8_asyncdb.baseline import Baseline, BaselineError
from flake8_asyncdb.catalog import Finding
from flake8_asyncdb.formatter import heading, plural
from flake8_asyncdb.plugin import Plugin

Results = tuple[str, list[Any], dict[str, int]]
NO_CHECKERS = Checkers([], [], [])
NOQA = re.compile(rb"noqa", re.IGNORECASE)
PLAIN_FORMATS = frozenset({"default", "pylint", "quiet-filename", "quiet-nothing", "adb-rows"})
"""The formatters that print no line of the source."""
NOT_UNDERSTOOD = "files that could not be parsed"

FILES_AT_ONCE = 16
"""How many files a worker process is given at once."""
START_METHOD = "fork" if sys.platform == "linux" else None
"""How worker processes start: on Linux with all that is imported, the platform's own way elsewhere."""

_worker: dict[str, argparse.Namespace] = {}
"""flake8's options, in a worker process."""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its own options; all others are flake8's."""
    parser = commands.add_parser(
        "check",
        help="find what breaks the table: as `flake8 --select=ADB`, without the rest of flake8",
        description="Find what breaks the comparison table: as `flake8 --select=ADB`, without the rest of flake8.",
        usage="flake8-asyncdb check [PATH ...] [OPTION ...]",
        epilog="Everything else is passed on to flake8: see `flake8 --help`.",
        allow_abbrev=False,
    )
    parser.add_argument("--quiet", action="store_true", help="print no summary by row of the table")
    parser.add_argument("--since", metavar="REV", help="of the files, check those that changed since a git revision")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="fail only for findings that FILE does not hold")
    parser.add_argument("--update-baseline", action="store_true", help="write the findings of this run to the baseline")
    parser.add_argument("--allow-growth", action="store_true", help="let --update-baseline add findings")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `check`; `arguments.others` are flake8's. The exit status is flake8's, or 2 for arguments without sense."""
    try:
        return _run(arguments)
    except (BaselineError, ChangesError) as error:
        print(f"flake8-asyncdb check: {error}", file=sys.stderr)
        return 2


def _run(arguments: argparse.Namespace) -> int:
    if arguments.update_baseline and arguments.baseline is None:
        raise BaselineError("--update-baseline: say which file with --baseline FILE")
    baseline = None
    if arguments.baseline is not None:
        baseline = Baseline.read(arguments.baseline, may_be_missing=arguments.update_baseline)
    check = Check(baseline, changed_files(arguments.since) if arguments.since is not None else None)
    check.run(["--select=ADB", *arguments.others])
    if check.catastrophic_failure:
        return check.exit_code()
    if check.baseline is not None:
        if arguments.update_baseline:
            check.baseline.write(arguments.baseline, check.checked, check.codes, may_grow=arguments.allow_growth)
            return 0
        for known in check.baseline.vanished(check.checked, check.codes):
            print(f"gone, --update-baseline takes it out: {known.path}: {known.code} {known.text}", file=sys.stderr)
    if not arguments.quiet:
        for line in summary(check.reported, check.not_understood):
            print(line, file=sys.stderr)
    return check.exit_code()


def summary(reported: Sequence[Violation], not_understood: int) -> Iterator[str]:
    """How many findings each row of the table has, and how many files this Python could not parse."""
    if reported:
        rows = Counter(heading(violation.code) for violation in reported)
        parts = "; ".join(f"{row} {number}" for row, number in sorted(rows.items()))
        yield f"{plural(rows.total(), 'finding')}: {parts}"
    if not_understood:
        python = ".".join(map(str, sys.version_info[:2]))
        files = plural(not_understood, "file")
        yield f"not understood by Python {python}: {files}, which `flake8-asyncdb doctor` names"


class ChangesError(Exception):
    """git cannot say which files changed; the text says why."""


def changed_files(revision: str) -> set[str]:
    """The real paths of the files that differ from a revision in the work tree, or are new in it.

    Raises ChangesError when this is no git work tree, or the revision is unknown.
    """
    root = _git(revision, ".", "rev-parse", "--show-toplevel").rstrip("\n")
    changed = ["diff", "--name-only", "--no-relative", "--diff-filter=d", "-z", "--end-of-options", revision, "--"]
    created = ["ls-files", "--others", "--exclude-standard", "-z"]
    names = [name for command in (changed, created) for name in _git(revision, root, *command).split("\0") if name]
    return {os.path.realpath(os.path.join(root, name)) for name in names}


def _git(revision: str, directory: str, *command: str) -> str:
    try:
        done = subprocess.run(["git", *command], cwd=directory, capture_output=True, check=False)
    except OSError as error:
        raise ChangesError(f"--since: git cannot be run: {error}") from error
    if done.returncode:
        raise ChangesError(f"--since: {revision!r}: {os.fsdecode(done.stderr).strip().splitlines()[0]}")
    return os.fsdecode(done.stdout)


class Check(Application):
    """flake8's application with the quick checker; keeps from the formatter what a baseline holds.

    `changed` are the real paths of the only files to check; None for all.
    """

    def __init__(self, baseline: Baseline | None, changed: set[str] | None) -> None:
        super().__init__()
        self.baseline = baseline
        self.changed = changed
        self.reported: list[Violation] = []

    def make_formatter(self) -> None:
        """Initialize the formatter that flake8's options ask for."""
        super().make_formatter()
        assert self.formatter is not None
        report = self.formatter.handle

        def handle(violation: Violation) -> None:
            place = Path(violation.filename), violation.line_number
            if self.baseline is None or not self.baseline.holds(*place, violation.code):
                printable = violation._replace(filename=syntax.printable(violation.filename))
                self.reported.append(printable)
                report(printable)

        self.formatter.handle = handle  # type: ignore[method-assign, assignment]

    def make_file_checker_manager(self, argv: Sequence[str]) -> None:
        """Initialize the manager of the quick checkers."""
        assert self.guide is not None
        assert self.plugins is not None
        self.file_checker_manager = QuickManager(self.guide, self.plugins.checkers, argv)
        self.file_checker_manager.changed = self.changed

    @property
    def checked(self) -> set[str]:
        """The files of this run."""
        assert self.file_checker_manager is not None
        return set(self.file_checker_manager.filenames)

    @property
    def not_understood(self) -> int:
        """How many files could not be parsed."""
        assert self.file_checker_manager is not None
        return sum(statistics.get(NOT_UNDERSTOOD, 0) for _, _, statistics in self.file_checker_manager.results)

    @property
    def codes(self) -> set[str]:
        """The codes that were looked for."""
        assert self.guide is not None
        decision = self.guide.default_style_guide.decider.decision_for
        return {rule.code for rule in Plugin.rules if decision(rule.code) is Decision.Selected}

    def report_errors(self) -> None:
        """Report; what the baseline holds counts for nothing."""
        super().report_errors()
        assert self.guide is not None
        self.result_count = len(self.reported)
        self.guide.stats = Statistics()
        for violation in self.reported:
            self.guide.stats.record(violation)


class QuickManager(Manager):
    """Runs the quick check over the files that flake8 finds, in as many processes as it asks for.

    The first files are checked while it still looks for the others.
    """

    changed: set[str] | None = None

    def start(self) -> None:
        """Find the first files, and leave out those that did not change."""
        found = expand_paths(
            paths=self.options.filenames,
            stdin_display_name=self.options.stdin_display_name,
            filename_patterns=self.options.filename,
            exclude=self.exclude,
        )
        self._found = (name for name in found if self.changed is None or os.path.realpath(name) in self.changed)
        self.filenames = tuple(islice(self._found, FILES_AT_ONCE))
        self.jobs = min(len(self.filenames), self.jobs)

    def _all_files(self) -> Iterator[str]:
        found = list(self.filenames)
        yield from self.filenames
        for name in self._found:
            found.append(name)
            yield name
        self.filenames = tuple(found)

    def run_serial(self) -> None:
        """Check the files one after the other."""
        self.results = [check_file(filename, self.options) for filename in self._all_files()]

    def run_parallel(self) -> None:
        """Check the files in worker processes; one after the other where the system gives none."""
        _worker["options"] = self.options
        try:
            pool = multiprocessing.get_context(START_METHOD).Pool(self.jobs, _start_worker, (self.argv,))
        except (ImportError, OSError):
            return self.run_serial()
        with pool:
            self.results = list(pool.imap_unordered(_check_in_worker, self._all_files(), FILES_AT_ONCE))


def _start_worker(argv: Sequence[str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not _worker:
        _worker["options"] = parse_args(argv)[1]


def _check_in_worker(filename: str) -> Results:
    return check_file(filename, _worker["options"])


def check_file(filename: str, options: argparse.Namespace) -> Results:
    """The name, findings and statistics of a file, as flake8's own checker returns them."""
    on_disk = not is_using_stdin([filename])
    found = analysis.analyze_file(Path(filename), Plugin.rules, Plugin.settings) if on_disk else None
    if on_disk and not _is_read_by_flake8(filename, found, options):
        results = [(finding.code, finding.line, finding.column, finding.message, "") for finding in found or []]
        return filename, results, {**dict.fromkeys(STATISTIC_NAMES, 0), NOT_UNDERSTOOD: int(found is None)}
    checker = FileChecker(filename=filename, plugins=NO_CHECKERS, options=options)
    if found is None:
        found = _findings_of_text(checker)
    if found is None:
        checker.statistics[NOT_UNDERSTOOD] = 1
    if checker.should_process:
        for finding in found or []:
            checker.report(finding.code, finding.line, finding.column, finding.message)
    return checker.display_name, checker.results, checker.statistics


def _is_read_by_flake8(filename: str, found: list[Finding] | None, options: argparse.Namespace) -> bool:
    """Whether flake8 has to look into a file on disk: to show the lines of findings, for comments that silence some,
    or because it reads a text where Python finds a wrong encoding.
    """
    if found is None:
        source = syntax.read(filename)
        return source is None or syntax.text(source) is None
    if not found or options.show_source or options.format not in PLAIN_FORMATS:
        return bool(found)
    source = syntax.read(filename)
    return source is None or NOQA.search(source) is not None


def _findings_of_text(checker: FileChecker) -> list[Finding] | None:
    """The findings of a text as flake8 reads it: from standard input, or as Latin-1 where its encoding is wrong.

    None when it cannot be parsed.
    """
    processor = checker.processor
    if processor is None:
        return []
    try:
        tree = processor.build_ast()
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    assert isinstance(tree, ast.Module)
    return Plugin(tree, processor.filename, processor.lines).findings()
