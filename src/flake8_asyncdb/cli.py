"""The `flake8-asyncdb` command: the rules explained, services compared, and the reference service to start from."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from flake8_asyncdb import __version__, catalog, documentation, scaffold
from flake8_asyncdb.catalog import Row
from flake8_asyncdb.report import formats, gather
from flake8_asyncdb.report.progress import Progress
from flake8_asyncdb.report.table import State, Table


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, or 2 when the arguments make no sense."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="flake8-asyncdb", description=__doc__)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    explain = commands.add_parser("explain", help="print the documentation of rules")
    explain.add_argument("codes", nargs="+", metavar="CODE", help="a rule's code or name, such as ADB107")
    explain.set_defaults(run=_explain)
    rules = commands.add_parser("rules", help="list the rules, row by row of the comparison table")
    rules.set_defaults(run=_rules)
    _add_compare(
        commands.add_parser("compare", help="draw the comparison table of services, each cell with its evidence")
    )
    init = commands.add_parser("init", help="put the compliant reference module into the project in this directory")
    init.add_argument("package", metavar="PACKAGE", help="the name of the package to write")
    init.add_argument("--force", action="store_true", help="replace the files of an earlier init")
    init.set_defaults(run=_init)
    reference = commands.add_parser("reference", help="run the reference service, on SQLite or on DATABASE_URL")
    reference.add_argument("action", choices=["run"])
    reference.add_argument("options", nargs=argparse.REMAINDER, help="--host ADDRESS, --port NUMBER")
    reference.set_defaults(run=_reference)
    return parser


def _add_compare(compare: argparse.ArgumentParser) -> None:
    services = "[NAME=]DIRECTORY, [NAME=]DIRECTORY@REV as git has it, or a .json file that --format json wrote"
    compare.add_argument("services", nargs="+", metavar="SERVICE", help=services)
    compare.add_argument("--format", choices=formats.FORMATS, default="terminal", help="(default: %(default)s)")
    compare.add_argument("--output", metavar="FILE", help="where to write the table (default: standard output)")
    compare.add_argument("--since", metavar="REV", help="also say which cells and findings changed since a revision")
    compare.add_argument(
        "--fail-on", choices=["breaks", "mixed"], help="end with status 1 where a cell is that, or worse"
    )
    compare.set_defaults(run=_compare)


def _compare(arguments: argparse.Namespace) -> int:
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


def _init(arguments: argparse.Namespace) -> int:
    try:
        written = scaffold.init(arguments.package, Path.cwd(), force=arguments.force)
    except (scaffold.ScaffoldError, OSError) as error:
        print(f"flake8-asyncdb init: {error}", file=sys.stderr)
        return 2
    for path in written:
        print(f"written: {path.relative_to(Path.cwd())}")
    for text in scaffold.advice(Path.cwd(), written):
        print(text)
    return 0


def _reference(arguments: argparse.Namespace) -> int:
    try:
        from flake8_asyncdb.reference.__main__ import main as serve  # noqa: PLC0415  # an extra: not always installed
    except ModuleNotFoundError as error:
        wanted = "install flake8-asyncdb[reference]"
        print(f"flake8-asyncdb reference: {error.name} is not installed, {wanted}", file=sys.stderr)
        return 2
    return serve(arguments.options)


def _explain(arguments: argparse.Namespace) -> int:
    by_name = {rule.name: rule for rule in catalog.all_rules().values()}
    status = 0
    for code in arguments.codes:
        rule = catalog.all_rules().get(code.upper()) or by_name.get(code.lower())
        if rule is None:
            print(f"flake8-asyncdb explain: there is no rule {code!r}, see `flake8-asyncdb rules`", file=sys.stderr)
            status = 2
        else:
            print(documentation.markdown(documentation.page(rule)))
    return status


def _rules(arguments: argparse.Namespace) -> int:
    rules = catalog.all_rules().values()
    for row in [*list(Row)[1:], Row.PRACTICES]:
        print(f"{row.value} {row.title}")
        for rule in rules:
            if rule.row is row:
                state = "off" if rule.opinionated else rule.severity.value
                print(f"    {rule.code} {state:8} {rule.name}: {documentation.page(rule).summary}")
    return 0
