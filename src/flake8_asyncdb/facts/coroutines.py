"""Calls on the async API: what is done with what they return."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.model import api
from flake8_asyncdb.model.api_tables import COROUTINES, ENTER_ONLY, PLAIN, STARTABLES
from flake8_asyncdb.model.inference import external_bases
from flake8_asyncdb.model.scopes import Kind, Scope
from flake8_asyncdb.model.values import External, Instance, Method, Site, Tri, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

_USED_AS_RESULT = (ast.Attribute, ast.Subscript, ast.Compare, ast.BinOp, ast.FormattedValue, ast.UnaryOp)
_TESTS = (ast.If, ast.While, ast.IfExp, ast.Assert)


class AsyncCall(NamedTuple):
    """One call of a method of AsyncSession, AsyncConnection, AsyncEngine or async_scoped_session."""

    site: Site
    receiver: Instance
    method: str
    project: ProjectFacts

    @property
    def node(self) -> ast.Call:
        return self.site.node

    @property
    def text(self) -> str:
        """The call as the code writes it, without its arguments."""
        return f"{ast.unparse(self.node.func)}()"

    @property
    def receiver_text(self) -> str:
        """The object that it is called on, as the code writes it."""
        return ast.unparse(self.node.func.value) if isinstance(self.node.func, ast.Attribute) else "session"

    @property
    def class_name(self) -> str:
        """The receiver's class, as a message names it."""
        bases = [name for name in self._bases() if name in COROUTINES]
        return bases[-1].rpartition(".")[2] if bases else "AsyncSession"

    def _bases(self) -> list[str]:
        cls = self.receiver.cls
        return list(external_bases(cls.name)) if isinstance(cls, External) else []

    def _is_in(self, table: dict[str, list[str]]) -> bool:
        return any(self.method in table.get(name, ()) for name in self._bases())

    @property
    def returns_coroutine(self) -> bool:
        """Whether what it returns does nothing until it is awaited."""
        return self._is_in(COROUTINES) or self._is_in(api.EXTRA_COROUTINES)

    @property
    def is_startable(self) -> bool:
        """Whether what it returns may be awaited or entered."""
        return self._is_in(STARTABLES)

    @property
    def is_awaited_in_vain(self) -> bool:
        """Whether it is awaited although it is an ordinary method, or one that can only be entered."""
        return isinstance(self._parent(), ast.Await) and (self._is_in(PLAIN) or self._is_in(ENTER_ONLY))

    @property
    def is_query(self) -> bool:
        """Whether it is the `query` that only sync sessions have."""
        return self.method == "query" and self._is_in_session()

    def _is_in_session(self) -> bool:
        return bool({api.ASYNC_SESSION, api.ASYNC_SCOPED_SESSION} & set(self._bases()))

    @property
    def is_dropped(self) -> bool:
        """Whether nothing awaits, passes on or keeps what it returns, or it is used as if it were the result."""
        parent = self._parent()
        if isinstance(parent, ast.Expr):
            return self.returns_coroutine or self.is_startable
        return self.returns_coroutine and (self._is_used_as_result(self.node, parent) or self._kept_as_result())

    def _is_used_as_result(self, node: ast.expr, parent: ast.AST | None) -> bool:
        if isinstance(parent, _USED_AS_RESULT):
            return True
        if isinstance(parent, ast.For):
            return parent.iter is node
        if isinstance(parent, ast.comprehension):
            return parent.iter is node and not parent.is_async
        if isinstance(parent, _TESTS):
            return parent.test is node
        return False

    def _kept_as_result(self) -> bool:
        """Whether it is assigned to a name that is only ever used as if it were the result."""
        parent = self._parent()
        if (
            not isinstance(parent, ast.Assign)
            or len(parent.targets) != 1
            or not isinstance(parent.targets[0], ast.Name)
        ):
            return False
        name, scope = parent.targets[0].id, self.site.scope.owner
        if len(scope.bindings.get(name, ())) != 1:
            return False
        index = self.site.module.index
        uses = [node for node in scope.names if node.id == name and isinstance(node.ctx, ast.Load)]
        return bool(uses) and all(self._is_used_as_result(use, index.parents.get(use)) for use in uses)

    def _parent(self) -> ast.AST | None:
        return self.site.module.index.parents.get(self.node)


def async_calls(module: ModuleFacts) -> Iterator[AsyncCall]:
    """The calls of async methods in a module."""
    project = module.project
    for site in module.calls_of(*sorted(api.ASYNC_METHODS)):
        found = members(project.inference.value(site.node.func, site.scope))
        methods = [member for member in found if isinstance(member, Method)]
        if not found or len(methods) != len(found) or _is_hand_driven(site, project):
            continue
        if all(_is_async_class(method.receiver) for method in methods):
            yield AsyncCall(site, methods[0].receiver, methods[0].name, project)


def _is_async_class(instance: Instance) -> bool:
    return isinstance(instance.cls, External) and any(name in COROUTINES for name in external_bases(instance.cls.name))


def _is_hand_driven(site: Site, project: ProjectFacts) -> bool:
    """Whether the receiver is the variable of a loop over a provider, which is a finding of its own."""
    receiver = site.node.func.value if isinstance(site.node.func, ast.Attribute) else None
    if not isinstance(receiver, ast.Name):
        return False
    found = project.inference.find_bindings(receiver.id, site.scope, receiver)
    return any(binding.kind is Kind.LOOP for binding in found)


TASK_STARTERS = frozenset({"asyncio.create_task", "asyncio.ensure_future", "asyncio.tasks.create_task"})
GATHERERS = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed"})


class SharedSession(NamedTuple):
    """A place that runs several tasks on one session."""

    node: ast.Call
    name: str
    call: str


def shared_sessions(module: ModuleFacts) -> Iterator[SharedSession]:
    """The `gather` and `create_task` calls of a module that hand one AsyncSession to several tasks."""
    for site in module.calls_to(*GATHERERS):
        if _is_in_coroutine(site):
            yield from _gathered(site, module)
    started: dict[Scope, list[Site]] = {}
    for site in dict.fromkeys([*module.calls_to(*TASK_STARTERS), *module.calls_of("create_task")]):
        if site.node.args and _is_in_coroutine(site) and _starts_task(site, module):
            started.setdefault(site.scope.owner, []).append(site)
    for sites in started.values():
        yield from _started(sorted(sites, key=lambda site: (site.node.lineno, site.node.col_offset)), module)


def _is_in_coroutine(site: Site) -> bool:
    return isinstance(site.scope.owner.node, ast.AsyncFunctionDef)


def _gathered(site: Site, module: ModuleFacts) -> Iterator[SharedSession]:
    scope = site.scope.owner
    counts: dict[str, int] = {}
    for argument in site.node.args:
        for expression, times in _tasks(argument, module, scope):
            if isinstance(expression, ast.Call) and _starts_task(Site(expression, scope), module):
                continue
            for name in _sessions_used(expression, module):
                counts[name] = counts.get(name, 0) + times
    for name, count in counts.items():
        if count > 1:
            yield SharedSession(site.node, name, ast.unparse(site.node.func))
            break


def _tasks(argument: ast.expr, module: ModuleFacts, scope: Scope) -> Iterator[tuple[ast.expr, int]]:
    """The coroutines behind one argument, each with how often it is made (2 stands for many)."""
    node = argument.value if isinstance(argument, ast.Starred) else argument
    if isinstance(node, ast.Name):
        for binding in module.project.inference.find_bindings(node.id, scope, node):
            if binding.value is not None and not binding.path and binding.scope.owner is scope.owner:
                if isinstance(binding.value, ast.ListComp | ast.GeneratorExp | ast.List):
                    node = binding.value
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        yield node.elt, 2
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from _tasks(element, module, scope)
    else:
        yield node, 1


def _started(sites: list[Site], module: ModuleFacts) -> Iterator[SharedSession]:
    """Several of a function's `create_task` calls on one session, or one in a loop."""
    counts: dict[str, int] = {}
    first: dict[str, ast.Call] = {}
    for site in sites:
        for name in _sessions_used(site.node.args[0], module):
            first.setdefault(name, site.node)
            counts[name] = counts.get(name, 0) + (2 if _repeats(site, name, module) else 1)
    for name, count in counts.items():
        if count > 1:
            yield SharedSession(first[name], name, ast.unparse(first[name].func))


def _starts_task(site: Site, module: ModuleFacts) -> bool:
    value = module.project.inference.value(site.node.func, site.scope)
    if isinstance(value, External):
        return value.name in TASK_STARTERS
    return (
        isinstance(value, Method)
        and value.name == "create_task"
        and value.receiver.cls == External("asyncio.TaskGroup")
    )


def _repeats(site: Site, name: str, module: ModuleFacts) -> bool:
    """Whether a call stands in a loop or comprehension that does not bind the session anew at every turn."""
    index = site.module.index
    root = name.partition(".")[0]
    current: ast.AST | None = site.node
    while current is not None and current is not site.scope.owner.node:
        if isinstance(current, ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.SetComp | ast.GeneratorExp):
            inside = [b for b in site.scope.owner.bindings.get(root, ()) if index.is_inside(b.statement, current)]
            return not inside
        current = index.parents.get(current)
    return False


def _sessions_used(node: ast.expr, module: ModuleFacts) -> set[str]:
    """The AsyncSessions of the surrounding function that a coroutine expression uses, by their dotted names."""
    project = module.project
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute) and isinstance(part.ctx, ast.Load):
            scope = module.module.index.scope_at(part)
            value = project.inference.value(part, scope)
            is_session = project.inference.is_instance(value, api.ASYNC_SESSION) is Tri.YES
            if is_session and not _is_bound_inside(part, module):
                found.add(ast.unparse(part))
        if isinstance(part, ast.Call):
            found |= _sessions_of_call(part, module)
    return found


def _is_bound_inside(part: ast.expr, module: ModuleFacts) -> bool:
    """Whether the name is the variable of a comprehension, a new one at every turn."""
    root = part
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return True
    bindings = module.project.inference.find_bindings(root.id, module.module.index.scope_at(part), root)
    return any(binding.kind is Kind.LOOP and isinstance(binding.node, ast.comprehension) for binding in bindings)


def _sessions_of_call(call: ast.Call, module: ModuleFacts) -> set[str]:
    """The sessions that a called nested function captures, or a called method takes from its object."""
    project = module.project
    scope = module.module.index.scope_at(call)
    found: set[str] = set()
    for step in project.effects.called(project.inference.value(call.func, scope)):
        if not step.is_async or (step.module is not module.module and step.owner is None):
            continue
        for operation in project.effects.operations(step):
            receiver = operation.site.node.func
            if not isinstance(receiver, ast.Attribute) or not _is_async_class(operation.receiver):
                continue
            name = ast.unparse(receiver.value)
            own = step.parameters[0].name if step.owner and step.parameters else None
            if own and name.startswith(f"{own}.") and isinstance(call.func, ast.Attribute):
                found.add(f"{ast.unparse(call.func.value)}.{name.partition('.')[2]}")
            elif step.owner is None and isinstance(receiver.value, ast.Name) and name not in step.scope.bindings:
                if step.outer.owner is not step.module.scope:
                    found.add(name)
    return found
