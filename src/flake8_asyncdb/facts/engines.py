"""Engines: each call that makes one, with its URL, its options and what becomes of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.options import CallFact, Option, Options
from flake8_asyncdb.facts.urls import DatabaseUrl
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.flow import block_path
from flake8_asyncdb.model.project import Function, Module
from flake8_asyncdb.model.texts import speaks_of_sqlite
from flake8_asyncdb.model.values import External, Instance, Method, Site, Tri, Tuple, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

UNPOOLED = frozenset({"sqlalchemy.pool.NullPool", "sqlalchemy.pool.StaticPool", "sqlalchemy.pool.AssertionPool"})


SYNC_POOLS = ("sqlalchemy.pool.QueuePool", "sqlalchemy.pool.SingletonThreadPool")
DESCRIPTIONS = ("dialect", "driver", "name", "url")
"""Attributes of an engine that tell what it is, and need no connection."""
ASYNCPG_REFUSES = ("sslmode", "channel_binding")


class Engine(CallFact):
    """One `create_engine` or `create_async_engine` call."""

    @property
    def call_name(self) -> str:
        """The function that makes it, as a message names it."""
        return self.callee.rpartition(".")[2]

    @property
    def where(self) -> str:
        """Its file and line, for messages."""
        return f"{self.site.module.path}:{self.node.lineno}"

    @property
    def is_async(self) -> bool:
        """Whether it is an AsyncEngine."""
        return self.callee in api.ASYNC_ENGINE_CALLS

    @property
    def serves_async(self) -> bool:
        """Whether it is an AsyncEngine, or the inside of one."""
        return self.is_async or self.is_wrapped_async

    @property
    def url_name(self) -> str:
        """The URL argument as the code names it; what is written out is left out, since it may hold a password."""
        if self.url_node is None or any(isinstance(n, ast.Constant | ast.JoinedStr) for n in ast.walk(self.url_node)):
            return "..."
        return ast.unparse(self.url_node)

    @property
    def function(self) -> Function | None:
        """The function that makes it; None at module or class level."""
        return self.site.module.enclosing_function(self.site.scope)

    @cached_property
    def url_node(self) -> ast.expr | None:
        """The URL argument."""
        return self.options.get("url", 0).node if "from_config" not in self.callee else None

    @cached_property
    def urls(self) -> list[DatabaseUrl]:
        """What the URL can be where the engine is made; an unknown one is among them as an empty text."""
        if self.url_node is None:
            return []
        texts = self.project.texts.at(self.url_node, self.site.scope)
        return [DatabaseUrl(text) for text in sorted(texts, key=lambda t: (t.prefix, t.exact))]

    @property
    def is_sqlite(self) -> bool:
        """Certainly SQLite, by a known URL or by the branch it is made in."""
        return bool(self.urls) and all(url.is_sqlite for url in self.urls)

    @property
    def may_be_sqlite(self) -> bool:
        """Whether one of its URLs is SQLite's, or not known."""
        return not self.urls or any(url.is_sqlite or url.dialect is None for url in self.urls)

    @property
    def target_text(self) -> str:
        """What it is assigned to, as the code writes it."""
        parent = self.site.module.index.parents.get(self.node)
        return ", ".join(ast.unparse(target) for target in parent.targets) if isinstance(parent, ast.Assign) else ""

    @property
    def is_in_process(self) -> bool:
        """Whether its database surely has no server: SQLite, by URL, PRAGMAs or the driver's argument, or DuckDB."""
        if self._is_for_sqlite_driver or self._branch_is_for_sqlite is Tri.YES:
            return True
        if any(listener.target_site == self.site and listener.shows_sqlite for listener in self.project.listeners):
            return True
        return bool(self.urls) and all(url.is_sqlite or url.dialect == "duckdb" for url in self.urls)

    @cached_property
    def _branch_is_for_sqlite(self) -> Tri:
        """What the conditions around it say of SQLite, whatever they ask: `if settings.dialect == "sqlite"`."""
        index = self.site.module.index
        for block, part in block_path(index.statement_of(self.node), index):
            if isinstance(block, ast.If) and part in ("body", "orelse"):
                answer = speaks_of_sqlite(block.test)[part == "orelse"]
                if answer is not Tri.UNKNOWN:
                    return answer
        return Tri.UNKNOWN

    @property
    def _is_for_sqlite_driver(self) -> bool:
        """Whether it gives its driver `check_same_thread`, which every other one refuses."""
        option = self.options.get("connect_args")
        given = self.options.dict_literal(option.node) if option.node is not None else None
        keys = given.keys if given is not None else []
        return any(isinstance(key, ast.Constant) and key.value == "check_same_thread" for key in keys)

    @property
    def sqlite_file(self) -> DatabaseUrl | None:
        """A SQLite file that it may be made on."""
        if self._branch_is_for_sqlite is Tri.NO:
            return None
        return next((url for url in self.urls if url.is_sqlite_file), None)

    @property
    def pool(self) -> Option:
        """Its `poolclass`."""
        return self.options.get("poolclass")

    def has_pool(self, *names: str) -> bool:
        """Whether its pool is certainly one of these classes."""
        return isinstance(self.pool.value, External) and self.pool.value.name in names

    def pool_may_be(self, names: frozenset[str]) -> bool:
        """Whether its pool is one of these classes, or one that cannot be known."""
        if self.pool.is_absent or self.pool.is_none:
            return not self.options.get("pool").is_absent
        known = isinstance(self.pool.value, External) and self.pool.value.name.startswith("sqlalchemy.")
        return not known or self.has_pool(*names)

    def url_for_sync_driver(self) -> DatabaseUrl | None:
        """A URL that it may be made with whose driver is surely sync, by the project's SQLAlchemy where it matters."""
        for url in self.urls:
            default = url.dialect == "postgresql" and url.driver is None and self.project.sqlalchemy_is_below((2, 1))
            if url.scheme and not url.is_postgres_alias and (url.is_async is Tri.NO or default):
                return url
        return None

    @property
    def has_creator(self) -> bool:
        """Whether a `creator`, `async_creator` or `module` makes the driver of the URL irrelevant."""
        return not all(self.options.get(name).is_absent for name in ("creator", "async_creator", "module"))

    def refused_pool(self) -> str | None:
        """A pool class for threads that an async engine gets, on one path at least."""
        for member in members(self.pool.value) if self.pool.value is not None else ():
            if isinstance(member, External) and member.name in SYNC_POOLS:
                return member.name.rpartition(".")[2]
        return None

    @property
    def is_pooled(self) -> bool:
        """Whether connections certainly stay in a pool: no other pool class or unknown option says otherwise."""
        return self.pool.is_absent or self.has_pool(
            "sqlalchemy.pool.QueuePool", "sqlalchemy.pool.AsyncAdaptedQueuePool"
        )

    @cached_property
    def is_disposed_in_place(self) -> bool:
        """Whether the function that makes it also disposes of it, or leaves it to a `with`."""
        if self.function is None:
            return False
        return any(
            isinstance(member, Method) and member.name == "dispose" and member.receiver.site == self.site
            for site in sites(self.function)
            for member in members(self.project.inference.value(site.node.func, site.scope))
        )

    @cached_property
    def is_wrapped_async(self) -> bool:
        """Whether it is only the inside of an `AsyncEngine(...)`."""
        parent = self.site.module.index.parents.get(self.node)
        if isinstance(parent, ast.keyword):
            parent = self.site.module.index.parents.get(parent)
        if isinstance(parent, ast.Call) and parent is not self.node:
            called = self.project.inference.value(parent.func, self.site.scope)
            return called == External(api.ASYNC_ENGINE)
        return any(
            made.site == self.site
            for around in self.project.module(self.site.module).calls_to(api.ASYNC_ENGINE)
            for argument in around.node.args[:1]
            for made in instances(self.project.inference.value(argument, around.scope))
        )

    @cached_property
    def is_kept(self) -> bool:
        """Whether it outlives the call that makes it: stored on an object, in a global, a cache or the application."""
        if self.function is None or (self.function.node.decorator_list and self.project.is_cached(self.function)):
            return True
        if self.function.name == "__init__":
            return True
        parents = self.site.module.index.parents
        parent = parents.get(self.node)
        while isinstance(parent, ast.IfExp | ast.Call | ast.keyword | ast.NamedExpr):
            parent = parents.get(parent)
        targets = parent.targets if isinstance(parent, ast.Assign) else []
        if isinstance(parent, ast.AnnAssign):
            targets = [parent.target]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if any(not isinstance(target, ast.Name) for target in targets):
            return True
        return any(self._is_stored(name) for name in names)

    def _is_stored(self, name: str) -> bool:
        """Whether a local name is a global one, or is assigned on to something that stays."""
        assert self.function is not None
        if name in self.function.scope.global_names | self.function.scope.nonlocal_names:
            return True
        parents = self.site.module.index.parents
        for use in self.function.scope.names:
            if use.id == name and isinstance(use.ctx, ast.Load):
                around = parents.get(use)
                if isinstance(around, ast.Assign) and any(not isinstance(t, ast.Name) for t in around.targets):
                    return True
        return any(isinstance(s.value, ast.Name) and s.value.id == name for s in self.function.scope.attribute_stores)

    @cached_property
    def is_made_per_request(self) -> bool:
        """Whether a handler or dependency makes it anew each time, itself or through a function only they call."""
        if (
            self.function is None
            or self.is_kept
            or self.is_disposed_in_place
            or self.has_pool("sqlalchemy.pool.NullPool")
        ):
            return False
        return self.project.runs_for_requests_only(self.function)

    @cached_property
    def is_never_connected(self) -> bool:
        """Whether the program reads no more of it than its dialect or URL."""
        parent = self.site.module.index.parents.get(self.node)
        target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
        if self.function is not None or not isinstance(target, ast.Name):
            return False
        return all(
            self._only_reads(module, target.id) for module in self.project.project.mentioning(target.id.encode())
        )

    def _only_reads(self, module: Module, name: str) -> bool:
        """Whether a module takes nothing from what it knows by the engine's name but what connects nothing."""
        imports = [alias for scope in module.index.scopes.values() for node in scope.imports for alias in node.names]
        names = {name} | {alias.asname for alias in imports if alias.asname and alias.name == name}
        for node, parent in module.index.parents.items():
            is_named = isinstance(node, ast.Name) and node.id in names and isinstance(node.ctx, ast.Load)
            is_attribute = isinstance(node, ast.Attribute) and node.attr == name
            if is_named or is_attribute:
                if not isinstance(parent, ast.Attribute) or parent.attr not in DESCRIPTIONS:
                    return False
        return True

    @cached_property
    def stays_local(self) -> bool:
        """Whether nothing outside the function that makes it can ever see it."""
        if self.function is None or self.is_kept:
            return False
        scope = self.function.scope
        returned = [node.value for node in (*scope.returns, *scope.yields) if node.value is not None]
        values = [self.project.inference.value(node, scope) for node in returned]
        return not any(instance.site == self.site for instance in _instances_in(values))

    @cached_property
    def is_used_in_place(self) -> bool:
        """Whether the function that makes it does no more than call methods of it: nothing else ever has it."""
        if self.function is None or not self.stays_local:
            return False
        parents = self.site.module.index.parents
        match parents.get(self.node):
            case ast.Assign(targets=[ast.Name(id=name)]):
                uses = [node for node in ast.walk(self.function.node) if isinstance(node, ast.Name) and node.id == name]
                return all(isinstance(n.ctx, ast.Store) or isinstance(parents.get(n), ast.Attribute) for n in uses)
            case parent:
                return isinstance(parent, ast.Attribute)

    def pooling_arguments(self) -> list[str]:
        """The pool arguments that its pool class refuses."""
        if not self.has_pool("sqlalchemy.pool.NullPool", "sqlalchemy.pool.StaticPool"):
            return []
        return [name for name in ("pool_size", "max_overflow", "pool_timeout") if self.options.get(name).is_present]

    def refused_parameters(self) -> list[str]:
        """The parameters in its URL that asyncpg does not know."""
        texts = [url.text.prefix for url in self.urls if url.driver == "asyncpg"]
        return [name for name in ASYNCPG_REFUSES if any(f"{name}=" in text for text in texts)]

    @cached_property
    def masked_url(self) -> bool:
        """Whether its URL is the text of a URL object, in which SQLAlchemy hides the password."""
        node = self.url_node
        if self.urls and all(url.is_sqlite for url in self.urls):
            return False
        if isinstance(node, ast.Name):
            bindings = self.project.inference.find_bindings(node.id, self.site.scope, node)
            node = bindings[0].value if len(bindings) == 1 and not bindings[0].path else node
        if isinstance(node, ast.Call):
            if self.project.inference.value(node.func, self.site.scope) == External("builtins.str") and node.args:
                return self._is_url_object(node.args[0])
            if isinstance(node.func, ast.Attribute) and node.func.attr == "render_as_string":
                shown = any(k.arg == "hide_password" for k in node.keywords) or bool(node.args)
                return not shown and self._is_url_object(node.func.value)
        if isinstance(node, ast.JoinedStr):
            parts = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
            return any(self._is_url_object(part) for part in parts)
        return False

    def _is_url_object(self, node: ast.expr) -> bool:
        value = self.project.inference.value(node, self.site.scope)
        if isinstance(value, Method):
            owner = self.project.inference.is_subclass(value.receiver.cls, api.ENGINE, api.ASYNC_ENGINE)
            return value.name == "url" and owner is Tri.YES
        return self.project.inference.is_instance(value, "sqlalchemy.URL") is Tri.YES

    @property
    def is_listened_only(self) -> bool:
        """Whether nothing but an event listener uses it."""
        return any(listener.target_site == self.site and listener.is_inert for listener in self.project.listeners)

    @property
    def feeds_event_loop(self) -> bool:
        """Whether an async entry point reaches a session or connection of it."""
        return self.site in self.project.loop.engines


def _instances_in(values: list[Value]) -> Iterator[Instance]:
    """The objects among some values and in their tuples."""
    pending = list(values)
    for value in pending:
        for member in members(value):
            if isinstance(member, Tuple):
                pending += member.items
            elif isinstance(member, Instance):
                yield member


def engine_sites(value: Instance, project: ProjectFacts) -> set[Site]:
    """The engines behind a session, a connection, a factory or an engine."""
    found: set[Site] = set()
    pending, seen = [value], {value}
    while pending:
        current = pending.pop()
        if project.inference.is_subclass(current.cls, api.ENGINE, api.ASYNC_ENGINE) is Tri.YES and current.site:
            found.add(current.site)
        for source in _bound_to(current, project):
            for member in instances(source):
                if member not in seen:
                    seen.add(member)
                    pending.append(member)
    return found


def _bound_to(value: Instance, project: ProjectFacts) -> Iterator[Value]:
    """What a value comes from: its source, or else its `bind`; and the `bind` of each later `configure()`."""
    if value.source is not None:
        yield value.source
    if value.site is None or not isinstance(value.cls, External):
        return
    binds = [Options(site, project.inference).get("bind") for site in project.configurations.get(value.site, ())]
    if value.source is None:
        binds.append(Options(value.site, project.inference).get("bind", 0))
    for bind in binds:
        if bind.value is not None:
            yield bind.value
