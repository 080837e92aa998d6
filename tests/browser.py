"""Finds a Chromium for the tests of HTML pages; as a script it fails where there is none."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "the pages are tested in a real Chromium: put one on PATH, or run `make test`, which installs it as root"


def executable() -> str | None:
    """The Chromium on PATH, else the one that `playwright install chromium` has put in place."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return found
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def options() -> list[str]:
    """What Chromium needs on the machine that runs the tests: root, as in containers, gets no sandbox."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


if __name__ == "__main__":
    sys.exit(executable() is None)
