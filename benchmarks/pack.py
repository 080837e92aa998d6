"""What the whole ast-grep pack costs beside one trivial rule, run in turns on the same files.

python benchmarks/pack.py PATH [--rounds N]
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from flake8_asyncdb import astgrep

TRIVIAL = "id: trivial\nlanguage: python\nseverity: hint\nrule: {kind: global_statement, regex: '^no such name$'}\n"


def seconds(configuration: Path, path: Path) -> float:
    """The wall time of one scan."""
    command = [astgrep.binary(), "scan", "--config", str(configuration), "--json=stream", "."]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return time.perf_counter() - start


def main() -> None:
    """Print the shortest time of each, and how many times longer the pack takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "rules").mkdir()
        (Path(name) / "rules" / "trivial.yml").write_text(TRIVIAL, encoding="utf-8")
        trivial = Path(name) / "sgconfig.yml"
        trivial.write_text("ruleDirs: [rules]\n", encoding="utf-8")
        rounds = [
            (seconds(trivial, arguments.path), seconds(astgrep.configuration(), arguments.path))
            for _ in range(arguments.rounds)
        ]
    alone, pack = (min(times) for times in zip(*rounds, strict=True))
    print(f"one trivial rule {alone:.2f} s, the pack {pack:.2f} s: {pack / alone:.1f} times")


if __name__ == "__main__":
    main()
