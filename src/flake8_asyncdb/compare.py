"""`flake8-asyncdb compare`: the table drawn for services, what each has in every row, how that stands, and where."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from flake8_asyncdb.report import formats, gather
from flake8_asyncdb.report.progress import Progress
from flake8_asyncdb.report.table import State, Table


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `compare` to the command."""
    compare = commands.add_parser(
        "compare",
        help="draw the comparison table of services, each cell with its evidence",
        description="Draw the comparison table of services, each cell with its evidence.",
    )
    services = "[NAME=]DIRECTORY, [NAME=]DIRECTORY@REV as git has it, or a .json file that --format json wrote"
    compare.add_argument("services", nargs="+", metavar="SERVICE", help=services)
    compare.add_argument("--format", choices=formats.FORMATS, default="terminal", help="(default: %(default)s)")
    compare.add_argument("--output", metavar="FILE", help="where to write the table (default: standard output)")
    compare.add_argument("--since", metavar="REV", help="also say which cells and findings changed since a revision")
    compare.add_argument(
        "--fail-on", choices=["breaks", "mixed"], help="end with status 1 where a cell is that, or worse"
    )
    compare.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `compare`; the exit status is 0, 1 where --fail-on finds something, or 2 where something cannot be read."""
    with Progress(len(arguments.services), sys.stderr) as progress:
        table = gather.read(arguments.services, arguments.since, progress.at)
    for error in table.errors:
        print(f"flake8-asyncdb compare: {error}", file=sys.stderr)
    try:
        _write(table, arguments.format, arguments.output)
    except ModuleNotFoundError as error:
        wanted = f"--format {arguments.format} needs flake8-asyncdb[report]"
        print(f"flake8-asyncdb compare: {error.name} is not installed, {wanted}", file=sys.stderr)
        return 2
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"flake8-asyncdb compare: --output {arguments.output!r}: {error.strerror}", file=sys.stderr)
        return 2
    if table.errors:
        return 2
    failing = {"breaks": [State.BREAKS], "mixed": [State.BREAKS, State.MIXED]}.get(arguments.fail_on, [])
    return int(table.has(*failing))


def _write(table: Table, form: str, output: str | None) -> None:
    if output is not None:
        with open(output, "w", encoding="utf-8") as file:
            formats.write(table, form, file, Path(output).parent)
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    formats.write(table, form, sys.stdout)
