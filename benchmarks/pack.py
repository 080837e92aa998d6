"""What the ast-grep rules cost: `python benchmarks/pack.py CHECKOUT`.

Scans CHECKOUT with all rules, the opinionated ones included, and with one trivial rule, which is hardly more than
reading and parsing, turn by turn. Wall time is what a user waits, CPU time (user and system, of all threads) is that
of the finished child, so what else the machine does matters less. Exit status 1: more than LIMIT times the trivial
rule.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from flake8_asyncdb import astgrep, catalog

LIMIT = 3.0
TRIVIAL = "{id: trivial, language: python, rule: {pattern: surely_no_such_name()}}"


@dataclass(frozen=True)
class Cost:
    """Seconds of the clock and of the processors of one finished process."""

    wall: float
    cpu: float


def measure(command: list[str], directory: Path) -> Cost:
    """Run a scan to its end; one with findings is no failure, anything else is."""
    begin = time.perf_counter()
    child = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} failed with status {child.returncode}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def lines_below(checkout: Path) -> tuple[int, int]:
    """How many Python files there are, and how many lines."""
    counts = [path.read_bytes().count(b"\n") for path in checkout.rglob("*.py") if path.is_file()]
    return len(counts), sum(counts)


def main() -> int:
    """Measure and print; compare the medians of the CPU time."""
    parser = argparse.ArgumentParser(description="Measure the ast-grep rules beside one trivial rule.")
    parser.add_argument("checkout", type=Path, help="a directory of Python files")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each (default: %(default)s)")
    options = parser.parse_args()
    files, lines = lines_below(options.checkout)
    if not files:
        parser.error(f"no Python file below {options.checkout}")
    opinionated = [f"--hint={code}" for code in sorted(astgrep.codes()) if catalog.all_rules()[code].opinionated]
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "rules").mkdir()
        Path(scratch, "rules", "trivial.yml").write_text(TRIVIAL)
        Path(scratch, "sgconfig.yml").write_text("ruleDirs: [rules]\n")
        scan = [astgrep.binary(), "scan", "--json=stream", "--config"]
        commands = {
            "one trivial rule": [*scan, str(Path(scratch, "sgconfig.yml")), "."],
            f"all {len(astgrep.codes())} rules": [*scan, str(astgrep.configuration()), *opinionated, "."],
        }
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(options.repeat):
            for name, command in commands.items():
                costs[name].append(measure(command, options.checkout))
    print(f"{files} files, {lines} lines, {options.repeat} runs of each")
    print(f"{'':20}{'wall, median':>14}{'CPU, median':>14}")
    medians = []
    for name, runs in costs.items():
        median = Cost(statistics.median(run.wall for run in runs), statistics.median(run.cpu for run in runs))
        print(f"{name:20}{median.wall:>12.2f} s{median.cpu:>12.2f} s")
        medians.append(median)
    trivial, pack = medians
    print(f"{'times':20}{pack.wall / trivial.wall:>14.2f}{pack.cpu / trivial.cpu:>14.2f}")
    return 1 if pack.cpu > LIMIT * trivial.cpu else 0


if __name__ == "__main__":
    sys.exit(main())
