"""One service, looked at as a whole: its facts, and the findings of its modules by row."""

from __future__ import annotations

import ast
import gc
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from flake8_asyncdb import analysis, catalog
from flake8_asyncdb.catalog import Finding, Row, Rule
from flake8_asyncdb.facts import ModuleFacts, ProjectFacts
from flake8_asyncdb.facts.engines import Engine
from flake8_asyncdb.facts.services import Service
from flake8_asyncdb.model.project import Function, Module, Project
from flake8_asyncdb.model.values import Site
from flake8_asyncdb.report.draft import plural
from flake8_asyncdb.report.table import Evidence, Side, shown

LONGEST_LINE = 200
_PASSWORD = re.compile(r"(://[^\s:/@]*:)[^\s@/]+@")


class Survey:
    """The modules of a service that count, below a directory of its project, with their facts and findings.

    `below` is the service's directory as a path below the project's root; empty for the root itself.
    """

    def __init__(self, root: Path, below: str = "") -> None:
        self.facts = ProjectFacts(Project(root))
        self.below = f"{below}/" if below else ""
        self._lines: dict[Module, list[str]] = {}
        self._too_deep: list[Module] = []

    @cached_property
    def files(self) -> list[Module]:
        """The service's Python files that can be read."""
        return [module for module in self.facts.project.modules() if self.holds(module)]

    @cached_property
    def modules(self) -> list[Module]:
        """The files that the rules look at: part of what runs, and near one of the libraries."""
        return [module for module in self.files if analysis.matters(module, self.facts.settings)]

    @property
    def unread(self) -> list[str]:
        """The files that this Python cannot parse, or whose code is nested too deeply; asked after the findings."""
        unread = [module for module in self.modules if _is_unparsed(module) or module in self._too_deep]
        return [shown(self.path_of(module)) for module in unread]

    def holds(self, module: Module) -> bool:
        """Whether a module of the project belongs to the service."""
        return module.path.startswith(self.below)

    def path_of(self, module: Module) -> str:
        """A module's path below the service's directory."""
        return module.path.removeprefix(self.below)

    @cached_property
    def findings(self) -> dict[Row, list[Evidence]]:
        """What the rules report, by row: the default rules, and for the general practices all there are."""
        rules = [rule for rule in catalog.all_rules().values() if not rule.opinionated or rule.row is Row.PRACTICES]
        found: dict[Row, list[Evidence]] = {row: [] for row in Row}
        for module in self.modules:
            for finding in self._run(rules, module):
                evidence = self.line(module, finding.line, finding.message, Side.BAD, finding.code)
                found[Row(int(finding.code[3]))].append(evidence)
        return found

    def _run(self, rules: list[Rule], module: Module) -> list[Finding]:
        try:
            return catalog.run(rules, self.facts.module(module))
        except RecursionError:
            self._too_deep.append(module)
            return []

    # -- what several rows ask for

    def module_facts(self) -> Iterator[ModuleFacts]:
        """The facts of each module."""
        for module in self.modules:
            yield self.facts.module(module)

    @cached_property
    def engines(self) -> list[Engine]:
        """The engines that the service makes."""
        return [engine for engine in self.facts.engines if self.holds(engine.site.module)]

    def services(self) -> Iterator[Service]:
        """The classes of the service that work on the database."""
        for facts in self.module_facts():
            yield from (service for service in facts.services if service.is_service)

    @cached_property
    def endpoints(self) -> list[Function]:
        """The handlers and dependencies of the service."""
        found: dict[Function, None] = {}
        for facts in self.module_facts():
            found.update((handler.function, None) for handler in facts.handlers)
            for injected in facts.injections:
                found.update((function, None) for function in injected.functions() if self.holds(function.module))
        return list(found)

    @cached_property
    def side_of_sync(self) -> Side:
        """What a sync engine, factory or call is that no finding speaks of: off the event loop, or unknown.

        It is known to be off the loop where nothing in the project is async, and where plain `def` handlers or
        dependencies, which run in threads, are seen to use the sync API.
        """
        if not self.facts.loop.entry_points:
            return Side.NEUTRAL
        effects = self.facts.effects
        for function in self.endpoints:
            if not function.is_async:
                for reached in effects.reachable(function, lambda step: not step.function.is_async):
                    if effects.sync_io(reached):
                        return Side.NEUTRAL
        return Side.UNKNOWN

    # -- evidence

    def first_of_each_module(
        self, nodes: Sequence[tuple[Module, ast.expr | ast.stmt]], noun: str, rest: str, side: Side
    ) -> Iterator[Evidence]:
        """The first of each module's nodes, with their number."""
        by_module: dict[Module, list[ast.expr | ast.stmt]] = {}
        for module, node in nodes:
            by_module.setdefault(module, []).append(node)
        for module, found in by_module.items():
            first = min(found, key=lambda node: node.lineno)
            yield self.on(module, first, f"{plural(len(found), noun)}{rest}", side)

    def at(self, site: Site, text: str, side: Side) -> Evidence:
        """Evidence at a call."""
        return self.on(site.module, site.node, text, side)

    def on(self, module: Module, node: ast.expr | ast.stmt | ast.arg, text: str, side: Side) -> Evidence:
        """Evidence at any node of a module."""
        return self.line(module, node.lineno, text, side)

    def mentions(self, *words: bytes) -> Iterator[tuple[Module, int]]:
        """The modules whose text holds any of the words, each with the first line that does."""
        for module in self.facts.project.mentioning(*words):
            if self.holds(module):
                first = min(position for word in words if (position := module.source.find(word)) >= 0)
                yield module, module.source.count(b"\n", 0, first) + 1

    def line(self, module: Module, line: int, text: str, side: Side, code: str | None = None) -> Evidence:
        """Evidence at a line of a module; `code` where it is a finding."""
        return Evidence(shown(self.path_of(module)), line, shown(text), side, code, self._source(module, line))

    def _source(self, module: Module, line: int) -> str:
        if module not in self._lines:
            self._lines[module] = module.source.decode("utf-8", "replace").split("\n")
        lines = self._lines[module]
        text = shown(lines[line - 1].strip()) if 0 < line <= len(lines) else ""
        text = _PASSWORD.sub(r"\1***@", text)
        return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"


def _is_unparsed(module: Module) -> bool:
    """Whether this Python cannot parse a file; one of comments alone has nothing in it either."""
    return not (module.is_parsed or module.is_of_this_python)


@contextmanager
def surveyed(root: Path, below: str = "") -> Iterator[Survey]:
    """Look at a service and forget it again: its trees are freed before the next one is read.

    The collector rests meanwhile, because nothing of the survey can be freed before its end.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    survey = Survey(root, below)
    try:
        yield survey
    finally:
        del survey
        if was_enabled:
            gc.enable()
