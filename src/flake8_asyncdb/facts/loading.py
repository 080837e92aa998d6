"""Mapped objects that a function loads from a session, itself or through functions of the project."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.closing import parameter_name
from flake8_asyncdb.facts.providers import providers_of, request_sessions
from flake8_asyncdb.model import api
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.scopes import Binding, Kind, Scope, last_word
from flake8_asyncdb.model.values import Bound, External, Tri, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

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


class Loaded(NamedTuple):
    """Mapped objects: the name of the session that they come from, and their class."""

    session: str
    cls: Class


class Loading:
    """Tells which of a function's expressions are mapped objects that come from its sessions, known by their names."""

    def __init__(self, sessions: Collection[str], project: ProjectFacts, seen: frozenset[Function]) -> None:
        self.sessions = sessions
        self.project = project
        self.seen = seen
        self._pending: set[ast.Name] = set()

    def of(self, node: ast.expr, scope: Scope, *, rows: bool = False) -> Loaded | None:
        """The objects that an expression surely stands for, one or many; with `rows`, those in its rows."""
        if isinstance(node, ast.Await):
            return self.of(node.value, scope, rows=rows)
        if isinstance(node, ast.Name):
            return self._by_name(node, scope, rows=rows)
        if not isinstance(node, ast.Call):
            return None
        if isinstance(node.func, ast.Attribute):
            found = self._by_method(node, node.func, scope, rows=rows)
            if found is not None:
                return found
        return None if rows else self._by_function(node, scope)

    def _by_name(self, node: ast.Name, scope: Scope, *, rows: bool) -> Loaded | None:
        if node in self._pending:
            return None
        self._pending.add(node)
        bindings = self.project.inference.find_bindings(node.id, scope, node)
        found = {self._by_binding(binding, rows=rows) for binding in bindings}
        self._pending.discard(node)
        return found.pop() if len(found) == 1 else None

    def _by_binding(self, binding: Binding, *, rows: bool) -> Loaded | None:
        if binding.kind is Kind.PARAMETER and not rows:
            return self._by_dependency(binding)
        if binding.value is None or binding.path or binding.kind not in (Kind.ASSIGNMENT, Kind.LOOP):
            return None
        return self.of(binding.value, binding.scope, rows=rows)

    def _by_dependency(self, binding: Binding) -> Loaded | None:
        """What a dependency loads from the session of the same request and returns."""
        providers = list(providers_of(binding, self.project))
        if len(providers) != 1 or providers[0] in self.seen:
            return None
        sessions = request_sessions(providers[0], self.project)
        return Loading(sessions, self.project, self.seen | {providers[0]}).returned_by(providers[0])

    def returned_by(self, function: Function) -> Loaded | None:
        """What a function surely returns, where it returns anything."""
        if function.is_generator or expunges(function):
            return None
        returned = [node.value for node in function.scope.returns if node.value is not None]
        found = {self.of(node, function.scope) for node in returned if not _is_none(node)}
        return found.pop() if len(found) == 1 else None

    def _by_method(self, call: ast.Call, called: ast.Attribute, scope: Scope, *, rows: bool) -> Loaded | None:
        receiver, method = ast.unparse(called.value), called.attr
        if receiver not in self.sessions:
            if method in SCALAR_METHODS:
                return self.of(called.value, scope, rows=True)
            goes_on = method in RESULT_METHODS or _extends_query(called, scope, self.project)
            return self.of(called.value, scope) if goes_on and not rows else None
        loads = method == "execute" if rows else method in CLASS_METHODS | STATEMENT_METHODS
        if not loads or not call.args:
            return None
        model = call.args[0] if method in CLASS_METHODS else self._selected(call.args[0], scope)
        cls = None if model is None else _mapped(model, scope, self.project)
        return None if cls is None else Loaded(receiver, cls)

    def _selected(self, node: ast.expr, scope: Scope) -> ast.expr | None:
        """The only thing that a statement selects."""
        if isinstance(node, ast.Name) and node not in self._pending:
            self._pending.add(node)
            bindings = self.project.inference.find_bindings(node.id, scope, node)
            value = bindings[0].value if len(bindings) == 1 and not bindings[0].path else None
            selected = self._selected(value, bindings[0].scope) if isinstance(value, ast.Call) else None
            self._pending.discard(node)
            return selected
        if not isinstance(node, ast.Call):
            return None
        if self.project.inference.value(node.func, scope) in SELECTS:
            return node.args[0] if len(node.args) == 1 else None
        if not isinstance(node.func, ast.Attribute) or node.func.attr in SELECTING:
            return None
        return self._selected(node.func.value, scope)

    def _by_function(self, call: ast.Call, scope: Scope) -> Loaded | None:
        """What a function of the project that is given a session loads from it and returns."""
        called = members(self.project.inference.value(call.func, scope))
        if len(called) != 1 or not isinstance(called[0], Bound):
            return None
        function = called[0].function
        if function in self.seen:
            return None
        arguments = [(None, argument) for argument in call.args] + [(k.arg, k.value) for k in call.keywords]
        given = {
            parameter_name(function, called[0], call, argument, keyword): ast.unparse(argument)
            for keyword, argument in arguments
            if ast.unparse(argument) in self.sessions
        }
        inner = Loading([name for name in given if name], self.project, self.seen | {function})
        loaded = inner.returned_by(function) if given else None
        return None if loaded is None else Loaded(given.get(loaded.session, loaded.session), loaded.cls)


def expunges(function: Function) -> bool:
    """Whether a function takes objects out of a session."""
    return any(last_word(node.func) in EXPUNGING for node in function.scope.calls)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _extends_query(called: ast.Attribute, scope: Scope, project: ProjectFacts) -> bool:
    """Whether a method of a `Query` returns one of the same objects, or loads one."""
    if project.inference.is_instance(project.inference.value(called.value, scope), api.QUERY) is not Tri.YES:
        return False
    return called.attr == "get" or called.attr not in api.QUERY_ENDS | SELECTING


def _mapped(node: ast.expr, scope: Scope, project: ProjectFacts) -> Class | None:
    cls = project.inference.value(node, scope)
    return cls if isinstance(cls, Class) and project.is_declarative(cls) is Tri.YES else None
