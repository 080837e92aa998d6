"""`flake8-asyncdb init`: put the reference module into a project, with tests and the tools' configuration."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Sequence
from pathlib import Path

from flake8_asyncdb import __version__, astgrep

HERE = Path(__file__).parent
REFERENCE = HERE / "reference"
TEMPLATES = HERE / "templates"

DEPENDENCIES = (
    "aiosqlite",
    "asyncpg",
    "fastapi",
    "psycopg",
    "pydantic",
    "sqlalchemy",
    "starlette",
    "uvicorn",
)
CONFIGURATION = ("pyproject.toml", ".flake8", ".pre-commit-config.yaml", "sgconfig.yml")


class ScaffoldError(Exception):
    """Nothing was written: the package's name cannot be used, or files are in the way."""


def init(package: str, directory: Path, *, force: bool) -> list[Path]:
    """Write the reference module as `package` into `directory`; return the paths of all files written.

    The package goes below `src` where that folder exists. `tests/test_<package>.py` comes with it, and each
    file of `CONFIGURATION` that the project does not have yet; one that it has is never overwritten, and
    `advice` says what to add to it. With `force`, files of an earlier `init` are replaced.

    Raises `ScaffoldError` before anything is written; `OSError` when a file cannot be written.
    """
    _check_name(package)
    files = (
        _package_files(package, directory) | _test_files(package, directory) | _configuration_files(package, directory)
    )
    occupied = sorted(str(path.relative_to(directory)) for path in files if path.exists())
    if occupied and not force:
        raise ScaffoldError(f"would overwrite {', '.join(occupied)}: remove them, or use --force")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)


def advice(directory: Path, written: Sequence[Path]) -> list[str]:
    """Return what to add by hand, a text for each configuration file that was there before `init`."""
    texts = {
        "pyproject.toml": "add these dependencies, and install the project where its tests run:\n"
        + "\n".join(f"    {line}" for line in _dependency_lines()),
        ".flake8": "nothing to add, unless it has a `select`: add ADB to that",
        ".pre-commit-config.yaml": "add these hooks:\n" + _template("pre-commit-config.yaml", ""),
        "sgconfig.yml": "add these folders:\n" + _template("sgconfig.yml", ""),
    }
    return [
        f"{_flake8_configuration(directory) if name == '.flake8' else name}: {text.rstrip()}"
        for name, text in texts.items()
        if directory / name not in written
    ]


def _check_name(package: str) -> None:
    if not package.isidentifier() or keyword.iskeyword(package):
        raise ScaffoldError(f"{package!r} is no package name: use letters, digits and underscores")
    if package in sys.stdlib_module_names or package in (*DEPENDENCIES, "tests", "src"):
        raise ScaffoldError(f"{package!r} is taken: a package of that name would hide another module")


def _root(directory: Path) -> Path:
    return directory / "src" if (directory / "src").is_dir() else directory


def _package_files(package: str, directory: Path) -> dict[Path, str]:
    folder = _root(directory) / package
    if folder.exists() and not folder.is_dir():
        raise ScaffoldError(f"{folder.relative_to(directory)} is in the way: it is no folder")
    return {folder / source.name: _fill(source, package) for source in sorted(REFERENCE.glob("*.py"))}


def _test_files(package: str, directory: Path) -> dict[Path, str]:
    return {directory / "tests" / f"test_{package}.py": _template("test_service.py", package)}


def _configuration_files(package: str, directory: Path) -> dict[Path, str]:
    files = {}
    if not (directory / "pyproject.toml").exists():
        root = _root(directory).relative_to(directory)
        text = _template("pyproject.toml", package)
        files[directory / "pyproject.toml"] = text.replace("FOLDER", (root / package).as_posix()).replace(
            "ROOT", root.as_posix()
        )
    if not (directory / _flake8_configuration(directory)).exists():
        files[directory / ".flake8"] = _template("flake8", package)
    if not (directory / ".pre-commit-config.yaml").exists():
        files[directory / ".pre-commit-config.yaml"] = _template("pre-commit-config.yaml", package)
    if not (directory / "sgconfig.yml").exists():
        files[directory / "sgconfig.yml"] = _template("sgconfig.yml", package)
        files |= _rule_files(directory / "ast-grep")
    return files


def _flake8_configuration(directory: Path) -> str:
    """Return the name of the file that configures flake8 in `directory`, `.flake8` if there is none."""
    for name in ("setup.cfg", "tox.ini"):
        path = directory / name
        if path.is_file() and "[flake8]" in path.read_text(encoding="utf-8"):
            return name
    return ".flake8"


def _rule_files(folder: Path) -> dict[Path, str]:
    """Return a copy of the ast-grep rules: ast-grep reads them only from folders that its file names."""
    return {folder / path: text for path, text in astgrep.pack("adb", "opinionated", "utils").items()}


def _dependency_lines() -> list[str]:
    lines = _template("pyproject.toml", "").splitlines()
    start = lines.index("dependencies = [") + 1
    return [line.strip(' ",') for line in lines[start : lines.index("]", start)]]


def _template(name: str, package: str) -> str:
    return _fill(TEMPLATES / f"{name}.txt", package)


def _fill(source: Path, package: str) -> str:
    text = source.read_text(encoding="utf-8")
    return text.replace("PACKAGE", package).replace("VERSION", __version__)
