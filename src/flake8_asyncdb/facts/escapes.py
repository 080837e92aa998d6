"""Sessions that outlive their request: what handlers give to background tasks, and to tasks that nobody awaits."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.closing import parameter_name
from flake8_asyncdb.facts.providers import class_injections, providers_of, uses_name
from flake8_asyncdb.facts.sessions import is_session
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.scopes import Binding, Kind, Scope
from flake8_asyncdb.model.values import Anonymous, Bound, External, Method, Site, Tri, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

SELECTS = (External("sqlalchemy.select"), External("sqlmodel.select"), External("sqlmodel.sql.expression.select"))
CLASS_METHODS = frozenset({"get", "get_one", "query"})
"""Methods of a session that return an object, or the query for objects, of the class that they are given first."""
STATEMENT_METHODS = frozenset({"scalar", "scalars", "exec", "stream_scalars"})
"""Methods of a session that return the objects, or an iterable of the objects, that a statement selects."""
RESULT_METHODS = frozenset({"all", "first", "one", "one_or_none", "unique", "fetchall"})
SCALAR_METHODS = frozenset({"scalar", "scalars", "scalar_one", "scalar_one_or_none"})
"""Methods of what `execute` returns that take the objects out of the rows."""
SELECTING = frozenset({"with_entities", "with_only_columns", "add_columns", "subquery", "scalar_subquery", "cte"})
"""Methods of statements and queries that exchange what is selected."""
EXPUNGING = frozenset({"expunge", "expunge_all", "make_transient"})


@dataclass(frozen=True)
class EscapingSession:
    """A request's session, or an object of it, handed to work that runs after the handler."""

    node: ast.Call
    function: Function
    what: str
    call: str


def escaping_sessions(module: ModuleFacts) -> Iterator[EscapingSession]:
    """What of their requests' sessions a module's functions hand to background tasks or to tasks that nobody awaits."""
    project = module.project
    for function in module.module.functions:
        sessions = request_sessions(function, project)
        for site in sites(function) if sessions else ():
            if _starts_background(site, project):
                what = _taken_along(site, function, sessions, project)
                if what is not None:
                    yield EscapingSession(site.node, function, what, ast.unparse(site.node.func))


def request_sessions(function: Function, project: ProjectFacts) -> dict[str, Binding]:
    """The sessions that FastAPI gives a function, by the names that it has for them: `db`, or `self.db` in a class."""
    is_endpoint = project.is_endpoint(function)
    found: dict[str, Binding] = {}
    for binding in function.parameters:
        if is_endpoint or project.inference.injected(binding) is not None:
            if _is_of_request(binding, project):
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


def _starts_background(site: Site, project: ProjectFacts) -> bool:
    for member in members(project.inference.value(site.node.func, site.scope)):
        if isinstance(member, Method) and member.name == "add_task":
            return member.receiver.cls == External("fastapi.BackgroundTasks")
        if isinstance(member, Method) and member.name == "create_task":
            return member.receiver.cls == External("asyncio.AbstractEventLoop") and not _is_awaited_later(site)
        if member == External("starlette.background.BackgroundTask"):
            return True
        if member in (External("asyncio.create_task"), External("asyncio.ensure_future")):
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


def _taken_along(site: Site, function: Function, sessions: dict[str, Binding], project: ProjectFacts) -> str | None:
    """What a background call is given of its request's session, as a message names it."""
    nodes = list(_given(site.node))
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in sessions:
            return f"the request's session `{ast.unparse(node)}`"
        captured = _captured(node, site.scope, function, sessions, project)
        if captured is not None:
            return f"the request's session `{captured}`"
    loading = Loading(sessions, project, frozenset({function}))
    for node in nodes if not _expunges(function) else ():
        if isinstance(node, ast.Name):
            session = loading.session_of(node, site.scope)
            if session is not None:
                return f"`{node.id}`, an object of the request's session `{session}`,"
    return None


def _given(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call, and those of the calls among them: a coroutine's, a `partial`'s."""
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        yield argument
        if isinstance(argument, ast.Call):
            yield argument.func
            yield from argument.args
            yield from (keyword.value for keyword in argument.keywords)


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


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


# -- objects loaded from a session


class Loading:
    """Tells which of a function's expressions are mapped objects that come from its sessions."""

    def __init__(self, sessions: Collection[str], project: ProjectFacts, seen: frozenset[Function]) -> None:
        self.sessions = sessions
        self.project = project
        self.seen = seen

    def session_of(self, node: ast.expr, scope: Scope, *, rows: bool = False) -> str | None:
        """The session that mapped objects come from; with `rows`, the one that rows of them come from."""
        if isinstance(node, ast.Await):
            return self.session_of(node.value, scope, rows=rows)
        if isinstance(node, ast.Name):
            return self._session_of_name(node, scope, rows=rows)
        if not isinstance(node, ast.Call):
            return None
        if isinstance(node.func, ast.Attribute):
            found = self._session_of_method(node, node.func, scope, rows=rows)
            if found is not None:
                return found
        return None if rows else self._session_of_function(node, scope)

    def _session_of_name(self, node: ast.Name, scope: Scope, *, rows: bool) -> str | None:
        found = {
            self.session_of(binding.value, binding.scope, rows=rows)
            if binding.value is not None and not binding.path and binding.kind in (Kind.ASSIGNMENT, Kind.LOOP)
            else None
            for binding in self.project.inference.find_bindings(node.id, scope, node)
        }
        return found.pop() if len(found) == 1 else None

    def _session_of_method(self, call: ast.Call, called: ast.Attribute, scope: Scope, *, rows: bool) -> str | None:
        receiver, method = ast.unparse(called.value), called.attr
        if receiver not in self.sessions:
            if method in SCALAR_METHODS:
                return self.session_of(called.value, scope, rows=True)
            goes_on = method in RESULT_METHODS or _extends_query(called, scope, self.project)
            return self.session_of(called.value, scope) if goes_on and not rows else None
        loads = method == "execute" if rows else method in CLASS_METHODS | STATEMENT_METHODS
        if not loads or not call.args:
            return None
        model = call.args[0] if method in CLASS_METHODS else _selected(call.args[0], scope, self.project)
        return receiver if model is not None and _is_mapped(model, scope, self.project) else None

    def _session_of_function(self, call: ast.Call, scope: Scope) -> str | None:
        """The session from which a function of the project that is given it loads all that it returns."""
        called = list(members(self.project.inference.value(call.func, scope)))
        if len(called) != 1 or not isinstance(called[0], Bound):
            return None
        function = called[0].function
        if function in self.seen or function.is_generator or _expunges(function):
            return None
        arguments = [(None, argument) for argument in call.args] + [(k.arg, k.value) for k in call.keywords]
        given = {
            parameter_name(function, called[0], call, argument, keyword): ast.unparse(argument)
            for keyword, argument in arguments
            if ast.unparse(argument) in self.sessions
        }
        inner = Loading([name for name in given if name], self.project, self.seen | {function})
        returned = [node.value for node in function.scope.returns if node.value is not None]
        found = {inner.session_of(node, function.scope) for node in returned if not _is_none(node)} if given else set()
        return given.get(found.pop()) if len(found) == 1 else None


def _expunges(function: Function) -> bool:
    return any(_last_name(node.func) in EXPUNGING for node in function.scope.calls)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _extends_query(called: ast.Attribute, scope: Scope, project: ProjectFacts) -> bool:
    """Whether a method of a `Query` returns one of the same objects, or loads one."""
    if project.inference.is_instance(project.inference.value(called.value, scope), api.QUERY) is not Tri.YES:
        return False
    return called.attr == "get" or called.attr not in api.QUERY_ENDS | SELECTING


def _selected(node: ast.expr, scope: Scope, project: ProjectFacts) -> ast.expr | None:
    """The only thing that a statement selects."""
    if isinstance(node, ast.Name):
        bindings = project.inference.find_bindings(node.id, scope, node)
        value = bindings[0].value if len(bindings) == 1 and not bindings[0].path else None
        return _selected(value, bindings[0].scope, project) if isinstance(value, ast.Call) else None
    if not isinstance(node, ast.Call):
        return None
    if project.inference.value(node.func, scope) in SELECTS:
        return node.args[0] if len(node.args) == 1 else None
    if not isinstance(node.func, ast.Attribute) or node.func.attr in SELECTING:
        return None
    return _selected(node.func.value, scope, project)


def _is_mapped(node: ast.expr, scope: Scope, project: ProjectFacts) -> bool:
    cls = project.inference.value(node, scope)
    return isinstance(cls, Class) and project.is_declarative(cls) is Tri.YES
