"""Database work that runs on the event loop, on its own or through the functions that are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb import syntax
from flake8_asyncdb.facts.closing import is_main_guarded
from flake8_asyncdb.model import api
from flake8_asyncdb.model.api_tables import COROUTINES
from flake8_asyncdb.model.effects import Operation, Step, Witness, sites
from flake8_asyncdb.model.inference import external_bases
from flake8_asyncdb.model.project import Function
from flake8_asyncdb.model.scopes import Scope, arguments
from flake8_asyncdb.model.values import UNKNOWN, External, Instance, Method, Site, Tri, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

SHOWN_FUNCTIONS = 4
RUNNERS = frozenset({"asyncio.run", "asyncio.runners.run", "anyio.run"})


class BlockingCall(NamedTuple):
    """A call in an async function that does sync database work somewhere below."""

    node: ast.expr
    function: Function
    witness: Witness

    @property
    def chain(self) -> str:
        """The way to the database, short enough for a line."""
        return told(self.witness)


def blocking_calls(module: ModuleFacts) -> Iterator[BlockingCall]:
    """The calls by which the async functions of a module block the event loop; once for each function and callee."""
    project = module.project
    for function in module.module.functions:
        if not function.is_async:
            continue
        bound = module.session_bindings(function)
        reported = {each.name for each in bound}
        made = [each.value for each in bound]
        seen: set[Function] = set()
        for step in project.effects.steps_on_the_spot(function):
            if step.function in seen or step.node in made or _receives(step, reported):
                continue
            witness = project.effects.blocking_at(step)
            if witness is not None:
                seen.add(step.function)
                yield BlockingCall(step.node, function, witness)


def _receives(step: Step, names: set[str]) -> bool:
    """Whether a call is given, or is one of, a session whose binding is a finding already."""
    if not names or not isinstance(step.node, ast.Call):
        return False
    given = arguments(step.node)
    if isinstance(step.node.func, ast.Attribute):
        given.append(step.node.func.value)
    return any(syntax.unparse(node) in names for node in given)


class SyncConnection(NamedTuple):
    """A sync connection opened on the event loop."""

    node: ast.Call
    function: Function
    call: str


def sync_connections(module: ModuleFacts) -> Iterator[SyncConnection]:
    """The sync connections that the async functions of a module open themselves."""
    methods = module.calls_of(*api.METADATA_IO, *api.ENGINE_IO)
    functions = module.calls_to(*api.DRIVER_CONNECTS, "sqlalchemy.inspect")
    for site in dict.fromkeys([*methods, *functions]):
        function = module.module.enclosing_function(site.scope)
        if function is not None and function.is_async and _connects(site, module.project):
            yield SyncConnection(site.node, function, ast.unparse(site.node.func))


def _connects(site: Site, project: ProjectFacts) -> bool:
    found = members(project.inference.value(site.node.func, site.scope))
    return bool(found) and all(_is_connect(member, site, project) for member in found)


def _is_connect(member: object, site: Site, project: ProjectFacts) -> bool:
    if isinstance(member, External):
        if member.name in api.DRIVER_CONNECTS:
            return True
        return member.name == "sqlalchemy.inspect" and _is_sync_engine(site.node.args[:1], site.scope, project)
    if not isinstance(member, Method) or not isinstance(member.receiver.cls, External):
        return False
    if member.receiver.cls.name == api.METADATA:
        given = [*site.node.args[:1], *(k.value for k in site.node.keywords if k.arg == "bind")]
        return member.name in api.METADATA_IO and _is_sync_engine(given, site.scope, project)
    return member.receiver.cls.name == api.ENGINE and member.name in api.ENGINE_IO


def _is_sync_engine(nodes: list[ast.expr], scope: Scope, project: ProjectFacts) -> bool:
    return any(
        project.inference.is_instance(project.inference.value(node, scope), api.ENGINE) is Tri.YES for node in nodes
    )


# -- work that happens while modules are imported


class ImportTimeIO(NamedTuple):
    """A statement at module level that talks to the database."""

    node: ast.expr
    how: str


def import_time_io(module: ModuleFacts) -> Iterator[ImportTimeIO]:
    """The calls at the top level of an application's module that do database I/O; one for each statement."""
    project = module.project
    index = module.module.index
    seen: set[ast.AST] = set()
    for node, how in _module_level_io(module.module.scope, project):
        is_told = any(index.is_inside(node, statement) for statement in seen)
        if not is_told and not is_main_guarded(node, module.module):
            seen.add(index.statement_of(node))
            yield ImportTimeIO(node, how)


def _module_level_io(scope: Scope, project: ProjectFacts) -> Iterator[tuple[ast.expr, str]]:
    for operation in project.effects.sync_io_in(scope):
        yield operation.site.node, f"`{operation.name}`"
    for step in project.effects.steps_in(scope):
        if project.effects.runs_at_once(step):
            witness = project.effects.blocking_at(step)
            if witness is not None:
                yield step.node, f"{told(witness)} ({witness.operation.where})"
        elif step.function.is_async and is_run(step, project):
            awaited = async_operation(step.function, project)
            if awaited is not None:
                yield step.node, f"`{step.function.qualname}` -> `{awaited.name}` ({awaited.where})"


def told(witness: Witness) -> str:
    """The functions on the way to the database and what is called there; the middle of a long way is left out."""
    names = [f"`{function.qualname}`" for function in islice(witness.functions(), SHOWN_FUNCTIONS + 1)]
    if len(names) > SHOWN_FUNCTIONS:
        names = [*names[: SHOWN_FUNCTIONS - 2], "...", f"`{witness.last.qualname}`"]
    return " -> ".join([*names, f"`{witness.operation.name}`"])


def is_run(step: Step, project: ProjectFacts) -> bool:
    """Whether a coroutine is handed to something that runs it to its end: `asyncio.run`, `run_until_complete`."""
    parent = step.scope.module.index.parents.get(step.node)
    if not isinstance(parent, ast.Call):
        return False
    return is_runner(parent, step.scope, project)


def is_runner(call: ast.Call, scope: Scope, project: ProjectFacts) -> bool:
    """Whether a call runs an event loop until its argument is done."""
    value = project.inference.value(call.func, scope)
    if isinstance(value, External):
        return value.name in RUNNERS
    return isinstance(call.func, ast.Attribute) and call.func.attr == "run_until_complete"


def async_operation(function: Function, project: ProjectFacts) -> Operation | None:
    """An awaited database call that running a coroutine function leads to."""
    for reached in project.effects.reachable(function, lambda step: True):
        for operation in project.effects.operations(reached):
            cls = operation.receiver.cls
            bases = list(external_bases(cls.name)) if isinstance(cls, External) else []
            if any(operation.method in COROUTINES.get(name, ()) for name in bases):
                return operation
            if any(name == api.ASYNC_ENGINE for name in bases) and operation.method in ("begin", "connect"):
                return operation
    return None


# -- event loops started where one runs, or again and again


class NestedLoop(NamedTuple):
    """A `run` of a database coroutine where an event loop is running already."""

    node: ast.Call
    function: Function
    call: str
    coroutine: str


def nested_loops(module: ModuleFacts) -> Iterator[NestedLoop]:
    """The runs of database coroutines directly in a module's async functions."""
    project = module.project
    for site in dict.fromkeys([*module.calls_to(*sorted(RUNNERS)), *module.calls_of("run_until_complete")]):
        function = module.module.enclosing_function(site.scope)
        if function is None or not function.is_async:
            continue
        for argument in site.node.args:
            called = project.inference.value(argument.func, site.scope) if isinstance(argument, ast.Call) else UNKNOWN
            for run in project.effects.called(called):
                if run.is_async and async_operation(run, project):
                    yield NestedLoop(site.node, function, ast.unparse(site.node.func), run.name)


class LoopPerTask(NamedTuple):
    """A worker's task that runs a coroutine in a new event loop, on an engine that outlives the loop."""

    node: ast.Call
    function: Function
    engine: Site

    @property
    def where(self) -> str:
        """The engine's file and line."""
        return f"{self.engine.module.path}:{self.engine.node.lineno}"


def loops_per_task(module: ModuleFacts) -> Iterator[LoopPerTask]:
    """The tasks of a module that use a pooled async engine of a module in a new event loop at every run."""
    project = module.project
    for function in module.module.functions:
        if function.is_async or not is_worker_task(function, project):
            continue
        for step in project.effects.steps(function):
            if not step.function.is_async or not is_run(step, project):
                continue
            engine = _kept_engine(step.function, project)
            call = module.module.index.parents[step.node]
            if engine is not None and isinstance(call, ast.Call):
                yield LoopPerTask(call, function, engine)


def is_worker_task(function: Function, project: ProjectFacts) -> bool:
    """Whether a function is a task of Celery, RQ, Dramatiq, Huey or APScheduler."""
    for node in function.node.decorator_list:
        called = node.func if isinstance(node, ast.Call) else node
        value = project.inference.value(called, function.outer)
        for member in members(value):
            name = member.name if isinstance(member, External | Method) else ""
            last = name.rpartition(".")[2]
            if last in ("task", "shared_task", "actor", "job", "scheduled_job", "periodic_task", "db_task"):
                return True
    return False


def _kept_engine(start: Function, project: ProjectFacts) -> Site | None:
    """A pooled async engine of a module that a coroutine uses and does not dispose of."""
    found: Site | None = None
    for function in project.effects.reachable(start, lambda step: True):
        for operation in project.effects.operations(function):
            if operation.method == "dispose":
                return None
            for site in project.engine_sites(operation.receiver):
                engine = project.engine_at(site)
                if engine is not None and engine.is_async and engine.is_pooled and engine.function is None:
                    found = found or site
        for site in sites(function):
            for instance in instances(project.inference.value(site.node, site.scope)):
                found = found or _engine_of_new_session(instance, project)
    return found


def _engine_of_new_session(instance: Instance, project: ProjectFacts) -> Site | None:
    if project.inference.is_subclass(instance.cls, api.ASYNC_SESSION) is not Tri.YES:
        return None
    for site in project.engine_sites(instance):
        engine = project.engine_at(site)
        if engine is not None and engine.is_async and engine.is_pooled and engine.function is None:
            return site
    return None
