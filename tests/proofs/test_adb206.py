"""ADB206 engine-across-event-loops."""

from __future__ import annotations

import subprocess
import sys

from harness import Database, Loader

OBSERVED = "the second task fails: RuntimeError, its connection is attached to the event loop of the first"
TWO_TASKS = "from app import report; print(report(), flush=True); print(report())"


def work(load: Loader, section: str) -> subprocess.CompletedProcess[str]:
    """Run the task twice in a worker process."""
    command = [sys.executable, "-c", TWO_TASKS]
    return subprocess.run(command, cwd=load.write("ADB206", section), capture_output=True, text=True, check=False)


def test_the_second_task_gets_a_connection_of_a_closed_loop(load: Loader, database: Database) -> None:
    database.create_all()
    done = work(load, "Bad")
    assert (done.returncode, done.stdout) == (1, "0\n")
    assert "RuntimeError" in done.stderr
    assert "attached to a different loop" in done.stderr


def test_each_task_has_its_own_connection(load: Loader, database: Database) -> None:
    database.create_all()
    done = work(load, "Good")
    assert (done.returncode, done.stdout) == (0, "0\n0\n"), done.stderr
