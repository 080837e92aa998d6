"""The `flake8-asyncdb` command: what the rules are, and what each of them is about."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from flake8_asyncdb import __version__, catalog, documentation
from flake8_asyncdb.catalog import Row


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
    return parser


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
