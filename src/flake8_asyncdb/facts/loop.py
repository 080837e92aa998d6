"""What runs on the event loop: the async entry points, and the engines that they reach."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts import injection, lifecycle
from flake8_asyncdb.facts.engines import engine_sites
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.scopes import Binding
from flake8_asyncdb.model.values import External, Instance, Site, instances

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

TO_THREAD = (
    External("anyio.to_thread.run_sync"),
    External("asyncio.to_thread"),
    External("fastapi.concurrency.run_in_threadpool"),
    External("starlette.concurrency.run_in_threadpool"),
)
HTTP_LIBRARIES = (b"fastapi", b"starlette", b"APIRouter", b"Depends", b"add_api_route")


class EventLoop:
    """The project's async entry points, and everything that they run on the loop's thread."""

    def __init__(self, project: ProjectFacts) -> None:
        self.project = project

    @cached_property
    def entry_points(self) -> list[Function]:
        """The async handlers, dependencies, middleware and lifespans of the project."""
        return [*self._serving, *self._lifespans]

    @cached_property
    def _serving(self) -> list[Function]:
        """The async handlers, dependencies and middleware."""
        found: dict[Function, None] = {}
        for facts in self._web_modules():
            found.update((handler.function, None) for handler in facts.handlers)
            for injected in facts.injections:
                found.update(dict.fromkeys(injected.functions()))
            found.update(dict.fromkeys(facts.middleware))
        return [function for function in found if function.is_async]

    @cached_property
    def _lifespans(self) -> list[Function]:
        apps = [app for facts in self._web_modules() for app in facts.apps]
        found = dict.fromkeys(function for app in apps for function in lifecycle.lifespans(app))
        return [function for function in found if function.is_async and function not in self._serving]

    def _web_modules(self) -> Iterator[ModuleFacts]:
        for module in self.project.project.mentioning(*HTTP_LIBRARIES):
            yield self.project.module(module)

    @cached_property
    def _sessions(self) -> list[Instance]:
        """The sync sessions, connections and engines that the loop's thread uses.

        A lifespan alone makes no async application: it runs while nobody waits, before handlers that may all be `def`.
        """
        served = self._used_by(self._serving)
        is_async = bool(served) or any(engine.is_async for engine in self.project.engines)
        return self._used_by(self.entry_points) if is_async else []

    def _used_by(self, entries: list[Function]) -> list[Instance]:
        found: dict[Instance, None] = {}
        seen: set[Function] = set()
        for entry in entries:
            for provision in injection.provisions(entry, self.project):
                if self._is_used_on_loop(provision.binding, entry):
                    found.update(dict.fromkeys(instances(provision.value)))
            for function in self.project.effects.reachable(entry, lambda step: step.function not in seen):
                seen.add(function)
                found.update((operation.receiver, None) for operation in self.project.effects.sync_io(function))
                for store in function.scope.attribute_stores:
                    found.update(dict.fromkeys(instances(self.project.inference.bound(store))))
                for site in sites(function):
                    if self.project.inference.value(site.node.func, site.scope) == External("sqlalchemy.inspect"):
                        for argument in site.node.args[:1]:
                            found.update(dict.fromkeys(instances(self.project.inference.value(argument, site.scope))))
        return [instance for instance in found if self._is_database(instance)]

    def _is_used_on_loop(self, parameter: Binding, function: Function) -> bool:
        """Whether a function takes a parameter for more than to hand it to a thread."""
        parents = function.module.index.parents
        uses = [parents.get(name) for name in function.scope.names if name.id == parameter.name]
        return not uses or any(
            not isinstance(use, ast.Call) or self.project.inference.value(use.func, function.scope) not in TO_THREAD
            for use in uses
        )

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
