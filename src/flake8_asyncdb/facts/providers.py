"""Providers of sessions: the functions behind `Depends`, how they end, and how long they hold a connection."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.options import Options
from flake8_asyncdb.facts.sessions import is_session
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import Operation, Step
from flake8_asyncdb.model.flow import block_path
from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.scopes import Binding, Kind, Scope, arguments
from flake8_asyncdb.model.values import (
    UNKNOWN,
    Bound,
    External,
    Instance,
    Site,
    Tri,
    Value,
    instances,
    members,
    union,
)

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

GENERATORS = (External(api.GENERATOR), External(api.ASYNC_GENERATOR))
BINDERS = (External("builtins.staticmethod"), External("builtins.classmethod"))


class SessionProvider:
    """A generator function that yields a session."""

    def __init__(self, function: Function, project: ProjectFacts) -> None:
        self.function = function
        self.project = project

    @cached_property
    def commits_after_yield(self) -> bool:
        """Whether the commit comes when the generator goes on: after its `yield`, or by leaving a block around it."""
        return _commits_when_resumed(self.function, self.project, frozenset())

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


def _commits_when_resumed(function: Function, project: ProjectFacts, seen: frozenset[Function]) -> bool:
    if function in seen:
        return False
    last_yield = _last_yield(function)
    for operation in project.effects.operations(function):
        if _is_commit(operation) and operation.site.node.lineno > last_yield:
            return True
    for step in project.effects.steps(function):
        if step.node.lineno > last_yield and _is_given_session(step, project) and _commits(step.function, project):
            return True
    if any(_commits_when_resumed(each, project, seen | {function}) for each in _passed_on(function, project.inference)):
        return True
    return any(
        _commits_when_left(item.context_expr, function, project, seen | {function})
        for block in _blocks_around_yields(function)
        for item in block.items
    )


def _is_given_session(step: Step, project: ProjectFacts) -> bool:
    given = arguments(step.node) if isinstance(step.node, ast.Call) else []
    return any(is_session(project.inference.value(node, step.scope), project.inference) for node in given)


def _last_yield(function: Function) -> int:
    return max(node.lineno for node in function.scope.yields)


def _blocks_around_yields(function: Function) -> Iterator[ast.With | ast.AsyncWith]:
    for block in function.scope.withs:
        if any(function.module.index.is_inside(node, block) for node in function.scope.yields):
            yield block


def _passed_on(function: Function, inference: Inference) -> Iterator[Function]:
    """The generators that a generator drives to yield what they yield: in a loop, or by `yield from`."""
    index, yields = function.module.index, function.scope.yields
    loops = [loop for loop in function.scope.loops if any(index.is_inside(node, loop) for node in yields)]
    for node in [*(each.value for each in yields if isinstance(each, ast.YieldFrom)), *(loop.iter for loop in loops)]:
        called = inference.value(node.func, index.scope_at(node)) if isinstance(node, ast.Call) else UNKNOWN
        for member in members(called):
            if isinstance(member, Bound) and member.function.is_generator:
                yield member.function


def _commits_when_left(manager: ast.expr, function: Function, project: ProjectFacts, seen: frozenset[Function]) -> bool:
    """Whether a context manager commits: `begin()` of a session, or one of the project that does."""
    scope = function.module.index.scope_at(manager)
    if isinstance(manager, ast.Call) and isinstance(manager.func, ast.Attribute) and manager.func.attr == "begin":
        names = (api.SESSION, api.ASYNC_SESSION, api.SESSIONMAKER, api.ASYNC_SESSIONMAKER)
        if project.inference.is_instance(project.inference.value(manager.func.value, scope), *names) is Tri.YES:
            return True
    called = project.inference.value(manager.func, scope) if isinstance(manager, ast.Call) else UNKNOWN
    for member in members(called):
        if isinstance(member, Bound) and member.function.is_generator:
            return _commits_when_resumed(member.function, project, seen)
    for instance in instances(project.inference.value(manager, scope)):
        if isinstance(instance.cls, Class):
            exits = (project.inference.find_method(instance.cls, name) for name in ("__aexit__", "__exit__"))
            if any(_commits(method, project) for method in exits if method is not None):
                return True
    return False


def _commits(function: Function, project: ProjectFacts) -> bool:
    return any(
        _is_commit(operation)
        for reached in project.effects.reachable(function, lambda step: True)
        for operation in project.effects.operations(reached)
    )


def _is_commit(operation: Operation) -> bool:
    cls = operation.receiver.cls
    is_library = isinstance(cls, External) and cls.name.startswith(("sqlalchemy", "sqlmodel"))
    return is_library and operation.method == "commit"


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


def is_plain_generator(function: Function, inference: Inference) -> bool:
    """Whether a function is what `Depends` wants of a provider with something to do afterwards."""
    return function.is_generator and all(each in BINDERS for each in inference.decorators(function))


def yields_session(function: Function, inference: Inference) -> bool:
    """Whether a function is a plain generator that yields a session, and nothing to loop over."""
    return is_plain_generator(function, inference) and any(
        result.cls in GENERATORS and result.args and is_session(result.args[0], inference)
        for result in instances(inference.result(function))
    )


def provider_functions(value: Value, project: ProjectFacts) -> Iterator[Function]:
    """The functions that FastAPI runs for the argument of a `Depends`: of a class its `__init__`."""
    for member in members(value):
        if isinstance(member, Bound):
            yield member.function
        elif isinstance(member, Class | Instance):
            yield from project.effects.called(member)


def providers_of(binding: Binding, project: ProjectFacts) -> Iterator[Function]:
    """The functions that FastAPI runs to fill a parameter or a class attribute."""
    depends = project.inference.injected(binding)
    if depends is None or depends.site is None:
        return
    provider = project.inference.provider(depends)
    if binding.annotation is not None and Options(depends.site, project.inference).get("dependency", 0).is_absent:
        scope = binding.scope.parent if binding.kind is Kind.PARAMETER else binding.scope
        annotated = project.inference.annotation(binding.annotation, scope or binding.scope)
        provider = union([instance.cls for instance in instances(annotated)])
    yield from provider_functions(provider, project)


def class_injections(function: Function, project: ProjectFacts) -> Iterator[tuple[str, Binding]]:
    """What FastAPI injects into the class of a handler, as the handler calls it: `self.db`."""
    if function.owner is None or not function.parameters:
        return
    own = function.parameters[0].name
    for cls in project.inference.linearized(function.owner):
        for bindings in cls.scope.bindings.values() if isinstance(cls, Class) else ():
            for binding in bindings:
                if project.inference.injected(binding) is not None and project.is_endpoint(function):
                    yield f"{own}.{binding.name}", binding


def request_sessions(function: Function, project: ProjectFacts) -> dict[str, Binding]:
    """The sessions that FastAPI gives a function, by the names that it has for them: `db`, or `self.db` in a class."""
    found: dict[str, Binding] = {}
    for binding in function.parameters:
        if _is_of_request(binding, project):
            if project.inference.injected(binding) is not None or project.is_endpoint(function):
                found[binding.name] = binding
    for name, binding in class_injections(function, project):
        if _is_of_request(binding, project):
            found.setdefault(name, binding)
    return found


def _is_of_request(binding: Binding, project: ProjectFacts) -> bool:
    """Whether a name surely has a session that ends with its request: not one that its provider makes and returns."""
    value = project.inference.bound(binding)
    if not is_session(value, project.inference):
        return False
    makers = {instance.site.scope.owner for instance in instances(value) if instance.site is not None}
    return not any(
        provider.scope in makers and not provider.is_generator for provider in providers_of(binding, project)
    )


def is_function_scoped(depends: Site, project: ProjectFacts) -> bool:
    """Whether a `Depends` ends before the response is sent, or may: its `scope` is not surely the request."""
    scope = Options(depends, project.inference).get("scope")
    return not scope.is_absent and not scope.is_text("request")


# -- a provider driven by hand

DRIVING_METHODS = ("__next__", "__anext__", "asend")


class HandDrivenProvider(NamedTuple):
    """A loop over a provider, or a `next` of it."""

    node: ast.expr | ast.stmt
    text: str


def hand_driven_providers(module: ModuleFacts) -> Iterator[HandDrivenProvider]:
    """The places of a module that drive a provider of sessions themselves."""
    inference = module.project.inference
    for scope in module.module.index.scopes.values():
        for loop in scope.loops:
            if isinstance(loop, ast.For | ast.AsyncFor):
                for function in _called_provider(loop.iter, module, inference):
                    word = "async for" if isinstance(loop, ast.AsyncFor) else "for"
                    yield HandDrivenProvider(loop, f"{word} ... in {_told(loop.iter, function)}")
    for site in module.calls_of(*DRIVING_METHODS):
        assert isinstance(site.node.func, ast.Attribute)
        receiver = site.node.func.value
        for function in _called_provider(receiver, module, inference):
            yield HandDrivenProvider(site.node, f"{_told(receiver, function)}.{site.node.func.attr}()")
    for site in module.calls_to("builtins.next", "builtins.anext"):
        for driven in site.node.args[:1]:
            for function in _called_provider(driven, module, inference):
                text = f"{ast.unparse(site.node.func)}({_told(driven, function)})"
                yield HandDrivenProvider(site.node, text)


def _told(driven: ast.expr, provider: Function) -> str:
    """A generator as the code names it, without the arguments of its provider."""
    return driven.id if isinstance(driven, ast.Name) else f"{provider.name}()"


def _called_provider(node: ast.expr | None, module: ModuleFacts, inference: Inference) -> Iterator[Function]:
    """The provider that an expression calls, itself or in the assignment that it names."""
    scope = module.module.index.scope_at(node) if node is not None else None
    is_closed = isinstance(node, ast.Name) and scope is not None and _is_closed(node.id, scope)
    if isinstance(node, ast.Name) and scope is not None:
        if _is_driven_on(node.id, scope):
            return
        bindings = inference.find_bindings(node.id, scope, node)
        node = bindings[0].value if len(bindings) == 1 and bindings[0].kind is Kind.ASSIGNMENT else None
    if isinstance(node, ast.Call) and scope is not None:
        for member in members(inference.value(node.func, scope)):
            if isinstance(member, Bound) and yields_session(member.function, inference):
                if is_closed and not SessionProvider(member.function, module.project).commits_after_yield:
                    continue
                if _goes_on_after_yield(member.function, inference, frozenset()):
                    yield member.function


def _is_driven_on(name: str, scope: Scope) -> bool:
    """Whether a second `next` runs what follows the `yield` of a generator."""
    driven = [
        call
        for call in scope.owner.calls
        if isinstance(call.func, ast.Name) and call.func.id in ("next", "anext") and call.args
    ]
    return sum(isinstance(call.args[0], ast.Name) and call.args[0].id == name for call in driven) > 1


def _is_closed(name: str, scope: Scope) -> bool:
    """Whether a generator is closed under its name: what it has in `finally` and `with` blocks is done then."""
    return any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr in ("aclose", "close")
        and ast.unparse(call.func.value) == name
        for call in scope.owner.calls
    )


def _goes_on_after_yield(function: Function, inference: Inference, seen: frozenset[Function]) -> bool:
    """Whether a generator has anything left to do after its `yield`, if only to leave a `with` or `try`."""
    if any(_blocks_around_yields(function)):
        return True
    passed_on = set(_passed_on(function, inference)) - seen
    if any(_goes_on_after_yield(each, inference, seen | {function}) for each in passed_on):
        return True
    around = {parent for node in function.scope.yields for parent, _ in block_path(node, function.module.index)}
    if any(isinstance(block, ast.Try) for block in around):
        return True
    last_yield = _last_yield(function)
    return any(statement.lineno > last_yield for statement in function.node.body)


# -- writes that nobody commits


class LostWrite(NamedTuple):
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
            found = list(providers_of(binding, project))
            if len(found) != 1 or not yields_session(found[0], project.inference):
                continue
            uses = _method_calls(function, binding.name) or []
            writes = [(call, method) for call, method in uses if method in WRITES]
            if not writes or any(method in ENDINGS for _, method in uses):
                continue
            if not any(map(_may_commit, project.effects.reachable(found[0], lambda step: True))):
                call, method = writes[0]
                yield LostWrite(call, function.name, f"{binding.name}.{method}()", found[0].name)


def _may_commit(function: Function) -> bool:
    called = [node.func for node in function.scope.calls]
    names = {func.attr for func in called if isinstance(func, ast.Attribute)}
    may_be_automatic = b"autocommit" in function.module.source and "autocommit" in ast.unparse(function.node)
    return bool(names & ENDINGS) or may_be_automatic


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


class UnfilledCall(NamedTuple):
    """A direct call of a function that leaves a parameter to its `Depends(...)` default."""

    node: ast.Call
    function: Function
    parameter: str


def unfilled_calls(module: ModuleFacts) -> Iterator[UnfilledCall]:
    """The direct calls in a module that leave a `Depends` default in place."""
    project = module.project
    for site in module.sites_naming(project.injecting_functions):
        if any(isinstance(a, ast.Starred) for a in site.node.args) or any(k.arg is None for k in site.node.keywords):
            continue
        called = members(project.inference.value(site.node.func, site.scope))
        if len(called) != 1 or not isinstance(called[0], Bound | Class):
            continue
        for function in project.effects.called(called[0]):
            missing = _missing_injection(function, called[0], site.node, project)
            if missing is not None:
                yield UnfilledCall(site.node, function, missing)


def uses_name(function: Function, name: str) -> bool:
    """Whether a function reads a name of its own, a dotted one too, or a function nested in it does."""
    return any(
        isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load) and _dotted(node) == name
        for statement in function.node.body
        for node in ast.walk(statement)
    )


def _dotted(node: ast.expr) -> str:
    """`name` or `name.attribute`; empty for anything longer."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def _missing_injection(function: Function, called: Bound | Class, call: ast.Call, project: ProjectFacts) -> str | None:
    parameters = function.parameters
    if isinstance(called, Class) or called.receiver is not None:
        parameters = parameters[1:]
    given = {keyword.arg for keyword in call.keywords}
    keyword_only = {argument.arg for argument in function.node.args.kwonlyargs}
    for position, binding in enumerate(parameters):
        is_given = binding.name in given or (position < len(call.args) and binding.name not in keyword_only)
        if not is_given and isinstance(binding.value, ast.Call) and project.inference.injected(binding) is not None:
            if uses_name(function, binding.name) and not _is_set_again(binding.name, function):
                return binding.name
    return None


def _is_set_again(name: str, function: Function) -> bool:
    """Whether a function gives its parameter another value, and so may see to the `Depends` object itself."""
    return any(binding.kind is not Kind.PARAMETER for binding in function.scope.bindings[name])


def is_made_session(value: Value, inference: Inference) -> bool:
    """Whether a value is a session or the generator of one: what a provider returns, not a provider."""
    for member in members(value):
        if isinstance(member, Instance):
            if member.cls in GENERATORS or is_session(member, inference):
                return True
            if member.cls == External(api.COROUTINE) and member.args and is_session(member.args[0], inference):
                return True
    return False
