"""The versions of a library that a project allows, read from its own requirement and lock files."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from flake8_asyncdb import syntax

Version = tuple[int, ...]
NEWEST: Version = (10**6,)
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock")
REQUIREMENTS = (
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "Pipfile",
    "requirements.txt",
    "requirements.in",
    "requirements/base.txt",
    "requirements/prod.txt",
    "requirements/production.txt",
    "requirements/main.txt",
)


class Pin(NamedTuple):
    """A range of versions: `lowest` included, `highest` not."""

    lowest: Version = (0,)
    highest: Version = NEWEST

    def is_at_least(self, version: Version) -> bool:
        """Whether every allowed version is this one or newer."""
        return self.lowest >= version

    def is_below(self, version: Version) -> bool:
        """Whether every allowed version is older than this one."""
        return self.highest <= version


def read_pin(root: Path, library: str, below: Iterable[str] = ()) -> Pin | None:
    """What the project's files say of a library; None when nothing does.

    The root's own come first, then whatever those of the directories `below` it allow together.
    """
    pin = _pin_in(root, library)
    if pin is not None:
        return pin
    found = [pin for directory in below if (pin := _pin_in(root / directory, library)) is not None]
    return Pin(min(pin.lowest for pin in found), max(pin.highest for pin in found)) if found else None


def _pin_in(directory: Path, library: str) -> Pin | None:
    """What the files of one directory say of a library; a lock file before a requirement."""
    for name in LOCKS:
        text = _text(directory / name)
        locked = re.search(
            rf'name = "{library}"\s+version = "([\d.]+)|"{library}": \{{[^}}]*?"version": "==([\d.]+)',
            text,
            re.DOTALL,
        )
        if locked:
            version = _version(locked[1] or locked[2])
            return Pin(version, (*version, 1))
    for name in REQUIREMENTS:
        pin = _required(_text(directory / name), library)
        if pin is not None:
            return pin
    return None


def _text(path: Path) -> str:
    """A file's text; a byte order mark says UTF-16, in which PowerShell's `pip freeze > requirements.txt` writes."""
    content = syntax.read(path) or b""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_wide else "utf-8-sig", "replace")


def _required(text: str, library: str) -> Pin | None:
    """The range in `fastapi[standard]>=0.115,<1`, quoted or not, or in Poetry's `fastapi = "^0.115"`."""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        stated = re.search(
            rf"(?<![\w.-]){library}(?:\[[^\]]*\])?\s*((?:[<>=!~]=?=?\s*[\d.*]+\s*,?\s*)+)",
            line,
            re.IGNORECASE,
        )
        if stated:
            return _range(stated[1])
        table = re.match(
            rf'\s*"?{library}"?\s*=\s*(?:"|\{{[^}}]*version\s*=\s*")([\^~<>=!\d.,*\s]+)"', line, re.IGNORECASE
        )
        if table:
            return _range(table[1])
    return None


def _range(text: str) -> Pin:
    lowest, highest = Pin().lowest, Pin().highest
    for operator, number in re.findall(r"([\^~<>=!]*)\s*(\d+(?:\.\d+)*(?:\.\*)?)", text):
        version = _version(number)
        if operator in (">=", ">", "~=", "~", "^"):
            lowest = max(lowest, version)
        if operator in ("", "==", "==="):
            lowest, highest = version, (*version[:-1], version[-1] + 1) if number.endswith("*") else (*version, 1)
        if operator == "<":
            highest = min(highest, version)
        if operator == "<=":
            highest = min(highest, (*version, 1))
        if operator in ("~=", "~"):
            head = version[:-1] if operator == "~=" or len(version) > 2 else version
            highest = min(highest, (*head[:-1], head[-1] + 1) if head else NEWEST)
        if operator == "^":
            significant = next((i for i, part in enumerate(version) if part), len(version) - 1)
            highest = min(highest, (*version[:significant], version[significant] + 1))
    return Pin(lowest, highest)


def _version(text: str) -> Version:
    return tuple(int(part[:9]) for part in text.split(".") if part.isdigit()) or (0,)
