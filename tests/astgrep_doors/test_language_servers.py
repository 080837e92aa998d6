"""Both engines behind a language server: what an editor shows, offers and takes back."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from doors import CLEAN, COMMAND, ECHO, PINGED, POSTGRES, ROOT, SCRIPTS, UNPINGED, run, text_of, write
from editing import editing
from lsprotocol import types as lsp

from flake8_asyncdb import astgrep

PAGES = "https://github.com/flake8-asyncdb/flake8-asyncdb/blob/main/docs/rules"


def place(diagnostic: lsp.Diagnostic, text: str) -> str:
    """The text that a diagnostic marks, on one line."""
    start, end = diagnostic.range.start, diagnostic.range.end
    assert start.line == end.line
    return text.splitlines()[start.line][start.character : end.character]


def test_ast_grep(project: Path) -> None:
    path = write(project, {"db.py": POSTGRES}) / "db.py"

    async def session() -> None:
        async with editing(path, COMMAND, "lsp") as editor:
            (shown,) = await editor.diagnostics()
            assert shown.code == "ADB803"
            assert place(shown, POSTGRES) == 'create_engine("postgres://db/app", pool_pre_ping=True)'
            assert shown.message.startswith("`postgres://` is no dialect of SQLAlchemy")
            assert shown.severity is lsp.DiagnosticSeverity.Error
            assert shown.code_description is not None
            assert shown.code_description.href == f"{PAGES}/ADB803-postgres-scheme.md"

            (action,) = await editor.actions(shown)
            assert action.kind == lsp.CodeActionKind.QuickFix
            editor.apply(action)
            assert editor.text == POSTGRES.replace("postgres:", "postgresql:")
            assert await editor.diagnostics() == []

            editor.change(POSTGRES)
            assert [each.code for each in await editor.diagnostics()] == ["ADB803"]

    asyncio.run(session())


def test_ast_grep_offers_no_unsafe_fix_and_leaves_out_what_is_off(project: Path) -> None:
    path = write(project, {"engine.py": UNPINGED}) / "engine.py"

    async def session() -> None:
        async with editing(path, COMMAND, "lsp") as editor:
            (shown,) = await editor.diagnostics()
            assert (shown.code, shown.severity) == ("ADB202", lsp.DiagnosticSeverity.Warning)
            assert await editor.actions(shown) == []
            for text in (PINGED, ECHO, CLEAN, f"{UNPINGED.rstrip()}  # ast-grep-ignore: ADB202\n"):
                editor.change(text)
                assert await editor.diagnostics() == []

    asyncio.run(session())


@pytest.mark.parametrize("above", ["tests/service", "test_it", "versions/'1' [new]"])
def test_ast_grep_knows_tests_by_the_folders_of_the_project_alone(
    tmp_path_factory: pytest.TempPathFactory, above: str
) -> None:
    project = write(tmp_path_factory.mktemp("project") / above, {"db.py": POSTGRES, "tests/db.py": POSTGRES})

    async def session() -> None:
        async with editing(project / "db.py", COMMAND, "lsp") as editor:
            assert [each.code for each in await editor.diagnostics()] == ["ADB803"]
        async with editing(project / "tests" / "db.py", COMMAND, "lsp", root=project) as editor:
            assert await editor.diagnostics() == []

    asyncio.run(session())


def test_ast_grep_on_exported_rules(project: Path) -> None:
    """What the extension of VS Code starts, with the documented setting."""
    path = write(project, {"db.py": POSTGRES}) / "db.py"
    settings = re.search(r'"astGrep.configPath": "((\S+)/\S+)"', text_of(ROOT / "docs" / "editors.md"))
    assert settings is not None
    assert run(COMMAND, "rules", "--export", settings[2], cwd=project).returncode == 0

    async def session() -> None:
        async with editing(path, astgrep.binary(), "lsp", "-c", settings[1]) as editor:
            (shown,) = await editor.diagnostics()
            assert shown.code == "ADB803"

    asyncio.run(session())


def test_flake8_through_pylsp(project: Path) -> None:
    path = write(project, {"engine.py": UNPINGED}) / "engine.py"
    plugins = {name: {"enabled": False} for name in ("pycodestyle", "pyflakes", "mccabe")}
    flake8 = {"enabled": True, "select": ["ADB"], "executable": str(SCRIPTS / "flake8")}
    settings = {"pylsp": {"plugins": plugins | {"flake8": flake8}}}

    async def session() -> None:
        async with editing(path, SCRIPTS / "pylsp", settings=settings) as editor:
            (shown,) = await editor.diagnostics()
            assert (shown.source, shown.code) == ("flake8", "ADB202")
            assert (shown.range.start.line, shown.range.start.character) == (2, 9)
            assert "pool_pre_ping" in shown.message

            editor.change(PINGED)
            assert await editor.diagnostics() == []
            editor.change(UNPINGED)
            assert [each.code for each in await editor.diagnostics()] == ["ADB202"]
            assert text_of(path) == UNPINGED

    asyncio.run(session())
