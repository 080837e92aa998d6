"""How `compare` grows: `python benchmarks/compare.py SERVICE [--services 20]`.

Copies SERVICE so many times, and compares one, five, ten ... of the copies, each run in a process of its own. CPU time
(user and system) for each service, and peak memory, should not depend on their number.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COMMAND = [sys.executable, "-c", "import sys; from flake8_asyncdb.cli import main; sys.exit(main())", "compare"]
RSS_UNIT = 1 if sys.platform == "darwin" else 1 << 10
IGNORED = shutil.ignore_patterns(".git", "node_modules", ".venv", "__pycache__")


def run(services: list[Path]) -> tuple[float, int]:
    """CPU seconds and peak memory of one comparison."""
    command = [*COMMAND, *map(str, services), "--format", "json", "--output", os.devnull]
    child = subprocess.Popen(command)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command[:4])} ... failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", type=Path)
    parser.add_argument("--services", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        copies = [Path(directory) / f"service-{number}" for number in range(arguments.services)]
        for copy in copies:
            shutil.copytree(arguments.service, copy, ignore=IGNORED, symlinks=True)
            (copy / "pyproject.toml").touch()
        print(f"{'services':>8} {'seconds':>8} {'each':>8} {'peak MB':>8}")
        for number in sorted({1, *range(5, arguments.services + 1, 5), arguments.services}):
            seconds, memory = run(copies[:number])
            print(f"{number:8} {seconds:8.2f} {seconds / number:8.2f} {memory / (1 << 20):8.0f}")


if __name__ == "__main__":
    main()
