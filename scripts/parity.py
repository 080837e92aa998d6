"""Compares what ast-grep finds with what the plugin finds below a path: for each rule of the pack, how many both,
flake8 alone, ast-grep alone. The last column has to be all zeros, and the exit status says whether it is.

    python scripts/parity.py PATH... [--show {both,flake8,ast-grep}] [--code ADBnnn]
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

from flake8_asyncdb import analysis, astgrep, catalog
from flake8_asyncdb.facts import Settings

Found = dict[tuple[str, int, str], str]


def by_flake8(root: Path, codes: Iterable[str]) -> Found:
    """What the plugin finds in the files below a path, with its messages."""
    wanted = set(codes)
    rules = [rule for rule in catalog.all_rules().values() if rule.code in wanted]
    found: Found = {}
    for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
        tree = parsed(path)
        if tree is None:
            continue
        for finding in analysis.analyze(path.absolute(), tree, path.read_bytes(), rules, Settings()):
            found[path.as_posix(), finding.line, finding.code] = finding.message
    return found


def parsed(path: Path) -> ast.Module | None:
    """A file's tree; none for one that this Python cannot parse: flake8 says so, ast-grep finds something in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def by_ast_grep(root: Path) -> Found:
    """What ast-grep finds below a path, with all rules of the pack switched on."""
    switches = [f"--hint={code}" for code in sorted(astgrep.codes()) if catalog.all_rules()[code].opinionated]
    command = [astgrep.binary(), "scan", "--config", str(astgrep.configuration()), "--json=stream"]
    # From its own directory, since the rules leave files alone by the names of the folders on the way.
    directory, target = (root, ".") if root.is_dir() else (root.parent, root.name)
    done = subprocess.run(
        [*command, *switches, target], cwd=directory, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    found: Found = {}
    for line in done.stdout.splitlines():
        match = json.loads(line)
        path = directory / match["file"]
        if parsed(path) is not None:
            found[path.as_posix(), match["range"]["start"]["line"] + 1, match["ruleId"]] = match["message"]
    return found


def main() -> int:
    """Print the table; the findings of several paths are added up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path, nargs="+")
    parser.add_argument("--show", choices=["both", "flake8", "ast-grep"], help="print the places too")
    parser.add_argument("--code", help="print the places of this rule only")
    arguments = parser.parse_args()
    codes = sorted(astgrep.codes())
    plugin: Found = {}
    pack: Found = {}
    for path in arguments.path:
        plugin |= by_flake8(path, codes)
        pack |= by_ast_grep(path)
    sets = {"both": plugin.keys() & pack.keys(), "flake8": plugin.keys() - pack.keys()}
    sets["ast-grep"] = pack.keys() - plugin.keys()
    print(f"{'rule':8}{'both':>8}{'flake8 alone':>14}{'ast-grep alone':>16}")
    for code in codes:
        counts = [sum(place[2] == code for place in places) for places in sets.values()]
        if any(counts):
            print(f"{code:8}{counts[0]:8}{counts[1]:14}{counts[2]:16}")
    print(f"{'all':8}{len(sets['both']):8}{len(sets['flake8']):14}{len(sets['ast-grep']):16}")
    if arguments.show:
        for place in sorted(sets[arguments.show]):
            if arguments.code in (None, place[2]):
                print(f"{place[0]}:{place[1]}: {place[2]} {plugin.get(place) or pack.get(place)}")
    return 1 if sets["ast-grep"] else 0


if __name__ == "__main__":
    sys.exit(main())
