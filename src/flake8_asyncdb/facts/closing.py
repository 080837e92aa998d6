"""What becomes of a session that a function makes: closed, handed on, kept, or left open."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.options import Options
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.inference import external_bases
from flake8_asyncdb.model.project import Class, Function, Module
from flake8_asyncdb.model.scopes import Kind
from flake8_asyncdb.model.values import Bound, External, Instance, Method, Site, Tri, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

_WHERE_LEFT = (ast.Attribute, ast.Expr, ast.keyword, ast.Call, ast.Assign, ast.AnnAssign)
SESSIONS = (api.SESSION, api.ASYNC_SESSION)
ENDINGS = frozenset({"close", "aclose", "remove", "close_all", "__exit__", "__aexit__"})


class OpenSession(NamedTuple):
    """A session that nothing closes."""

    node: ast.Call
    text: str
    word: str


def open_sessions(module: ModuleFacts) -> Iterator[OpenSession]:
    """The sessions that a module's functions make and leave open."""
    for function in module.module.functions:
        for site in sites(function):
            if not isinstance(function.module.index.parents.get(site.node), _WHERE_LEFT):
                continue
            if _makes_session(site, module.project) and _is_left_open(site, function, module.project):
                made = module.project.inference.value(site.node, site.scope)
                is_async = module.project.inference.is_instance(made, api.ASYNC_SESSION) is Tri.YES
                word = "async with" if is_async else "with"
                yield OpenSession(site.node, f"{ast.unparse(site.node.func)}()", word)


def _makes_session(site: Site, project: ProjectFacts) -> bool:
    """Whether a call makes a new session with a connection of its own."""
    called = members(project.inference.value(site.node.func, site.scope))
    if not all(_may_make_session(each, project) for each in called):
        return False
    made = members(project.inference.value(site.node, site.scope))
    return bool(made) and all(isinstance(each, Instance) and _is_fresh(each, site, project) for each in made)


def _may_make_session(called: Value, project: ProjectFacts) -> bool:
    """Whether a session can come of calling a value, by what it is: a session class, a factory, a function."""
    if isinstance(called, External):
        return project.inference.is_subclass(called, *SESSIONS) is Tri.YES
    if isinstance(called, Bound):
        return not called.function.is_async and not called.function.is_generator
    return isinstance(called, Instance)


def _is_fresh(made: Instance, site: Site, project: ProjectFacts) -> bool:
    if project.inference.is_subclass(made.cls, *SESSIONS) is not Tri.YES or not isinstance(made.cls, External):
        return False
    if made.site is None:
        return False
    factory = made.source
    if (
        isinstance(factory, Instance)
        and factory.cls != External(api.SESSIONMAKER)
        and factory.cls != External(api.ASYNC_SESSIONMAKER)
    ):
        return False
    if made.site == site:
        return factory is not None or _owns_connection(site, project)
    makers = [m.function for m in members(project.inference.value(site.node.func, site.scope)) if isinstance(m, Bound)]
    return any(_returns_new(maker, made) for maker in makers)


def _owns_connection(site: Site, project: ProjectFacts) -> bool:
    bind = Options(site, project.inference).get("bind", 0)
    return bind.value is not None and project.inference.is_instance(bind.value, api.ENGINE, api.ASYNC_ENGINE) is Tri.YES


def _returns_new(maker: Function, made: Instance) -> bool:
    """Whether a function makes the session that it returns, and does not keep it as well."""
    if made.site is None or made.site.scope.owner is not maker.scope:
        return False
    stored = [store.value for store in maker.scope.attribute_stores]
    return made.site.node not in stored and not maker.scope.global_names


def _is_left_open(site: Site, function: Function, project: ProjectFacts) -> bool:
    parents = function.module.index.parents
    parent = parents.get(site.node)
    if isinstance(parent, ast.Attribute):
        return parent.attr not in ENDINGS and not _enters(parent, parents)
    if isinstance(parent, ast.Expr):
        return True
    if isinstance(parent, ast.keyword | ast.Call):
        return _stays_open(site.node, parent, function, project, set())
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and isinstance(parent.targets[0], ast.Name):
        return _name_stays_open(parent.targets[0].id, function, project, set())
    if isinstance(parent, ast.AnnAssign) and isinstance(parent.target, ast.Name):
        return _name_stays_open(parent.target.id, function, project, set())
    return False


def _enters(attribute: ast.Attribute, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether `session.begin()` is the item of a `with`."""
    call = parents.get(attribute)
    return isinstance(call, ast.Call) and isinstance(parents.get(call), ast.withitem)


def _name_stays_open(name: str, function: Function, project: ProjectFacts, seen: set[Function]) -> bool:
    """Whether no use of a name in a function closes the session, hands it to a closer, or keeps it."""
    if name in function.scope.global_names or name in function.scope.nonlocal_names:
        return False
    parents = function.module.index.parents
    uses = [
        node
        for node in ast.walk(function.node)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
    ]
    return all(_stays_open(use, parents.get(use), function, project, seen) for use in uses)


def _stays_open(
    use: ast.expr, parent: ast.AST | None, function: Function, project: ProjectFacts, seen: set[Function]
) -> bool:
    parents = function.module.index.parents
    if isinstance(parent, ast.Attribute):
        return parent.attr not in ENDINGS and not _enters(parent, parents)
    if isinstance(parent, ast.keyword):
        call = parents.get(parent)
        return isinstance(call, ast.Call) and _callee_leaves_open(call, use, parent.arg, project, seen, function)
    if isinstance(parent, ast.Call):
        return _callee_leaves_open(parent, use, None, project, seen, function)
    return isinstance(parent, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.If | ast.Expr | ast.IfExp)


def _callee_leaves_open(
    call: ast.Call,
    argument: ast.expr,
    keyword: str | None,
    project: ProjectFacts,
    seen: set[Function],
    within: Function,
) -> bool:
    """Whether every function that a call may run certainly leaves the session open and does not keep it."""
    scope = within.module.index.scope_at(call)
    called = members(project.inference.value(call.func, scope))
    for member in called:
        if isinstance(member, Method) and _is_library_call(member):
            continue
        if isinstance(member, External) and member.name.partition(".")[0] == "builtins":
            continue
        if not isinstance(member, Bound | Class):
            return False
        functions = list(project.effects.called(member))
        if len(functions) != 1:
            return False
        name = parameter_name(functions[0], member, call, argument, keyword)
        if name is None or not _parameter_stays_open(name, functions[0], project, seen):
            return False
    return True


def _is_library_call(method: Method) -> bool:
    cls = method.receiver.cls
    return isinstance(cls, External) and any(base.startswith("sqlalchemy.") for base in external_bases(cls.name))


def parameter_name(
    function: Function, called: Bound | Class, call: ast.Call, argument: ast.expr, keyword: str | None
) -> str | None:
    """The parameter that an argument of a call fills; None where that cannot be known."""
    if keyword is not None:
        return keyword if any(p.name == keyword for p in function.parameters) else None
    offset = 1 if isinstance(called, Class) or called.receiver is not None else 0
    positions = [i for i, each in enumerate(call.args) if each is argument]
    if not positions or any(isinstance(each, ast.Starred) for each in call.args):
        return None
    position = positions[0] + offset
    return function.parameters[position].name if position < len(function.parameters) else None


def _parameter_stays_open(name: str, function: Function, project: ProjectFacts, seen: set[Function]) -> bool:
    if function in seen:
        return True
    seen.add(function)
    return _name_stays_open(name, function, project, seen)


def opened_at_import(module: ModuleFacts) -> Iterator[ast.stmt]:
    """The statements at the top level of a module of the program, or of its classes, that keep a new session."""
    project = module.project
    root = module.module.scope
    bodies = [scope for scope in module.module.index.scopes.values() if scope.is_class]
    for scope in [root, *(body for body in bodies if all(each.is_class or each is root for each in body.ancestors()))]:
        for binding in [each for bindings in scope.bindings.values() for each in bindings]:
            statement, value = binding.statement, binding.value
            if binding.kind is not Kind.ASSIGNMENT or binding.scope is not scope or not isinstance(statement, ast.stmt):
                continue
            if isinstance(value, ast.Call) and not is_main_guarded(statement, module.module):
                made = instances(project.inference.value(value, scope))
                if any(_is_fresh(each, Site(value, scope), project) for each in made):
                    yield statement


def is_main_guarded(node: ast.AST, module: Module) -> bool:
    """Whether a statement runs only when the module is the program: `if __name__ == "__main__"`."""
    current: ast.AST | None = node
    while current is not None:
        if isinstance(current, ast.If) and "__name__" in ast.unparse(current.test):
            return True
        current = module.index.parents.get(current)
    return False
