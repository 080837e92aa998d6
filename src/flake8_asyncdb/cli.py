"""The `flake8-asyncdb` command: rules explained and run by ast-grep, services compared, the reference service."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from flake8_asyncdb import __version__, astgrep, catalog, check, compare, doctor, documentation, scaffold
from flake8_asyncdb.catalog import Row


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status is 0, 1 when something is found, or 2 when the arguments make no sense."""
    parser = _parser()
    arguments, others = parser.parse_known_args(argv)
    if others and arguments.run is not check.run:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    arguments.others = others
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
    check.add_command(commands)
    examine = commands.add_parser("doctor", help="say what the linter sees of a project")
    examine.add_argument("path", nargs="?", type=Path, default=Path(), metavar="PATH", help="a directory of it")
    examine.set_defaults(run=doctor.run)
    explain = commands.add_parser("explain", help="print the documentation of rules")
    explain.add_argument("codes", nargs="+", metavar="CODE", help="a rule's code or name, such as ADB107")
    explain.set_defaults(run=_explain)
    rules = commands.add_parser("rules", help="list the rules, row by row of the comparison table")
    rules.add_argument("--export", type=Path, metavar="DIR", help="write the ast-grep rules to DIR instead")
    rules.set_defaults(run=_rules)
    compare.add_command(commands)
    # All that follows is for ast-grep, its options too: none of them is one of this parser.
    scan = commands.add_parser(
        "scan", help="run ast-grep with its part of the rules", prefix_chars="\0", add_help=False
    )
    scan.add_argument("arguments", nargs="*")
    scan.set_defaults(run=_scan)
    lsp = commands.add_parser("lsp", help="start the language server of ast-grep with these rules, for an editor")
    lsp.set_defaults(run=_lsp)
    init = commands.add_parser("init", help="put the compliant reference module into the project in this directory")
    init.add_argument("package", metavar="PACKAGE", help="the name of the package to write")
    init.add_argument("--force", action="store_true", help="replace the files of an earlier init")
    init.set_defaults(run=_init)
    reference = commands.add_parser("reference", help="run the reference service, on SQLite or on DATABASE_URL")
    reference.add_argument("action", choices=["run"])
    reference.add_argument("options", nargs=argparse.REMAINDER, help="--host ADDRESS, --port NUMBER")
    reference.set_defaults(run=_reference)
    return parser


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


def _scan(arguments: argparse.Namespace) -> int:
    try:
        return astgrep.scan(arguments.arguments)
    except astgrep.AstGrepError as error:
        print(f"flake8-asyncdb scan: {error}", file=sys.stderr)
        return 2


def _lsp(arguments: argparse.Namespace) -> int:
    try:
        return astgrep.lsp()
    except astgrep.AstGrepError as error:
        print(f"flake8-asyncdb lsp: {error}", file=sys.stderr)
        return 2


def _export(directory: Path) -> int:
    try:
        written = astgrep.export(directory)
    except (astgrep.AstGrepError, OSError) as error:
        print(f"flake8-asyncdb rules --export: {error}", file=sys.stderr)
        return 2
    print(f"written: {len(written)} files to {directory}; use them with ast-grep scan -c {directory}/sgconfig.yml")
    return 0


def _rules(arguments: argparse.Namespace) -> int:
    if arguments.export:
        return _export(arguments.export)
    rules = catalog.all_rules().values()
    for row in [*list(Row)[1:], Row.PRACTICES]:
        print(f"{row.value} {row.title}")
        for rule in rules:
            if rule.row is row:
                state = "off" if rule.opinionated else rule.severity.value
                print(f"    {rule.code} {state:8} {rule.name}: {documentation.page(rule).summary}")
    return 0
