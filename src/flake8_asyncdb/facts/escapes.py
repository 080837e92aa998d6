"""Sessions that outlive their request: what handlers give to background tasks, and to tasks that nobody awaits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb import syntax
from flake8_asyncdb.facts.loading import Loading, expunges
from flake8_asyncdb.facts.providers import providers_of, request_sessions, uses_name
from flake8_asyncdb.facts.sessions import is_session
from flake8_asyncdb.model.effects import Step
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.scopes import Binding, Kind, Scope, arguments
from flake8_asyncdb.model.values import Anonymous, Bound, External, Method, Site, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

STARTING_METHODS = ("add_task", "create_task")
STARTING_CALLS = ("starlette.background.BackgroundTask", "asyncio.create_task", "asyncio.ensure_future")


class EscapingSession(NamedTuple):
    """A request's session, or an object of it, handed to work that runs after the handler."""

    node: ast.Call
    function: Function
    what: str
    call: str


def escaping_sessions(module: ModuleFacts) -> Iterator[EscapingSession]:
    """What of their requests' sessions a module's functions hand to background tasks or to tasks that nobody awaits."""
    project = module.project
    for site in dict.fromkeys([*module.calls_of(*STARTING_METHODS), *module.calls_to(*STARTING_CALLS)]):
        function = module.module.enclosing_function(site.scope)
        if function is not None and _starts_background(site, project):
            what = _taken_along(site, function, request_sessions(function, project), project)
            if what is not None:
                yield EscapingSession(site.node, function, what, ast.unparse(site.node.func))


def _starts_background(site: Site, project: ProjectFacts) -> bool:
    for member in members(project.inference.value(site.node.func, site.scope)):
        if isinstance(member, Method) and member.name == "add_task":
            return member.receiver.cls == External("fastapi.BackgroundTasks")
        if isinstance(member, Method) and member.name == "create_task":
            return member.receiver.cls == External("asyncio.AbstractEventLoop") and not _is_awaited_later(site)
        if isinstance(member, External) and member.name in STARTING_CALLS:
            return not member.name.startswith("asyncio.") or not _is_awaited_later(site)
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
        return any(not _is_only_kept(use, site) for use in uses)
    return True


def _is_only_kept(task: ast.Name, site: Site) -> bool:
    """Whether a use of a task awaits nothing: a method of it, or a place in a set that outlives the function."""
    parents = site.module.index.parents
    parent = parents.get(task)
    if not isinstance(parent, ast.Call) or not isinstance(parent.func, ast.Attribute):
        return isinstance(parent, ast.Attribute)
    kept_in = parent.func.value
    is_local = isinstance(kept_in, ast.Name) and kept_in.id in site.scope.owner.bindings
    is_awaited = any(ast.unparse(kept_in) in ast.unparse(node) for node in site.scope.owner.awaits)
    return parent.func.attr == "add" and not is_local and not is_awaited


def _taken_along(site: Site, function: Function, sessions: dict[str, Binding], project: ProjectFacts) -> str | None:
    """What a background call is given of its request's session, as a message names it."""
    nodes = list(_given(site.node))
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in sessions:
            return f"the request's session `{ast.unparse(node)}`"
        captured = _captured(node, site.scope, function, sessions, project)
        if captured is not None:
            return f"the request's session `{captured}`"
        holder = _holder(node, site.scope, function, project)
        if holder is not None:
            return f"`{holder}`, which holds the request's session,"
    loading = Loading(sessions, project, frozenset({function}))
    for node in nodes if not expunges(function) else ():
        if isinstance(node, ast.Name):
            loaded = loading.of(node, site.scope)
            if loaded is not None:
                return f"`{node.id}`, an object of the request's session `{loaded.session}`,"
    return None


def _given(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call, and what is in them: the arguments of a coroutine or `partial`, the items of a list."""
    for argument in arguments(call):
        yield from _parts(argument)
        if isinstance(argument, ast.Call):
            yield argument.func
            for inner in arguments(argument):
                yield from _parts(inner)


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    yield node
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        for element in node.elts:
            yield from _parts(element)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _parts(value)
    elif isinstance(node, ast.Starred):
        yield from _parts(node.value)


def _captured(
    node: ast.expr, scope: Scope, function: Function, sessions: dict[str, Binding], project: ProjectFacts
) -> str | None:
    """The session that a lambda, or a function defined in the handler, has from the handler's own names."""
    for member in members(project.inference.value(node, scope)):
        if isinstance(member, Anonymous) and member.scope.owner is function.scope:
            inner = {part.id for part in ast.walk(member.node) if isinstance(part, ast.Name)}
        elif isinstance(member, Bound) and member.function.outer is function.scope:
            inner = {name for name in sessions if uses_name(member.function, name)}
            inner -= member.function.scope.bindings.keys()
        else:
            continue
        for name in sessions:
            if name in inner:
                return name
    return None


# -- objects that hold the request's session


def _holder(node: ast.expr, scope: Scope, function: Function, project: ProjectFacts) -> str | None:
    """The object whose method a background call is given, if that was made with the request's session and uses it."""
    if not isinstance(node, ast.Attribute):
        return None
    methods = [m.function for m in members(project.inference.value(node, scope)) if isinstance(m, Bound)]
    if not any(_uses_kept_session(method, project) for method in methods):
        return None
    return syntax.unparse(node.value) if _is_made_with_session(node.value, scope, project, {function}) else None


def _uses_kept_session(method: Function, project: ProjectFacts) -> bool:
    """Whether a method, or one that it calls on its object, talks to the database by a session that its object has."""
    return any(
        _is_of_own_object(operation.site.node, reached) and is_session(operation.receiver, project.inference)
        for reached in project.effects.reachable(method, _is_on_own_object)
        for operation in project.effects.operations(reached)
    )


def _is_on_own_object(step: Step) -> bool:
    function = step.scope.module.enclosing_function(step.scope)
    return function is not None and _is_of_own_object(step.node, function)


def _is_of_own_object(node: ast.expr, function: Function) -> bool:
    """Whether a call goes to the object of its method, or to what that has: `self.load()`, `self.orders.load()`."""
    if function.owner is None or not function.parameters or not isinstance(node, ast.Call):
        return False
    return syntax.unparse(node.func).startswith(f"{function.parameters[0].name}.")


def _is_made_with_session(node: ast.expr | None, scope: Scope, project: ProjectFacts, seen: set[Function]) -> bool:
    """Whether an object was certainly made with a session of the request, or with an object that was."""
    if isinstance(node, ast.Call):
        made = members(project.inference.value(node.func, scope))
        is_made = bool(made) and all(isinstance(each, Class) for each in made)
        return is_made and any(_is_made_with_session(argument, scope, project, seen) for argument in arguments(node))
    if not isinstance(node, ast.Name):
        return False
    bindings = project.inference.find_bindings(node.id, scope, node)
    if len(bindings) != 1:
        return False
    binding = bindings[0]
    if binding.kind is Kind.PARAMETER:
        return _is_provided_with_session(binding, project, seen)
    is_plain = binding.kind is Kind.ASSIGNMENT and isinstance(binding.value, ast.Call) and not binding.path
    return is_plain and _is_made_with_session(binding.value, binding.scope, project, seen)


def _is_provided_with_session(parameter: Binding, project: ProjectFacts, seen: set[Function]) -> bool:
    """Whether a parameter is a session of the request, or its dependency makes an object with one."""
    function = parameter.scope.module.enclosing_function(parameter.scope)
    if function is not None and parameter.name in request_sessions(function, project):
        return True
    found = list(providers_of(parameter, project))
    if len(found) != 1 or found[0] in seen:
        return False
    provider, seen = found[0], seen | {found[0]}
    if provider.name == "__init__":
        return any(_is_provided_with_session(each, project, seen) for each in provider.parameters)
    given = [node.value for node in (*provider.scope.returns, *provider.scope.yields) if node.value is not None]
    return bool(given) and all(_is_made_with_session(node, provider.scope, project, seen) for node in given)
