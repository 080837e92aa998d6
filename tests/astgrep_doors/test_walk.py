"""From examples/before to the verdict of examples/after: what ast-grep fixes, then the edits that flake8 asks for."""

from __future__ import annotations

import asyncio
import importlib
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from doors import ROOT, findings, scan, text_of
from running import Flake8Run, RunFlake8
from test_examples import assert_answers, conversation, forget_app  # noqa: F401  # a fixture

BEFORE, AFTER = ROOT / "examples" / "before", ROOT / "examples" / "after"

Edit = Callable[[Path], None]


def type_the_last_column(service: Path) -> None:
    path = service / "app" / "models.py"
    clock = "default=lambda: datetime.now(timezone.utc)"
    typed = text_of(path).replace(
        "mapped_column(default=datetime.utcnow)", f"mapped_column(DateTime(timezone=True), {clock})"
    )
    path.write_text(typed, encoding="utf-8")


def one_async_engine_and_injected_sessions(service: Path) -> None:
    """What is not a matter of single lines: the files that flake8 lists, rewritten; the usage joins the other tables."""
    usage, models = service / "app" / "usage.py", service / "app" / "models.py"
    event = text_of(usage).partition("class UsageEvent(UsageBase):")[2].partition("\n\n\n")[0]
    models.write_text(f"{text_of(models)}\n\nclass UsageEvent(Base):{event}\n", encoding="utf-8")
    usage.unlink()
    for name in ("config.py", "database.py", "dependencies.py", "main.py", "services.py", "api/routes.py"):
        shutil.copyfile(AFTER / "app" / name, service / "app" / name)


HAND_EDITS: list[tuple[set[str], set[str], Edit]] = [
    ({"ADB402"}, {"app/models.py"}, type_the_last_column),
    (
        {
            *("ADB101", "ADB102", "ADB107", "ADB201", "ADB202", "ADB301", "ADB501", "ADB502"),
            *("ADB601", "ADB702", "ADB704", "ADB801", "ADB901"),
        },
        {"app/api/routes.py", "app/database.py", "app/main.py", "app/usage.py"},
        one_async_engine_and_injected_sessions,
    ),
]
"""Codes and files that flake8 lists, and the edit that answers them; in order."""


@pytest.fixture
def service(tmp_path: Path) -> Path:
    shutil.copytree(BEFORE, tmp_path / "service", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "service"


@pytest.mark.usefixtures("forget_app")
def test_the_walk(service: Path, run_flake8: RunFlake8, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lint(directory: Path) -> Flake8Run:
        return run_flake8("--isolated", "--select=ADB", ".", cwd=directory)

    start = lint(service)
    assert scan("-U", cwd=service).stderr.startswith("fixed: ADB302, ADB404\n")
    safe = lint(service)
    assert Counter(start.codes) - Counter(safe.codes) == Counter(ADB302=1, ADB404=1)
    assert Counter(safe.codes) < Counter(start.codes)
    assert scan("-U", "--unsafe-fixes", cwd=service).stderr.startswith("fixed: ADB303, ADB401, ADB403\n")
    fixed = lint(service)
    assert Counter(fixed.codes) < Counter(safe.codes)
    assert not {"ADB302", "ADB303", "ADB401", "ADB403", "ADB404"} & set(fixed.codes)

    assert set(fixed.codes) == {code for codes, _, _ in HAND_EDITS for code in codes}

    left = fixed
    for codes, files, edit in HAND_EDITS:
        assert codes <= {code for path, _, code in left.findings if path in files}
        edit(service)
        left = lint(service)
        assert not codes & set(left.codes)

    assert left == lint(AFTER) == Flake8Run(0, "", "")
    assert findings("--error", cwd=service) == findings("--error", cwd=AFTER) == []

    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/chat.db")
    monkeypatch.syspath_prepend(service)
    answers = asyncio.run(conversation(importlib.import_module("app.main").app))
    assert_answers(answers)
    assert sys.modules["app.main"].__file__ == str(service / "app" / "main.py")
