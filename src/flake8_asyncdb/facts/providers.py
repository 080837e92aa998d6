"""Providers of sessions: the functions behind `Depends`, how they end, and how long they hold a connection."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.options import Options
from flake8_asyncdb.facts.sessions import is_session
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.scopes import Binding, Kind
from flake8_asyncdb.model.values import Bound, External, Instance, Method, Site, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

GENERATORS = (External(api.GENERATOR), External(api.ASYNC_GENERATOR))
BINDERS = (External("builtins.staticmethod"), External("builtins.classmethod"))
COMMITTING = ("begin",)


class SessionProvider:
    """A generator function that yields a session."""

    def __init__(self, function: Function, project: ProjectFacts) -> None:
        self.function = function
        self.project = project

    @property
    def _last_yield(self) -> int:
        return max(node.lineno for node in self.function.scope.yields)

    @cached_property
    def commits_after_yield(self) -> bool:
        """Whether the commit comes when the generator goes on: after its `yield`, or by leaving a `begin()` block."""
        for operation in self.project.effects.operations(self.function):
            if operation.method == "commit" and operation.site.node.lineno > self._last_yield:
                return True
        return any(
            isinstance(item.context_expr, ast.Call)
            and isinstance(item.context_expr.func, ast.Attribute)
            and item.context_expr.func.attr in COMMITTING
            and any(self.function.module.index.is_inside(node, block) for node in self.function.scope.yields)
            and self._is_of_session(item.context_expr.func.value)
            for block in self.function.scope.withs
            for item in block.items
        )

    def _is_of_session(self, node: ast.expr) -> bool:
        names = (api.SESSION, api.ASYNC_SESSION, api.SESSIONMAKER, api.ASYNC_SESSIONMAKER)
        value = self.project.inference.value(node, self.function.module.index.scope_at(node))
        return self.project.inference.is_instance(value, *names).value == "yes"

    def swallowing(self) -> Iterator[ast.ExceptHandler]:
        """The `except` clauses around its `yield` that neither raise nor roll back."""
        parents = self.function.module.index.parents
        for handler in self.function.scope.handlers:
            around = parents.get(handler)
            if not isinstance(around, ast.Try):
                continue
            if any(_is_inside_body(node, around, parents) for node in self.function.scope.yields):
                if not any(_ends_transaction(node) for node in ast.walk(handler)):
                    yield handler


def _ends_transaction(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise):
        return True
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("rollback", "throw")
    )


def _is_inside_body(node: ast.AST, block: ast.Try, parents: dict[ast.AST, ast.AST]) -> bool:
    child, current = node, parents.get(node)
    while current is not None and current is not block:
        child, current = current, parents.get(current)
    return any(child is statement for statement in block.body)


def yields_session(function: Function, inference: Inference) -> bool:
    """Whether a function is a plain generator that yields a session: what `Depends` wants, and nothing to loop over."""
    if not function.is_generator or any(d not in BINDERS for d in inference.decorators(function)):
        return False
    return any(
        result.cls in GENERATORS and result.args and is_session(result.args[0], inference)
        for result in instances(inference.result(function))
    )


def provider_functions(value: Value) -> Iterator[Function]:
    """The functions behind the argument of a `Depends`."""
    for member in members(value):
        if isinstance(member, Bound):
            yield member.function


def is_function_scoped(depends: Site, project: ProjectFacts) -> bool:
    """Whether a `Depends` ends before the response is sent, or may: its `scope` is not surely the request."""
    scope = Options(depends, project.inference).get("scope")
    return not scope.is_absent and not scope.is_text("request")


# -- a provider driven by hand


@dataclass(frozen=True)
class HandDrivenProvider:
    """A loop over a provider, or a `next` of it."""

    node: ast.expr | ast.stmt
    provider: str
    text: str


def hand_driven_providers(module: ModuleFacts) -> Iterator[HandDrivenProvider]:
    """The places of a module that drive a provider of sessions themselves."""
    inference = module.project.inference
    for scope in module.module.index.scopes.values():
        for loop in scope.loops:
            if isinstance(loop, ast.For | ast.AsyncFor):
                for function in _called_provider(loop.iter, module, inference):
                    word = "async for" if isinstance(loop, ast.AsyncFor) else "for"
                    yield HandDrivenProvider(loop, function.name, f"{word} ... in {function.name}()")
    for site in module.sites:
        called = inference.value(site.node.func, site.scope)
        driven = site.node.args[0] if site.node.args else None
        if isinstance(site.node.func, ast.Attribute) and site.node.func.attr in (
            "__anext__",
            "__next__",
            "asend",
        ):
            driven = site.node.func.value
        elif called not in (External("builtins.next"), External("builtins.anext")):
            continue
        for function in _called_provider(driven, module, inference):
            yield HandDrivenProvider(site.node, function.name, f"{ast.unparse(site.node.func)}({function.name}())")


def _called_provider(node: ast.expr | None, module: ModuleFacts, inference: Inference) -> Iterator[Function]:
    """The provider that an expression calls, itself or in the assignment that it names."""
    scope = module.module.index.scope_at(node) if node is not None else None
    if isinstance(node, ast.Name) and scope is not None:
        bindings = inference.find_bindings(node.id, scope, node)
        node = bindings[0].value if len(bindings) == 1 and bindings[0].kind is Kind.ASSIGNMENT else None
    if isinstance(node, ast.Call) and scope is not None:
        for member in members(inference.value(node.func, scope)):
            if isinstance(member, Bound) and yields_session(member.function, inference):
                yield member.function


# -- sessions that outlive their request


@dataclass(frozen=True)
class EscapingSession:
    """A request's session handed to work that runs after the handler."""

    node: ast.Call
    name: str
    call: str


def escaping_sessions(module: ModuleFacts) -> Iterator[EscapingSession]:
    """The injected sessions that a module's functions hand to background tasks or to tasks that nobody awaits."""
    project = module.project
    for function in module.module.functions:
        injected = _injected_sessions(function, project)
        if not injected:
            continue
        for site in sites(function):
            if not _starts_background(site, project):
                continue
            for name in _names_in_arguments(site.node):
                if name in injected:
                    yield EscapingSession(site.node, name, ast.unparse(site.node.func))
                    break


def _injected_sessions(function: Function, project: ProjectFacts) -> set[str]:
    found = set()
    for binding in function.parameters:
        if project.inference.injected(binding) is not None or project.is_endpoint(function):
            if is_session(project.inference.bound(binding), project.inference):
                found.add(binding.name)
    return found


def _starts_background(site: Site, project: ProjectFacts) -> bool:
    value = project.inference.value(site.node.func, site.scope)
    for member in members(value):
        if isinstance(member, Method) and member.name == "add_task":
            return member.receiver.cls == External("fastapi.BackgroundTasks")
        if isinstance(member, External):
            if member.name.rpartition(".")[2] == "BackgroundTask":
                return True
            if member.name in ("asyncio.create_task", "asyncio.ensure_future"):
                return not _is_awaited_later(site)
    return False


def _is_awaited_later(site: Site) -> bool:
    """Whether a task is awaited, gathered or handed on: only one that is dropped or merely kept runs on its own."""
    parents = site.module.index.parents
    parent = parents.get(site.node)
    if isinstance(parent, ast.Expr):
        return False
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        name = parent.targets[0].id
        uses = [n for n in site.scope.owner.names if n.id == name and isinstance(n.ctx, ast.Load)]
        return any(not isinstance(parents.get(use), ast.Attribute) for use in uses)
    return True


def _names_in_arguments(call: ast.Call) -> Iterator[str]:
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        nodes = (
            [argument, *argument.args, *(k.value for k in argument.keywords)]
            if isinstance(argument, ast.Call)
            else [argument]
        )
        for node in nodes:
            if isinstance(node, ast.Name):
                yield node.id


# -- writes that nobody commits


@dataclass(frozen=True)
class LostWrite:
    """A change of rows in a handler that neither the handler nor its session's provider commits."""

    node: ast.Call
    handler: str
    call: str
    provider: str


WRITES = frozenset({"add", "add_all", "delete", "merge"})
ENDINGS = frozenset({"commit", "begin", "begin_nested", "run_sync", "connection", "get_bind"})


def lost_writes(module: ModuleFacts) -> Iterator[LostWrite]:
    """The first write of each handler of a module whose session certainly nobody commits."""
    project = module.project
    for handler in module.handlers:
        function = handler.function
        for binding in function.parameters:
            provider = _provider_without_commit(binding, project)
            if provider is None:
                continue
            uses = _method_calls(function, binding.name)
            if uses is None or any(method in ENDINGS for _, method in uses):
                continue
            for call, method in uses:
                if method in WRITES:
                    yield LostWrite(call, function.name, f"{binding.name}.{method}()", provider.name)
                    break


def _provider_without_commit(binding: Binding, project: ProjectFacts) -> Function | None:
    """The generator that provides a parameter's session, if it certainly never commits it."""
    depends = project.inference.injected(binding)
    found = [] if depends is None else list(provider_functions(project.inference.provider(depends)))
    if len(found) != 1 or not yields_session(found[0], project.inference):
        return None
    calls = [node.func for node in found[0].scope.calls]
    names = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    return None if names & ENDINGS or "autocommit" in ast.unparse(found[0].node) else found[0]


def _method_calls(function: Function, name: str) -> list[tuple[ast.Call, str]] | None:
    """The methods called on a name; None where the name is used in any other way."""
    parents = function.module.index.parents
    found: list[tuple[ast.Call, str]] = []
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            attribute = parents.get(node)
            call = parents.get(attribute) if isinstance(attribute, ast.Attribute) else None
            if not isinstance(attribute, ast.Attribute) or not isinstance(call, ast.Call) or call.func is not attribute:
                return None
            found.append((call, attribute.attr))
    return sorted(found, key=lambda each: (each[0].lineno, each[0].col_offset))


# -- calls that leave a `Depends` in place


@dataclass(frozen=True)
class UnfilledCall:
    """A direct call of a function that leaves a parameter to its `Depends(...)` default."""

    node: ast.Call
    function: Function
    parameter: str


def unfilled_calls(module: ModuleFacts) -> Iterator[UnfilledCall]:
    """The direct calls in a module that leave a `Depends` default in place."""
    project = module.project
    for site in module.sites:
        if any(isinstance(a, ast.Starred) for a in site.node.args) or any(k.arg is None for k in site.node.keywords):
            continue
        called = list(members(project.inference.value(site.node.func, site.scope)))
        if len(called) != 1 or not isinstance(called[0], Bound | Class):
            continue
        for function in project.effects.called(called[0]):
            missing = _missing_injection(function, called[0], site.node, project)
            if missing is not None:
                yield UnfilledCall(site.node, function, missing)


def uses_name(function: Function, name: str) -> bool:
    """Whether a function reads a name of its own, in nested functions too."""
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for statement in function.node.body
        for node in ast.walk(statement)
    )


def _missing_injection(function: Function, called: Bound | Class, call: ast.Call, project: ProjectFacts) -> str | None:
    parameters = function.parameters
    if isinstance(called, Class) or called.receiver is not None:
        parameters = parameters[1:]
    given = {keyword.arg for keyword in call.keywords}
    keyword_only = {argument.arg for argument in function.node.args.kwonlyargs}
    for position, binding in enumerate(parameters):
        is_given = binding.name in given or (position < len(call.args) and binding.name not in keyword_only)
        if not is_given and isinstance(binding.value, ast.Call) and project.inference.injected(binding) is not None:
            if uses_name(function, binding.name):
                return binding.name
    return None


def is_made_session(value: Value, inference: Inference) -> bool:
    """Whether a value is a session or the generator of one: what a provider returns, not a provider."""
    for member in members(value):
        if isinstance(member, Instance):
            if member.cls in GENERATORS or is_session(member, inference):
                return True
            if member.cls == External(api.COROUTINE) and member.args and is_session(member.args[0], inference):
                return True
    return False
