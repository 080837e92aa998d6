"""Listeners on connections: what they listen to, and which PRAGMAs they set."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.options import Options
from flake8_asyncdb.facts.tables import holds_foreign_keys
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.flow import block_path
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.scopes import is_function
from flake8_asyncdb.model.values import Bound, External, Literal, Site, Tri, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts
    from flake8_asyncdb.facts.engines import Engine

LISTEN = "sqlalchemy.event.listen"
LISTENS_FOR = "sqlalchemy.event.listens_for"
CONNECT_EVENTS = frozenset({"connect", "first_connect", "do_connect", "checkout"})
RUNNERS = (api.SESSION, api.CONNECTION, api.ASYNC_SESSION, api.ASYNC_CONNECTION)
GLOBAL_TARGETS = frozenset({api.ENGINE, "sqlalchemy.Pool", "sqlalchemy.pool.Pool"})
ANY = "*"
"""Stands for a PRAGMA, or for its value, that is only known when the program runs."""
_QUESTIONS = (ast.If, ast.IfExp, ast.Match, ast.ExceptHandler)
FOREIGN_KEYS_ON = ("on", "1", "true", "yes", ANY)
_PRAGMA = re.compile(r"\s*PRAGMA\s+(?:\w+\.)?(\w+)\s*(=|\()?\s*['\"]?([\w-]*)", re.IGNORECASE)


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

    @property
    def target_text(self) -> str:
        """The target as the code writes it."""
        node = Options(self.site, self.project.inference).get("target", 0).node
        return ast.unparse(node) if node is not None else "the target"

    @cached_property
    def target_site(self) -> Site | None:
        """The engine that it listens to, where that is a single one."""
        return next(iter(self._target_sites)) if len(self._target_sites) == 1 else None

    @cached_property
    def _target_sites(self) -> set[Site | None]:
        """The engines that it may listen to: several where they are made in branches."""
        return {instance.site for instance in instances(self.target)} if self.target is not None else set()

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
        listened = Options(self.site, self.project.inference).get("fn", 2).value
        if isinstance(parent, ast.Call) and parent.func is self.node and parent.args:
            listened = self.project.inference.value(parent.args[0], self.site.scope)
        return [m.function for m in members(listened) if isinstance(m, Bound)] if listened is not None else []

    @cached_property
    def pragmas(self) -> dict[str, str]:
        """The PRAGMAs that it sets, lower-case, with their values; `*` for what is only known when the program runs."""
        found: dict[str, str] = {}
        for function in self.functions:
            for reached in self.project.effects.reachable(function, lambda step: True):
                for node in ast.walk(reached.node):
                    if isinstance(node, ast.JoinedStr) and ast.unparse(node)[2:].upper().startswith("PRAGMA {"):
                        found[ANY] = ANY
                    for statement in self._text(node, reached).split(";"):
                        if match := _PRAGMA.match(statement):
                            name, value = match[1].lower(), match[3].lower() or (ANY if match[2] else "")
                            found[name] = value if found.get(name, value) == value else ANY
        return found

    def _text(self, node: ast.AST, function: Function) -> str:
        """A constant string, written out or by its name."""
        value: object = node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            named = self.project.inference.value(node, function.module.index.scope_at(node))
            value = named.value if isinstance(named, Literal) else None
        return value if isinstance(value, str) else ""

    @property
    def sets_pragmas(self) -> bool:
        """Whether it listens to new connections and sets PRAGMAs on them."""
        return self.event in CONNECT_EVENTS and bool(self.pragmas)

    @cached_property
    def shows_sqlite(self) -> bool:
        """Whether it sets PRAGMAs without a question first: what it listens to can only be SQLite."""
        bodies = [function.node for function in self.functions]
        if is_function(self.site.scope.owner.node):
            bodies.append(self.site.scope.owner.node)
        asks = any(isinstance(node, _QUESTIONS) for body in bodies for node in ast.walk(body))
        index = self.site.module.index
        around = block_path(index.statement_of(self.node), index)
        return self.sets_pragmas and not asks and not any(isinstance(block, _QUESTIONS) for block, _ in around)

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
            served = [engine for engine in self.project.engines if self.acts_on(engine) and engine.may_be_sqlite]
            return bool(served) and all(engine.is_async for engine in served)
        engine = self.engine
        if engine is None or engine.is_async or engine.is_wrapped_async:
            return False
        serving = [other for other in self.project.engines if other.site != engine.site]
        return bool(serving) and not self.project.is_used(engine.site)

    @property
    def is_on_async_object(self) -> bool:
        """Whether it listens to an AsyncEngine, AsyncSession or async_sessionmaker, which send no events."""
        if self.target is None:
            return False
        names = (api.ASYNC_ENGINE, api.ASYNC_SESSION, api.ASYNC_SESSIONMAKER)
        if self.project.inference.is_instance(self.target, *names) is Tri.YES:
            return True
        return self.project.inference.is_subclass(self.target, api.ASYNC_SESSION) is Tri.YES

    @property
    def better_target(self) -> str:
        """What to listen to instead of an async object."""
        is_engine = self.target is not None and (
            self.project.inference.is_instance(self.target, api.ASYNC_ENGINE) is Tri.YES
        )
        return "`engine.sync_engine`" if is_engine else "the `sync_session_class`, or `Session`"

    @property
    def missing_pragmas(self) -> list[str]:
        """The PRAGMAs that a SQLite file needs and the listener does not set."""
        missing = []
        pragmas: dict[str, str] = {}
        for listener in self.project.listeners:
            if listener.sets_pragmas and (listener.is_global or listener.target_site in (self.target_site, None)):
                pragmas |= listener.pragmas
        if ANY in pragmas:
            return []
        if pragmas.get("journal_mode") not in ("wal", ANY) and self._serves_a_file:
            missing.append("journal_mode=WAL")
        if pragmas.get("foreign_keys") not in FOREIGN_KEYS_ON and self._serves_foreign_keys:
            missing.append("foreign_keys=ON")
        return missing

    @property
    def _serves_a_file(self) -> bool:
        served = [engine for engine in self.project.engines if self.acts_on(engine)]
        return not served or any(engine.sqlite_file is not None or not engine.is_sqlite for engine in served)

    @property
    def _serves_foreign_keys(self) -> bool:
        """Whether it surely acts on tables with foreign keys; with a single engine or none, on all there are."""
        engines = self.project.engines
        served = [
            engine
            for engine in engines
            if (self.is_global or engine.site in self._target_sites) and engine.may_be_sqlite
        ]
        if not served and len(engines) <= 1:
            return bool(self.project.foreign_key_roots)
        return any(holds_foreign_keys(engine, self.project) for engine in served)

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


def is_in_wal_mode(engine: Engine, project: ProjectFacts) -> bool:
    """Whether the program may switch an engine's file to WAL by a statement: it stays so, for all connections."""
    return any(site.module is engine.site.module or _may_run_on(site, engine) for site in project.wal_switches)


def _may_run_on(site: Site, engine: Engine) -> bool:
    """Whether a method's object belongs to an engine, or is a session or connection of one that cannot be known."""
    assert isinstance(site.node.func, ast.Attribute)
    project = engine.project
    found = project.inference.value(site.node.func.value, site.scope)
    behind = {each for instance in instances(found) for each in project.engine_sites(instance)}
    return engine.site in behind or (not behind and project.inference.is_instance(found, *RUNNERS) is Tri.YES)


def wal_switches(module: ModuleFacts) -> Iterator[Site]:
    """The calls of a module, listeners left out, that execute `PRAGMA journal_mode=WAL`."""
    listening = {function for listener in module.project.listeners for function in listener.functions}
    for site in module.sites:
        if not isinstance(site.node.func, ast.Attribute) or not site.node.func.attr.startswith(("exec", "scalar")):
            continue
        statement = site.node.args[0] if site.node.args else None
        if isinstance(statement, ast.Call) and statement.args:
            statement = statement.args[0]
        text = statement.value if isinstance(statement, ast.Constant) else None
        match = _PRAGMA.match(text) if isinstance(text, str) else None
        if match is not None and (match[1].lower(), match[3].lower()) == ("journal_mode", "wal"):
            if module.module.enclosing_function(site.scope) not in listening:
                yield site


def may_act_on(listener: Listener, engine: Engine) -> bool:
    """Whether a listener may set PRAGMAs on an engine: on a target that cannot be known too."""
    return listener.sets_pragmas and (listener.target_site is None or listener.acts_on(engine))
