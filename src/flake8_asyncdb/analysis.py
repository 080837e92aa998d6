"""Holds one file against the rules: finds its project, skips what cannot matter, runs the checks."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flake8_asyncdb import syntax
from flake8_asyncdb.catalog import Finding, Rule, run
from flake8_asyncdb.facts import ProjectFacts, Settings
from flake8_asyncdb.model.project import Module, Project, find_root

_projects: dict[tuple[Path, Settings], ProjectFacts] = {}


def analyze(path: Path, tree: ast.Module, source: bytes, rules: list[Rule], settings: Settings) -> list[Finding]:
    """The findings of one file, given its tree and text as an editor or flake8 holds them."""
    with _collector_paused():
        return _findings(module_for(path, source, settings, tree), rules, settings)


def analyze_file(path: Path, rules: list[Rule], settings: Settings) -> list[Finding] | None:
    """The findings of one file as the disk holds it: none where it cannot be read, None where this Python, and so
    flake8, cannot parse it.
    """
    with _collector_paused():
        try:
            module = module_for(path, None, settings)
        except OSError:
            return []
        return _findings(module, rules, settings) if module is None or module.is_of_this_python else None


def _findings(module: Module | None, rules: list[Rule], settings: Settings) -> list[Finding]:
    if module is None:
        return []
    try:
        return run(rules, facts_of(module, settings).module(module))
    except RecursionError:
        return []


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the collector from the trees and values of the project, which live as long as the process.

    They are made by the hundred thousand: collecting meanwhile would double the time, and walking
    them again with every later collection of flake8's own would cost as much as all of the analysis.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def module_for(path: Path, source: bytes | None, settings: Settings, tree: ast.Module | None = None) -> Module | None:
    """The file as a module of its project; None when no rule can have anything to say about it.

    `source` and `tree` are what an editor or flake8 holds; without them the file is read, which may raise OSError.
    """
    absolute = Path.cwd() / path
    root = find_root(absolute.parent)
    relative = absolute.relative_to(root).as_posix()
    key = (root, settings)
    facts = _projects.get(key)
    if facts is not None and source is not None:
        known = facts.project.known(relative)
        if known is not None and not _is_text_of(known, source):
            facts = None
            gc.unfreeze()
    if facts is None:
        facts = _projects[key] = ProjectFacts(Project(root), settings)
    if facts.project.leaves_out(relative):
        return None
    module = facts.project.known(relative) if source is not None else facts.project.module(relative)
    if module is None:
        module = facts.project.put(relative, absolute.read_bytes() if source is None else source, tree)
    elif tree is not None:
        module.offer(tree)
    return module if matters(module, settings) else None


def _is_text_of(module: Module, source: bytes) -> bool:
    """Whether a text is the module's, which flake8 hands over without its encoding and line ends."""
    return module.source == source or syntax.text(module.source) == source.decode(errors="replace")


def forget() -> None:
    """Read every project anew from now on: for processes that outlive changes on disk."""
    _projects.clear()


def facts_of(module: Module, settings: Settings) -> ProjectFacts:
    """The facts of a module's project."""
    return _projects[module.project.root, settings]


def matters(module: Module, settings: Settings) -> bool:
    """Whether the rules look at a module: it is part of what runs, or included, and near one of the libraries."""
    if module.is_migration:
        counts = "migrations" in settings.include
    else:
        counts = not module.is_test or "tests" in settings.include
    return counts and (module.mentions_libraries or module.project.reaches_libraries(module))
