"""Listeners on connections: what they listen to, and which PRAGMAs they set."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.options import Options
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.values import Bound, External, Site, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts
    from flake8_asyncdb.facts.engines import Engine

LISTEN = "sqlalchemy.event.listen"
LISTENS_FOR = "sqlalchemy.event.listens_for"
CONNECT_EVENTS = frozenset({"connect", "first_connect", "do_connect", "checkout"})
GLOBAL_TARGETS = frozenset({api.ENGINE, "sqlalchemy.Pool", "sqlalchemy.pool.Pool"})
_PRAGMA = re.compile(r"\s*PRAGMA\s+(?:\w+\.)?(\w+)\s*(?:=\s*|\()?\s*([\w-]*)", re.IGNORECASE)


class Listener:
    """One `listens_for(target, name)` or `listen(target, name, fn)`."""

    def __init__(self, site: Site, event: str, project: ProjectFacts) -> None:
        self.site = site
        self.event = event
        self.project = project

    @property
    def node(self) -> ast.Call:
        return self.site.node

    @cached_property
    def target(self) -> Value | None:
        """What it listens to."""
        return Options(self.site, self.project.inference).get("target", 0).value

    @cached_property
    def target_site(self) -> Site | None:
        """The engine that it listens to, where that is a single one."""
        found = {instance.site for instance in instances(self.target)} if self.target is not None else set()
        return found.pop() if len(found) == 1 else None

    @property
    def is_global(self) -> bool:
        """Whether it listens to every engine."""
        return isinstance(self.target, External) and self.target.name in GLOBAL_TARGETS

    @cached_property
    def functions(self) -> list[Function]:
        """The functions that the event calls."""
        parent = self.site.module.index.parents.get(self.node)
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
            return [self.site.module.function(parent)]
        listened = Options(self.site, self.project.inference).get("fn", 2)
        if listened.value is None:
            return []
        return [member.function for member in members(listened.value) if isinstance(member, Bound)]

    @cached_property
    def pragmas(self) -> dict[str, str]:
        """The PRAGMAs that it sets, lower-case, with their values."""
        found: dict[str, str] = {}
        for function in self.functions:
            for reached in self.project.effects.reachable(function, lambda step: True):
                for node in ast.walk(reached.node):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        match = _PRAGMA.match(node.value)
                        if match:
                            found[match[1].lower()] = match[2].lower()
        return found

    @property
    def sets_pragmas(self) -> bool:
        """Whether it listens to new connections and sets PRAGMAs on them."""
        return self.event in CONNECT_EVENTS and bool(self.pragmas)

    @cached_property
    def is_gated_by_driver(self) -> bool:
        """Whether an `isinstance(connection, sqlite3.Connection)` decides: false under aiosqlite."""
        for function in self.functions:
            for site in sites(function):
                if self.project.inference.value(site.node.func, site.scope) == External("builtins.isinstance"):
                    classes = self.project.inference.value(site.node.args[-1], site.scope)
                    if classes == External("sqlite3.Connection"):
                        return True
        return False

    @cached_property
    def engine(self) -> Engine | None:
        """The engine fact of its target."""
        return self.project.engine_at(self.target_site) if self.target_site is not None else None

    @cached_property
    def is_inert(self) -> bool:
        """Whether it sets PRAGMAs that no connection in service ever gets."""
        if not self.sets_pragmas:
            return False
        if self.is_gated_by_driver:
            served = [engine for engine in self.project.engines if self.acts_on(engine)]
            return bool(served) and all(engine.is_async for engine in served)
        engine = self.engine
        if engine is None or engine.is_async or engine.is_wrapped_async:
            return False
        serving = [other for other in self.project.engines if other.site != engine.site]
        return bool(serving) and not self.project.is_used(engine.site, except_in=self.site)

    @property
    def inert_reason(self) -> str:
        """Why they reach nothing, and what to write instead."""
        if self.is_gated_by_driver:
            return "`isinstance(..., sqlite3.Connection)` is false under aiosqlite, test the dialect instead"
        serving = next((engine for engine in self.project.engines if engine.site != self.target_site), None)
        where = f" ({serving.where})" if serving is not None else ""
        return f"nothing but this listener uses its engine, listen to the serving one's `sync_engine`{where}"

    def acts_on(self, engine: Engine) -> bool:
        """Whether connections of an engine are announced to it."""
        return self.is_global or self.target_site == engine.site


def listeners(module: ModuleFacts) -> Iterator[Listener]:
    """The event listeners that a module registers."""
    for site in module.calls_to(LISTEN, LISTENS_FOR):
        event = Options(site, module.project.inference).get("identifier", 1)
        if event.node is not None and isinstance(event.node, ast.Constant):
            yield Listener(site, str(event.node.value), module.project)


def may_act_on(listener: Listener, engine: Engine) -> bool:
    """Whether a listener may set PRAGMAs on an engine: on a target that cannot be known too."""
    return listener.sets_pragmas and (listener.target_site is None or listener.acts_on(engine))
