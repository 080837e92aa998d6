"""What docs/suppression.md says of comments and options, with both engines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doors import POSTGRES, ROOT, UNPINGED, findings, scan, text_of, write
from running import RunFlake8

HEAD, LAST = UNPINGED.rpartition("engine = ")[0], UNPINGED.splitlines()[-1]
BOTH = "# ast-grep-ignore: ADB202  # noqa: ADB202"
CALL = f'{HEAD}engine = create_engine(%s\n    "postgresql://db/app",\n)'
INNER = f'{HEAD}engines = dict(\n    first=create_engine("postgresql://db/app"),%s\n)'


@pytest.mark.parametrize(
    ("source", "reporting"),
    [
        (f"{HEAD}{LAST}", {"flake8", "ast-grep"}),
        (f"{HEAD}{LAST}  {BOTH}", set()),
        (f"{HEAD}{LAST}  {BOTH}  # the pooler does it", set()),
        (f"{HEAD}{LAST}  # ast-grep-ignore: ADB293, ADB202  # noqa: ADB293,ADB202", set()),
        (CALL % f"  {BOTH}", set()),
        (INNER % f"  {BOTH}", set()),
        (f"{CALL % ''}  {BOTH}", {"flake8"}),
        (f"{INNER % ''}  {BOTH}", {"flake8", "ast-grep"}),
        (f"{HEAD}{LAST}  # noqa: ADB202  # ast-grep-ignore: ADB202", {"ast-grep"}),
        (f"{HEAD}{LAST}  # noqa: ADB202", {"ast-grep"}),
        (f"# flake8: noqa: ADB202\n{HEAD}{LAST}", {"ast-grep"}),
        (f"{HEAD}{LAST}  # ast-grep-ignore: ADB202", {"flake8"}),
        (f"{HEAD}# ast-grep-ignore: ADB202\n{LAST}", {"flake8"}),
        (f"# ast-grep-ignore: ADB202\n\n{HEAD}{LAST}", {"flake8"}),
        (f"# ast-grep-ignore: ADB202\n{HEAD}{LAST}", {"flake8", "ast-grep"}),
        (f"{HEAD}{LAST}  # ast-grep-ignore", {"flake8"}),
        (f"{HEAD}{LAST}  # ast-grep-ignore: ADB293  # noqa: ADB293", {"flake8", "ast-grep"}),
    ],
)
def test_comment(tmp_path: Path, run_flake8: RunFlake8, source: str, reporting: set[str]) -> None:
    write(tmp_path, {"engine.py": f"{source}\n"})
    found = set()
    if run_flake8("--isolated", "--select=ADB").codes:
        found.add("flake8")
    if findings(cwd=tmp_path):
        found.add("ast-grep")
    assert found == reporting


def test_the_documented_comment_is_one_of_those(tmp_path: Path, run_flake8: RunFlake8) -> None:
    (line,) = re.findall(r"^```python\n(.*)\n```$", text_of(ROOT / "docs" / "suppression.md"), re.MULTILINE)
    imports = "from sqlalchemy import Column, DateTime\n\n"
    for source, count in ((line, 0), (line.partition("  #")[0], 1)):
        write(tmp_path, {"models.py": f"{imports}{source}\n"})
        assert len(run_flake8("--isolated", "--select=ADB").codes) == len(findings(cwd=tmp_path)) == count


def test_what_is_silenced_is_not_fixed(tmp_path: Path) -> None:
    source = f"{POSTGRES.rstrip()}  # ast-grep-ignore: ADB803  # noqa: ADB803\n"
    write(tmp_path, {"db.py": source})
    assert scan("-U", "--unsafe-fixes", cwd=tmp_path).stderr == ""
    assert text_of(tmp_path / "db.py") == source


def test_some_files(tmp_path: Path, run_flake8: RunFlake8) -> None:
    write(tmp_path, {"app/db.py": POSTGRES, "app/legacy/db.py": POSTGRES})
    assert findings("--globs", "!app/legacy/**", cwd=tmp_path) == [("app/db.py", 3, "error", "ADB803")]
    (tmp_path / ".flake8").write_text("[flake8]\nper-file-ignores = app/legacy/*:ADB803\n")
    assert run_flake8("--select=ADB").findings == [("app/db.py", 3, "ADB803")]
