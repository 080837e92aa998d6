"""What a real flake8 process said, and the types of the fixtures that run one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LINE = re.compile(r"(?:\./)?(?P<path>.+?):(?P<line>\d+):\d+: (?P<code>[A-Z]+\d+) ")


@dataclass(frozen=True)
class Flake8Run:
    """What one flake8 process said."""

    status: int
    stdout: str
    stderr: str

    @property
    def findings(self) -> list[tuple[str, int, str]]:
        """Path, line and code of each finding, in the order printed."""
        found = filter(None, map(LINE.match, self.stdout.splitlines()))
        return [(match["path"], int(match["line"]), match["code"]) for match in found]

    @property
    def codes(self) -> list[str]:
        """The plugin's codes, in the order printed."""
        return [code for _, _, code in self.findings if code.startswith("ADB")]


RunFlake8 = Callable[..., Flake8Run]
WriteProject = Callable[[dict[str, str]], Path]
