"""Engines: each call that makes one, with its URL, its options and what becomes of it."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.options import Option, Options
from flake8_asyncdb.facts.urls import DatabaseUrl
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.values import External, Instance, Method, Site, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

UNPOOLED = frozenset({"sqlalchemy.pool.NullPool", "sqlalchemy.pool.StaticPool", "sqlalchemy.pool.AssertionPool"})


class Engine:
    """One `create_engine` or `create_async_engine` call."""

    def __init__(self, site: Site, callee: str, project: ProjectFacts) -> None:
        self.site = site
        self.callee = callee
        self.project = project
        self.options = Options(site, project.inference)

    @property
    def node(self) -> ast.Call:
        return self.site.node

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
    def sqlite_file(self) -> DatabaseUrl | None:
        """A SQLite file that it may be made on."""
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
        return not isinstance(self.pool.value, External) or self.pool.value.name in names

    @property
    def has_creator(self) -> bool:
        """Whether a `creator`, `async_creator` or `module` makes the driver of the URL irrelevant."""
        return not all(self.options.get(name).is_absent for name in ("creator", "async_creator", "module"))

    @property
    def is_pooled(self) -> bool:
        """Whether connections certainly stay in a pool: no other pool class, creator or unknown option says otherwise."""
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
            instance.cls == External(api.ASYNC_ENGINE) and instance.site is not None
            for call in self._calls_around()
            for instance in instances(self.project.inference.value(call, self.site.scope))
            if any(
                made.site == self.site
                for argument in call.args[:1]
                for made in instances(self.project.inference.value(argument, self.site.scope))
            )
        )

    def _calls_around(self) -> list[ast.Call]:
        return [call for call in self.site.scope.owner.calls if call is not self.node and call.args]

    @property
    def is_listened_only(self) -> bool:
        """Whether nothing but an event listener uses it."""
        return any(listener.target_site == self.site and listener.is_inert for listener in self.project.listeners)

    @property
    def feeds_event_loop(self) -> bool:
        """Whether an async entry point reaches a session or connection of it."""
        return self.site in self.project.loop.engines


def engine_sites(value: Instance, project: ProjectFacts) -> set[Site]:
    """The engines behind a session, a connection, a factory or an engine."""
    found: set[Site] = set()
    pending, seen = [value], {value}
    while pending:
        current = pending.pop()
        if project.inference.is_subclass(current.cls, api.ENGINE, api.ASYNC_ENGINE).value == "yes" and current.site:
            found.add(current.site)
        sources = [current.source] if current.source is not None else _bound_to(current, project)
        for source in sources:
            for member in instances(source):
                if member not in seen:
                    seen.add(member)
                    pending.append(member)
    return found


def _bound_to(value: Instance, project: ProjectFacts) -> list:  # type: ignore[type-arg]
    if value.site is None or not isinstance(value.cls, External):
        return []
    options = Options(value.site, project.inference)
    bind = options.get("bind", 0)
    return [bind.value] if bind.value is not None else []
