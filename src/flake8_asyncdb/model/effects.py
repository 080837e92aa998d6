"""What running a function does: the database calls that it makes itself, and the functions that it runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

from flake8_asyncdb.model import api
from flake8_asyncdb.model.inference import Inference, external_bases
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.scopes import Kind, Scope
from flake8_asyncdb.model.values import Bound, External, Instance, Method, Site, Value, instances, members


class Operation(NamedTuple):
    """A call of one of `DATABASE_METHODS` on an object of a library class."""

    site: Site
    receiver: Instance
    method: str

    @property
    def name(self) -> str:
        """Class and method, as a message names them: `Session.execute`."""
        cls = self.receiver.cls
        last = cls.name if isinstance(cls, Class) else cls.name.rpartition(".")[2]
        return f"{last}.{self.method}"

    @property
    def where(self) -> str:
        """Its file and line."""
        return f"{self.site.module.path}:{self.site.node.lineno}"


class Step(NamedTuple):
    """A place that runs a function of the project: a call, a context manager, or an attribute that is a property.

    `receiver` is the class of the object that a method is called on, which decides what the method's own calls
    on `self` mean.
    """

    node: ast.expr
    scope: Scope
    function: Function
    receiver: Class | None = None


class Witness(NamedTuple):
    """How a function comes to talk to the database: by the next function on the way, or itself, at `operation`."""

    function: Function
    following: Witness | None
    operation: Operation

    def functions(self) -> Iterator[Function]:
        """The functions on the way, first to last."""
        current: Witness | None = self
        while current is not None:
            yield current.function
            current = current.following

    @property
    def last(self) -> Function:
        """The function that makes the call on the database."""
        scope = self.operation.site.scope
        return scope.module.enclosing_function(scope) or self.function


Call = tuple[Function, Class | None, frozenset[str]]
"""A function, the class of the object that it is called on, and what it is given of all that it can do without."""
NOTHING: frozenset[str] = frozenset()


class Effects:
    """The project's call graph, built on demand; each function is looked at once."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._operations: dict[Scope, list[Operation]] = {}
        self._sync_io: dict[Scope, list[Operation]] = {}
        self._steps: dict[Scope, list[Step]] = {}
        self._blocking: dict[Call, Witness | None] = {}
        self._known_fallbacks: dict[Function, dict[ast.If, str]] = {}

    # -- one function

    def operations(self, function: Function) -> list[Operation]:
        """The calls of the database API directly in the function's body."""
        return self.operations_in(function.scope)

    def operations_in(self, scope: Scope) -> list[Operation]:
        """The calls of the database API directly in a scope."""
        if scope not in self._operations:
            self._operations[scope] = [
                operation
                for site in sites_in(scope)
                if may_call(site.node, DATABASE_METHODS)
                for operation in self._operations_at(site)
            ]
        return self._operations[scope]

    def sync_io(self, function: Function) -> list[Operation]:
        """The calls in the function's body that talk to the database on the thread that makes them."""
        return self.sync_io_in(function.scope)

    def sync_io_in(self, scope: Scope) -> list[Operation]:
        """The calls directly in a scope that talk to the database on the thread that makes them."""
        if scope not in self._sync_io:
            parents = scope.module.index.parents
            self._sync_io[scope] = [
                operation
                for site in sites_in(scope)
                if may_call(site.node, SYNC_METHODS) and not is_awaited(site.node, parents)
                for operation in self._operations_at(site)
                if is_sync_io(operation)
            ]
        return self._sync_io[scope]

    def _operations_at(self, site: Site) -> Iterator[Operation]:
        for member in members(self.inference.value(site.node.func, site.scope)):
            operation = _operation(site, member)
            if operation is not None:
                yield operation

    def steps(self, function: Function) -> list[Step]:
        """The functions of the project that the function's body runs by itself: calls, constructors, properties."""
        return self.steps_in(function.scope)

    def steps_in(self, scope: Scope) -> list[Step]:
        """The functions of the project that a scope runs by itself."""
        if scope not in self._steps:
            found = [step for site in sites_in(scope) for step in self._steps_at(site)]
            self._steps[scope] = found + list(self._entered(scope)) + list(self._properties(scope))
        return self._steps[scope]

    def steps_on_the_spot(self, function: Function) -> Iterator[Step]:
        """The functions that the function's body runs before it goes on or waits: no coroutines, nothing awaited."""
        scope, parents = function.scope, function.module.index.parents
        unawaited = (site for site in sites_in(scope) if not is_awaited(site.node, parents))
        at_sites = chain.from_iterable(map(self._steps_at, unawaited))
        for step in chain(at_sites, self._entered(scope), self._properties(scope)):
            if self.runs_at_once(step):
                yield step

    def _steps_at(self, site: Site) -> Iterator[Step]:
        for function, receiver in self._called(self.inference.value(site.node.func, site.scope)):
            yield Step(site.node, site.scope, function, receiver)

    def _entered(self, scope: Scope) -> Iterator[Step]:
        for block in scope.withs:
            names = ("__aenter__", "__aexit__") if isinstance(block, ast.AsyncWith) else ("__enter__", "__exit__")
            for item in block.items:
                at = scope.module.index.scope_at(item.context_expr)
                managers = [each.cls for each in instances(self.inference.value(item.context_expr, at))]
                for cls in managers:
                    methods = (
                        [self.inference.find_method(cls, name) for name in names] if isinstance(cls, Class) else []
                    )
                    yield from (Step(item.context_expr, at, method) for method in methods if method is not None)

    def _properties(self, scope: Scope) -> Iterator[Step]:
        properties = self.inference.project.properties if scope.attributes else ()
        read = [node for node in scope.attributes if node.attr in properties and isinstance(node.ctx, ast.Load)]
        for node in sorted(read, key=lambda node: (node.lineno, node.col_offset)):
            at = scope.module.index.scope_at(node)
            for instance in instances(self.inference.value(node.value, at)):
                if isinstance(instance.cls, Class):
                    found = self.inference.find_method(instance.cls, node.attr)
                    if found is not None and self.inference.is_property(found):
                        yield Step(node, at, found)

    def called(self, value: Value) -> Iterator[Function]:
        """The functions that calling `value` runs on the caller's thread."""
        for function, _ in self._called(value):
            yield function

    def _called(self, value: Value) -> Iterator[tuple[Function, Class | None]]:
        for member in members(value):
            if isinstance(member, Class):
                method = self.inference.find_method(member, "__init__")
                receiver: Class | None = member
            elif isinstance(member, Bound):
                method = None if self.inference.is_opaque(member.function) else member.function
                of_project = isinstance(member.receiver, Instance) and isinstance(member.receiver.cls, Class)
                receiver = member.receiver.cls if of_project else None  # type: ignore[union-attr, assignment]
            elif isinstance(member, Instance) and isinstance(member.cls, Class):
                method = self.inference.find_method(member.cls, "__call__")
                receiver = member.cls
            else:
                continue
            if method is not None:
                yield method, receiver

    def _steps_on(self, function: Function, receiver: Class | None) -> Iterator[Step]:
        """The steps of a method with its calls on `self` looked up on the class that it is called on."""
        if receiver is None or function.owner is None or not function.parameters:
            yield from self.steps(function)
            return
        own = function.parameters[0].name
        for step in self.steps(function):
            if not _is_call_on(step.node, own):
                yield step
        for site in sites(function):
            if _is_call_on(site.node, own) and isinstance(site.node.func, ast.Attribute):
                method = self.inference.find_method(receiver, site.node.func.attr)
                if method is not None and not self.inference.is_opaque(method):
                    yield Step(site.node, site.scope, method, receiver)

    # -- through functions

    def reachable(self, start: Function, follow: Callable[[Step], bool]) -> Iterator[Function]:
        """The function and all that it runs, through the steps that `follow` accepts."""
        seen = {start}
        queue = [start]
        for function in queue:
            yield function
            for step in self.steps(function):
                if step.function not in seen and follow(step):
                    seen.add(step.function)
                    queue.append(step.function)

    def blocking_at(self, step: Step) -> Witness | None:
        """How a step does sync database I/O on the thread that it runs on; None if it does not."""
        return self.blocking(*self._call(step))

    def blocking(
        self, function: Function, receiver: Class | None = None, given: frozenset[str] = NOTHING
    ) -> Witness | None:
        """How a sync function does sync database I/O on its caller's thread, the shortest way; None if it does not."""
        start = (function, receiver, given)
        if start in self._blocking:
            return self._blocking[start]
        came_from: dict[Call, Call | None] = {start: None}
        depths = {start: 0}
        queue = [start]
        shortest: tuple[int, Call, Witness] | None = None
        for call in queue:
            if shortest is not None and depths[call] + 1 >= shortest[0]:
                break
            witness = self._blocking[call] if call in self._blocking else self._own_witness(call)
            if witness is not None:
                length = depths[call] + len(list(witness.functions()))
                if shortest is None or length < shortest[0]:
                    shortest = length, call, witness
                continue
            if call in self._blocking:
                continue
            reached, on, had = call
            for step in self._steps_on(reached, on):
                following = self._call(step)
                if following in came_from or not self.runs_at_once(step) or is_optional(step.node, reached):
                    continue
                if not self._is_spared(step.node, reached, had):
                    came_from[following] = call
                    depths[following] = depths[call] + 1
                    queue.append(following)
        if shortest is not None:
            return self._witnesses_back_to(start, *shortest[1:], came_from)
        self._blocking.update(dict.fromkeys(came_from, None))
        return None

    def _own_witness(self, call: Call) -> Witness | None:
        function, _, given = call
        found = [
            operation
            for operation in self.sync_io(function)
            if not _is_rollback_of_failure(operation, function)
            and not is_optional(operation.site.node, function)
            and not self._is_spared(operation.site.node, function, given)
        ]
        return Witness(function, None, found[0]) if found else None

    def _witnesses_back_to(
        self, start: Call, call: Call, witness: Witness, came_from: dict[Call, Call | None]
    ) -> Witness:
        """Remember, for each call on the way that was found, how it goes on; the witness of its start."""
        self._blocking[call] = witness
        while call != start:
            before = came_from[call]
            assert before is not None
            call = before
            witness = self._blocking[call] = Witness(call[0], witness, witness.operation)
        return witness

    def _call(self, step: Step) -> Call:
        dispensable = set(self._fallbacks(step.function).values())
        given = _given(step, dispensable) if dispensable and isinstance(step.node, ast.Call) else NOTHING
        return step.function, step.receiver, given

    def _fallbacks(self, function: Function) -> dict[ast.If, str]:
        if function not in self._known_fallbacks:
            self._known_fallbacks[function] = dict(_fallbacks(function))
        return self._known_fallbacks[function]

    def _is_spared(self, node: ast.AST, function: Function, given: frozenset[str]) -> bool:
        """Whether a node runs only for callers that leave out an argument which is given."""
        if not given:
            return False
        fallbacks = self._fallbacks(function)
        parents = function.module.index.parents
        child, parent = node, parents.get(node)
        while parent is not None and child is not function.node:
            if isinstance(parent, ast.If) and child in parent.body and fallbacks.get(parent) in given:
                return True
            child, parent = parent, parents.get(parent)
        return False

    def runs_at_once(self, step: Step) -> bool:
        """Whether a step runs its function's body on the spot: not a coroutine, nor a generator that nothing drives."""
        if step.function.is_async:
            return False
        if not step.function.is_generator or not isinstance(step.node, ast.Call):
            return True
        parent = step.scope.module.index.parents.get(step.node)
        if isinstance(parent, ast.withitem | ast.For | ast.comprehension | ast.YieldFrom | ast.Starred):
            return True
        return isinstance(parent, ast.Call) and self.inference.value(parent.func, step.scope) in DRIVERS


def _is_call_on(node: ast.expr, name: str) -> bool:
    """Whether a node is `name.method(...)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == name
    )


def _fallbacks(function: Function) -> Iterator[tuple[ast.If, str]]:
    """The `if argument is None:` of a function, each with the argument that it makes up for."""
    names = {
        parameter.name: parameter.name
        for parameter in function.parameters
        if isinstance(parameter.value, ast.Constant) and parameter.value.value is None
    }
    others = function.node.args.kwarg
    if others is not None:
        for bindings in function.scope.bindings.values():
            match [binding.value for binding in bindings]:
                case [
                    ast.Call(
                        func=ast.Attribute(value=ast.Name(id=owner), attr="get" | "pop"),
                        args=[ast.Constant(value=str(key)), *_],
                    )
                ] if owner == others.arg:
                    names[bindings[0].name] = key
    for node in ast.walk(function.node) if names else ():
        match node:
            case ast.If(
                test=ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=None)])
            ) if name in names:
                yield node, names[name]


def _given(step: Step, dispensable: set[str]) -> frozenset[str]:
    """Which of these arguments a call gives, and not as a None or as an argument that its own caller may leave out."""
    assert isinstance(step.node, ast.Call)
    parameters = step.function.parameters
    if step.function.owner is not None and parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    arguments = {keyword.arg: keyword.value for keyword in step.node.keywords if keyword.arg is not None}
    for parameter, argument in zip(parameters, step.node.args, strict=False):
        if isinstance(argument, ast.Starred):
            break
        arguments[parameter.name] = argument
    return frozenset(name for name in dispensable & arguments.keys() if not _may_be_none(arguments[name], step.scope))


def _may_be_none(argument: ast.expr, scope: Scope) -> bool:
    """Whether an argument is visibly None, or a parameter that may be."""
    match argument:
        case ast.Constant(value=value):
            return value is None
        case ast.IfExp(body=body, orelse=orelse):
            return _may_be_none(body, scope) or _may_be_none(orelse, scope)
        case ast.Name(id=name):
            bindings = scope.bindings.get(name, [])
            return bool(bindings) and all(binding.kind is Kind.PARAMETER for binding in bindings)
    return False


def is_optional(node: ast.AST, function: Function) -> bool:
    """Whether a node runs only if the caller gives a parameter that is otherwise None, False or empty."""
    optional = {
        parameter.name
        for parameter in function.parameters
        if isinstance(parameter.value, ast.Constant) and not parameter.value.value
    }
    parents = function.module.index.parents
    child, parent = node, parents.get(node)
    while optional and parent is not None and child is not function.node:
        if isinstance(parent, ast.If) and child in parent.body and _wants_any(parent.test, optional):
            return True
        child, parent = parent, parents.get(parent)
    return False


def _wants_any(test: ast.expr, names: set[str]) -> bool:
    """Whether a condition can hold only if one of the names is true, or not None."""
    match test:
        case ast.Name(id=name):
            return name in names
        case ast.BoolOp(op=ast.And(), values=values):
            return any(_wants_any(value, names) for value in values)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return name in names
    return False


def _is_rollback_of_failure(operation: Operation, function: Function) -> bool:
    """Whether an operation only rolls back what has failed: in an `except` clause, or where a `with` is left."""
    if operation.method != "rollback":
        return False
    if function.name in ("__exit__", "__aexit__"):
        return True
    index = function.module.index
    return any(index.is_inside(operation.site.node, handler) for handler in function.scope.handlers)


def _operation(site: Site, called: Value) -> Operation | None:
    if isinstance(called, Method):
        return Operation(site, called.receiver, called.name)
    if isinstance(called, External) and called.name in api.DRIVER_CONNECTS:
        module, _, function = called.name.rpartition(".")
        return Operation(site, Instance(External(module)), function)
    return None


# Not `next`, which runs a generator only to its first `yield`: of a provider of sessions the part without I/O.
DRIVERS = tuple(External(f"builtins.{name}") for name in ("list", "tuple", "set", "sum", "any", "all"))


def sites(function: Function) -> list[Site]:
    """The calls in a function's own body, comprehensions included, nested functions and lambdas not."""
    return sites_in(function.scope)


def sites_in(scope: Scope) -> list[Site]:
    """The calls directly in a scope."""
    index = scope.module.index
    if scope not in index.sites:
        index.sites[scope] = [Site(node, index.scope_of_call[node]) for node in scope.calls]
    return index.sites[scope]


SYNC_IO = {api.SESSION: api.SESSION_IO, api.CONNECTION: api.CONNECTION_IO, api.ENGINE: api.ENGINE_IO}
SYNC_METHODS = frozenset().union(*SYNC_IO.values(), api.METADATA_IO, {"connect"})
"""The last words of the calls that can be sync I/O."""
DATABASE_METHODS = SYNC_METHODS | api.ASYNC_METHODS
"""The methods of sessions, connections, engines and metadata: what a call can be an operation by."""


def is_sync_io(operation: Operation) -> bool:
    """Whether the call talks to the database on the thread that makes it; what is awaited belongs to another class."""
    cls = operation.receiver.cls
    if not isinstance(cls, External) or is_awaited(operation.site.node, operation.site.module.index.parents):
        return False
    if cls.name == api.METADATA:
        return operation.method in api.METADATA_IO and bool(operation.site.node.args or operation.site.node.keywords)
    if cls.name == api.SCOPED_SESSION:
        return operation.method in api.SESSION_IO
    if f"{cls.name}.{operation.method}" in api.DRIVER_CONNECTS:
        return True
    return any(operation.method in SYNC_IO.get(name, ()) for name in external_bases(cls.name))


def may_call(call: ast.Call, methods: frozenset[str]) -> bool:
    """Whether a call can be one of these methods, by the look of it: a plain name can stand for any."""
    return call.func.attr in methods if isinstance(call.func, ast.Attribute) else True


def is_awaited(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether an expression is the operand of `await`."""
    return isinstance(parents.get(node), ast.Await)
