"""`flake8-asyncdb doctor`: what the linter sees of a project, so that its silence can be trusted."""

from __future__ import annotations

import argparse
import ast
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

from flake8.defaults import NOQA_FILE
from flake8.discover_files import expand_paths
from flake8.exceptions import ExecutionError
from flake8.options.parse_args import parse_args

from flake8_asyncdb.facts import ProjectFacts
from flake8_asyncdb.formatter import plural
from flake8_asyncdb.model.pins import NEWEST, Pin
from flake8_asyncdb.model.project import Module, Project, find_root, parents
from flake8_asyncdb.model.values import Site
from flake8_asyncdb.plugin import Plugin

SHOWN = 5
LIBRARIES = ("sqlalchemy", "sqlmodel", "fastapi", "starlette")
NAMES = "SQLAlchemy, SQLModel, FastAPI and Starlette"


class NothingToSee(Exception):
    """There is no project to look at; the text says why."""


def run(arguments: argparse.Namespace) -> int:
    """Print what the linter sees of a project; the exit status is 0, 1 where that is nothing, 2 for a wrong path."""
    if not arguments.path.is_dir():
        print(f"flake8-asyncdb doctor: {str(arguments.path)!r} is no directory", file=sys.stderr)
        return 2
    os.chdir(arguments.path)
    try:
        options = parse_args([])[1]
        for line in _lines(options):
            print(line)
    except (NothingToSee, ExecutionError) as error:
        print(f"flake8-asyncdb doctor: {error}", file=sys.stderr)
        return 1
    return 0


def _lines(options: argparse.Namespace) -> Iterator[str]:
    here = Path.cwd()
    checked = _checked(options)
    projects = [Project(root) for root in sorted({find_root(here), *(find_root(file.parent) for file in checked)})]
    with_code = [(project, modules) for project in projects if (modules := list(project.modules()))]
    if not with_code:
        raise NothingToSee(f"there is no Python file below {here}")
    is_empty = True
    for project, modules in with_code:
        yield f"project root: {project.root}"
        yield f"source roots: {', '.join(_source_roots(modules))}"
        yield from _files(project, modules, checked)
        if any(module.mentions_libraries for module in modules):
            is_empty = False
            yield from _facts(ProjectFacts(project, Plugin.settings))
            yield from (f"{library}: {_range(project.pin(library))}" for library in LIBRARIES)
        else:
            yield f"libraries: none of {NAMES} is named"
        yield ""
    if is_empty:
        raise NothingToSee(f"no file below {here} names one of {NAMES}: is this the directory of the service?")
    yield from _configuration(options)


def _source_roots(modules: Sequence[Module]) -> list[str]:
    """The directories that imports start from: those of the outermost packages, and of modules in no package."""
    packages = {module.directory for module in modules if module.is_package}
    found = set()
    for module in modules:
        around = [each for each in (module.directory, *parents(module.directory)) if each in packages]
        found.add(around[-1].rpartition("/")[0] if around else module.directory)
    return sorted(root or "." for root in found)


def _files(project: Project, modules: Sequence[Module], checked: set[Path]) -> Iterator[str]:
    unread = sorted(project.paths - {module.path for module in modules})
    broken = {module.path: trouble for module in modules if (trouble := _trouble(module)) is not None}
    groups: list[tuple[str, list[str]]] = [
        ("in directories of tools, installed, vendored or built, never linted", _left_out(project, checked)),
        ("not readable, or larger than 3 MB", unread),
        ("not understood by this Python", [f"{path} ({reason})" for path, reason in broken.items()]),
        ("skipped by flake8 for a file-level noqa comment", [m.path for m in modules if _is_silenced(m)]),
        ("test code, linted with --adb-include=tests", [m.path for m in modules if m.is_test]),
        ("migrations, linted with --adb-include=migrations", [m.path for m in modules if m.is_migration]),
        ("excluded by flake8's configuration, read for what others import", _excluded(project, modules, checked)),
    ]
    yield f"files: {len(modules)} read"
    for name, paths in groups:
        if paths:
            yield f"  {name}: {_some(paths)}"


def _is_silenced(module: Module) -> bool:
    """Whether a comment takes the whole file from flake8, whichever codes it names."""
    return any(NOQA_FILE.match(line) for line in module.source.decode(errors="replace").splitlines())


def _left_out(project: Project, checked: set[Path]) -> list[str]:
    """The files that flake8 would check although they are none of the project's."""
    found = [file.relative_to(project.root).as_posix() for file in checked if find_root(file.parent) == project.root]
    return sorted(path for path in found if project.leaves_out(path))


def _excluded(project: Project, modules: Sequence[Module], checked: set[Path]) -> list[str]:
    """The files below the working directory that flake8 would not check from there."""
    files = {module.path: project.root / module.path for module in modules}
    return [path for path, file in files.items() if file.is_relative_to(Path.cwd()) and file not in checked]


def _checked(options: argparse.Namespace) -> set[Path]:
    """The files that flake8 would check from the working directory."""
    found = expand_paths(
        paths=["."],
        stdin_display_name="stdin",
        filename_patterns=options.filename,
        exclude=(*options.exclude, *options.extend_exclude),
    )
    return {Path(os.path.abspath(file)) for file in found}


def _trouble(module: Module) -> str | None:
    """Why a file cannot be parsed; None where it can."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(module.source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or type(error).__name__
    return None


def _facts(project: ProjectFacts) -> Iterator[str]:
    http = list(project.modules_mentioning(b"fastapi", b"starlette", b"APIRouter", b"Depends"))
    handlers = [handler.function for facts in http for handler in facts.handlers]
    dependencies = {function for facts in http for injected in facts.injections for function in injected.functions()}
    yield _found("applications", [_place(app.site) for app in project.apps])
    yield _found("route handlers", [f"{f.module.path}:{f.node.lineno}" for f in handlers])
    yield _found("dependencies", [f"{f.module.path}:{f.node.lineno}" for f in dependencies])
    yield _found("engines", [_place(engine.site) for engine in project.engines])
    yield _found("session factories", [_place(factory.site) for factory in project.session_factories])


def _found(name: str, places: Sequence[str]) -> str:
    return f"{name}: {len(places)}" + (f" ({_some(sorted(places))})" if places else "")


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _place(site: Site) -> str:
    return f"{site.module.path}:{site.node.lineno}"


def _range(pin: Pin | None) -> str:
    """The versions that a project allows, as text."""
    if pin is None:
        return "no version found in the project's files, so that only what holds for all is reported"
    if pin.highest == (*pin.lowest, 1):
        return _dotted(pin.lowest)
    below = "" if pin.highest == NEWEST else f", below {_dotted(pin.highest)}"
    return f"{_dotted(pin.lowest)} or newer{below}"


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))


def _configuration(options: argparse.Namespace) -> Iterator[str]:
    opinionated = [rule.code for rule in Plugin.rules if rule.opinionated]
    yield f"--adb-app: {options.adb_app}; --adb-include: {', '.join(options.adb_include) or 'none'}"
    yield f"rules: {plural(len(Plugin.rules), 'rule')} on; opinionated among them: {', '.join(opinionated) or 'none'}"
    for name in ("select", "extend_select", "ignore", "extend_ignore"):
        codes = [code for code in getattr(options, name) or () if code.startswith("A")]
        if codes:
            yield f"flake8's {name.replace('_', '-')}: {', '.join(codes)}"
