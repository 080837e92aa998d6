"""What the plugin costs: `python benchmarks/cost.py CHECKOUT`.

Makes two virtual environments, one with flake8 alone and one with flake8 and
this plugin, then lints CHECKOUT with each, one process at a time, turn by
turn with `check` and with a plain `ast.parse` of the same files. CPU time (user and system) is
that of the finished child, so what else the machine does matters little.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SKIPPED = {".svn", "CVS", ".bzr", ".hg", ".git", "__pycache__", ".tox", ".nox", ".eggs"}
MEGABYTE = 1 << 20
RSS_UNIT = 1 if sys.platform == "darwin" else 1 << 10
CHECK = "import sys; from flake8_asyncdb.cli import main; sys.exit(main(['check', *sys.argv[1:]]))"
PARSE = """\
import ast, sys
for name in sys.stdin.read().split("\\0"):
    try:
        with open(name, "rb") as file:
            ast.parse(file.read())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
"""


@dataclass(frozen=True)
class Cost:
    """CPU seconds and peak memory of one finished process."""

    seconds: float
    rss: int


def measure(command: list[str], stdin: str = "") -> Cost:
    """Run a command to its end; a lint with findings is no failure, anything else is."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(stdin.encode())
        given.seek(0)
        child = subprocess.Popen(command, stdin=given, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command[:4])} ... failed:\n{said.read().decode(errors='replace')}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT)


def environment(directory: Path, *packages: str) -> str:
    """A virtual environment with `packages`; its Python."""
    venv.create(directory, with_pip=True)
    python = str(directory / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def flake8_version(python: str) -> str:
    command = "from importlib.metadata import version; print(version('flake8'))"
    return subprocess.run([python, "-c", command], check=True, capture_output=True, text=True).stdout.strip()


def python_files(checkout: Path) -> Iterable[Path]:
    """The files that flake8 visits by default."""
    for directory, subdirectories, names in os.walk(checkout):
        subdirectories[:] = [each for each in subdirectories if each not in SKIPPED]
        yield from (Path(directory, name) for name in names if name.endswith(".py"))


def report(costs: dict[str, list[Cost]]) -> None:
    seconds = {name: statistics.median(cost.seconds for cost in runs) for name, runs in costs.items()}
    parse, check, bare, plugin = seconds.values()
    print(f"{'':24}{'CPU, median':>12}{'spread':>16}{'to ast.parse':>14}{'peak RSS':>10}")
    for name, runs in costs.items():
        spread = f"{min(run.seconds for run in runs):.2f}-{max(run.seconds for run in runs):.2f} s"
        rss = f"{max(run.rss for run in runs) / MEGABYTE:.0f} MB"
        print(f"{name:24}{seconds[name]:>10.2f} s{spread:>16}{seconds[name] / parse:>14.2f}{rss:>10}")
    print(f"check takes {check / parse:.2f} times ast.parse, flake8 alone {bare / parse:.2f} times")
    print(f"the plugin adds {plugin - bare:+.2f} s, {plugin / bare - 1:+.1%} of bare flake8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the plugin adds to flake8's CPU time.")
    parser.add_argument("checkout", type=Path, help="a directory of Python files")
    parser.add_argument("--repeat", type=int, default=5, help="runs of each (default: %(default)s)")
    options = parser.parse_args()
    files = [str(path) for path in python_files(options.checkout)]
    if not files:
        parser.error(f"no Python file below {options.checkout}")

    with tempfile.TemporaryDirectory() as scratch:
        with_plugin = environment(Path(scratch, "plugin"), str(PROJECT))
        bare = environment(Path(scratch, "bare"), f"flake8=={flake8_version(with_plugin)}")
        lint = ["-m", "flake8", "--isolated", "--exit-zero", "--jobs=1", str(options.checkout)]
        commands = {
            "ast.parse": ([with_plugin, "-c", PARSE], "\0".join(files)),
            "flake8-asyncdb check": ([with_plugin, "-c", CHECK, *lint[2:]], ""),
            "flake8": ([bare, *lint], ""),
            "flake8 with the plugin": ([with_plugin, *lint], ""),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(options.repeat):
            for name, (command, stdin) in commands.items():
                costs[name].append(measure(command, stdin))
    print(f"{len(files)} files, {options.repeat} runs of each")
    report(costs)


if __name__ == "__main__":
    main()
