"""What runs on the event loop: the async entry points, and the engines that they reach."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts import injection, lifecycle
from flake8_asyncdb.facts.engines import engine_sites
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import is_sync_io, sites
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.values import External, Instance, Site, instances

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

HTTP_LIBRARIES = (b"fastapi", b"starlette", b"APIRouter", b"Depends", b"add_api_route")


class EventLoop:
    """The project's async entry points, and everything that they run on the loop's thread."""

    def __init__(self, project: ProjectFacts) -> None:
        self.project = project

    @cached_property
    def entry_points(self) -> list[Function]:
        """The async handlers, dependencies, middleware and lifespans of the project."""
        found: dict[Function, None] = {}
        for module in self.project.project.mentioning(*HTTP_LIBRARIES):
            found.update(dict.fromkeys(self._entries(module)))
        return [function for function in found if function.is_async]

    def _entries(self, module) -> Iterator[Function]:  # type: ignore[no-untyped-def]
        facts = self.project.module(module)
        for handler in facts.handlers:
            yield handler.function
        for injected in facts.injections:
            yield from injected.functions()
        yield from facts.middleware
        for app in facts.apps:
            yield from lifecycle.lifespans(app)

    @cached_property
    def _sessions(self) -> list[Instance]:
        """The sync sessions, connections and engines that the loop's thread uses."""
        found: dict[Instance, None] = {}
        seen: set[Function] = set()
        for entry in self.entry_points:
            for provision in injection.provisions(entry, self.project):
                found.update(dict.fromkeys(instances(provision.value)))
            for function in self.project.effects.reachable(entry, lambda step: step.function not in seen):
                seen.add(function)
                for operation in self.project.effects.operations(function):
                    if is_sync_io(operation):
                        found[operation.receiver] = None
                for store in function.scope.attribute_stores:
                    found.update(dict.fromkeys(instances(self.project.inference.bound(store))))
                for site in sites(function):
                    if self.project.inference.value(site.node.func, site.scope) == External("sqlalchemy.inspect"):
                        for argument in site.node.args[:1]:
                            found.update(dict.fromkeys(instances(self.project.inference.value(argument, site.scope))))
        return [instance for instance in found if self._is_database(instance)]

    def _is_database(self, instance: Instance) -> bool:
        wanted = (api.SESSION, api.CONNECTION, api.ENGINE, api.SCOPED_SESSION)
        return self.project.inference.is_subclass(instance.cls, *wanted).value == "yes"

    @cached_property
    def engines(self) -> set[Site]:
        """The sync engines whose sessions or connections the loop's thread uses."""
        found: set[Site] = set()
        for instance in self._sessions:
            behind = engine_sites(instance, self.project)
            found |= behind or self._only_engine()
        return found

    def _only_engine(self) -> set[Site]:
        """The project's engine, when there is a single sync one that a session of unknown origin must come from."""
        engines = [engine for engine in self.project.engines if not engine.is_async and not engine.is_used_in_place]
        return {engine.site for engine in engines} if len(engines) == 1 else set()

    @cached_property
    def factories(self) -> set[Site]:
        """The factories of those sessions."""
        found: set[Site] = set()
        for instance in self._sessions:
            source = instance.source
            while isinstance(source, Instance):
                if source.site is not None:
                    found.add(source.site)
                source = source.source
        return found
