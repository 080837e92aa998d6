"""What running a function does: the database calls that it makes itself, and the functions that it runs."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flake8_asyncdb.model import api
from flake8_asyncdb.model.inference import Inference, external_bases
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.values import Bound, External, Instance, Method, Site, Value, members


@dataclass(frozen=True, slots=True)
class Operation:
    """A call of a method on an object of a library class."""

    site: Site
    receiver: Instance
    method: str

    @property
    def name(self) -> str:
        """Class and method, as a message names them: `Session.execute`."""
        cls = self.receiver.cls
        last = cls.name if isinstance(cls, Class) else cls.name.rpartition(".")[2]
        return f"{last}.{self.method}"


@dataclass(frozen=True, slots=True)
class Step:
    """A call that runs a function of the project."""

    site: Site
    function: Function


class Effects:
    """The project's call graph, built on demand; each function is looked at once."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._operations: dict[Function, list[Operation]] = {}
        self._steps: dict[Function, list[Step]] = {}

    def operations(self, function: Function) -> list[Operation]:
        """The method calls on library objects directly in the function's body."""
        if function not in self._operations:
            self._operations[function] = [
                Operation(site, member.receiver, member.name)
                for site in sites(function)
                for member in members(self.inference.value(site.node.func, site.scope))
                if isinstance(member, Method)
            ]
        return self._operations[function]

    def steps(self, function: Function) -> list[Step]:
        """The functions of the project that the function's body calls by itself, constructors included."""
        if function not in self._steps:
            self._steps[function] = [
                Step(site, called)
                for site in sites(function)
                for called in self.called(self.inference.value(site.node.func, site.scope))
            ]
        return self._steps[function]

    def called(self, value: Value) -> Iterator[Function]:
        """The functions that calling `value` runs on the caller's thread."""
        for member in members(value):
            if isinstance(member, Class):
                constructor = self.inference.class_attribute(member, "__init__", Instance(member))
                yield from self.called(constructor) if isinstance(constructor, Bound) else ()
            elif isinstance(member, Bound) and not self.inference.is_opaque(member.function):
                yield member.function
            elif isinstance(member, Instance) and isinstance(member.cls, Class):
                called = self.inference.class_attribute(member.cls, "__call__", member)
                yield from self.called(called) if isinstance(called, Bound) else ()

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


def sites(function: Function) -> Iterator[Site]:
    """The calls in a function's own body, comprehensions included, nested functions and lambdas not."""
    scope_of_call = function.module.index.scope_of_call
    for node in function.scope.calls:
        yield Site(node, scope_of_call[node])


def is_sync_io(operation: Operation) -> bool:
    """Whether the call talks to the database on the thread that makes it."""
    cls = operation.receiver.cls
    if not isinstance(cls, External):
        return False
    for name in external_bases(cls.name):
        if name in SYNC_IO:
            return operation.method in SYNC_IO[name]
    if cls.name == api.SCOPED_SESSION:
        return operation.method in api.SESSION_IO
    return False


SYNC_IO = {api.SESSION: api.SESSION_IO, api.CONNECTION: api.CONNECTION_IO, api.ENGINE: api.ENGINE_IO}


def is_awaited(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether an expression is the operand of `await`."""
    return isinstance(parents.get(node), ast.Await)
