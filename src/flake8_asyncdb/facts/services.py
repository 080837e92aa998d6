"""Classes that work on the database: what they hold, what their methods do, and who builds them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from flake8_asyncdb.facts.closing import is_main_guarded
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import Operation, sites
from flake8_asyncdb.model.inference import external_bases
from flake8_asyncdb.model.project import Class, Function, Module
from flake8_asyncdb.model.scopes import Kind
from flake8_asyncdb.model.values import Bound, External, Site, Tri, Value, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

DATA_ACCESS = frozenset(
    """add add_all bulk_insert_mappings bulk_save_objects bulk_update_mappings delete exec
    exec_driver_sql execute get get_one merge query scalar scalars stream stream_scalars""".split()
)
HOLDINGS = (
    api.SESSION,
    api.ASYNC_SESSION,
    api.ENGINE,
    api.ASYNC_ENGINE,
    api.SESSIONMAKER,
    api.ASYNC_SESSIONMAKER,
    api.SCOPED_SESSION,
    api.ASYNC_SCOPED_SESSION,
)
NO_SERVICES = frozenset(
    """pydantic.BaseModel pydantic_settings.BaseSettings sqlmodel.SQLModel builtins.Exception
    builtins.BaseException builtins.ValueError builtins.RuntimeError enum.Enum typing.NamedTuple
    typing.TypedDict builtins.dict builtins.list builtins.set builtins.str builtins.tuple
    collections.UserDict collections.UserList""".split()
)
_ON_NO_TABLE = re.compile(
    r"\s*(?:SELECT\b(?!.*\bFROM\b)|(?:PRAGMA|SET|SHOW|VACUUM|ANALYZE)\b)", re.IGNORECASE | re.DOTALL
)
CONTEXT_METHODS = ("__enter__", "__aenter__")


def _is_no_service(base: str) -> bool:
    """Whether an external base makes a class data, an exception or a context manager."""
    return base in NO_SERVICES or base.endswith(("Exception", "Error", "ContextManager"))


class Singleton:
    """A service object that lives as long as its module."""

    def __init__(self, node: ast.stmt, name: str, cls: Class) -> None:
        self.node = node
        self.name = name
        self.cls = cls


def singletons_with_session(module: Module, project: ProjectFacts) -> Iterator[Singleton]:
    """The module-level objects, made at once or lazily, whose constructor keeps a session on them."""
    for name, bindings in module.scope.bindings.items():
        for binding in bindings:
            if binding.kind is not Kind.ASSIGNMENT or not isinstance(binding.value, ast.Call):
                continue
            if is_main_guarded(binding.value, module):
                continue
            for instance in instances(project.inference.value(binding.value, binding.scope)):
                made = binding.value if instance.site is None else instance.site.node
                if isinstance(instance.cls, Class) and _constructor_keeps_session(instance.cls, made, project):
                    assert isinstance(binding.statement, ast.stmt)
                    yield Singleton(binding.statement, name, instance.cls)


def _constructor_keeps_session(cls: Class, call: ast.Call, project: ProjectFacts) -> bool:
    constructor = project.inference.find_method(cls, "__init__")
    if constructor is None:
        return False
    left_out = _parameters_left_none(constructor, call)
    return any(
        project.inference.is_instance(project.inference.bound(store), api.SESSION, api.ASYNC_SESSION) is Tri.YES
        and not (isinstance(store.value, ast.Constant) and store.value.value is None)
        and not (isinstance(store.value, ast.Name) and store.value.id in left_out)
        for store in constructor.scope.attribute_stores
    )


def _parameters_left_none(constructor: Function, call: ast.Call) -> set[str]:
    """The parameters that a call does not give, and that are None then."""
    given = {keyword.arg for keyword in call.keywords}
    given |= {parameter.name for parameter in constructor.parameters[1 : len(call.args) + 1]}
    return {
        parameter.name
        for parameter in constructor.parameters
        if isinstance(parameter.value, ast.Constant) and parameter.value.value is None and parameter.name not in given
    }


class Service:
    """A class of the project, looked at as a part of the database layer."""

    def __init__(self, cls: Class, project: ProjectFacts) -> None:
        self.cls = cls
        self.project = project

    @property
    def node(self) -> ast.ClassDef:
        return self.cls.node

    @cached_property
    def is_service(self) -> bool:
        """Whether it is a service, repository or database class: holds a session or engine, or runs queries."""
        if self._is_something_else or self._is_unit_of_work:
            return False
        return self.holds_database or self.runs_queries

    @property
    def may_be_cached(self) -> bool:
        """Whether its metaclass may give the same object for every call."""
        return any(
            self.project.inference.value(keyword.value, cls.outer) != External("abc.ABCMeta")
            for cls in self._own_classes()
            for keyword in cls.node.keywords
            if keyword.arg == "metaclass"
        )

    @property
    def _is_unit_of_work(self) -> bool:
        """Whether its own `commit` commits its session, and the queries are left to others."""
        commit = self.project.inference.find_method(self.cls, "commit")
        if commit is None or self.runs_queries:
            return False
        return any(operation.method == "commit" for operation in self._operations(commit))

    @cached_property
    def _is_something_else(self) -> bool:
        if self.project.is_declarative(self.cls) is Tri.YES or self._is_dataclass:
            return True
        for base in self.project.inference.linearized(self.cls):
            if isinstance(base, External) and _is_no_service(base.name):
                return True
            if isinstance(base, Class) and any(name in base.methods for name in CONTEXT_METHODS):
                return True
        return False

    @property
    def _is_dataclass(self) -> bool:
        for node in self.cls.node.decorator_list:
            called = node.func if isinstance(node, ast.Call) else node
            value = self.project.inference.value(called, self.cls.outer)
            if isinstance(value, External) and value.name.rpartition(".")[2] in (
                "dataclass",
                "define",
                "attrs",
            ):
                return True
        return False

    def _own_classes(self) -> Iterator[Class]:
        for base in self.project.inference.linearized(self.cls):
            if isinstance(base, Class):
                yield base

    @cached_property
    def held(self) -> list[Value]:
        """What its methods store on the object, its own and inherited ones."""
        return [
            self.project.inference.bound(store)
            for cls in self._own_classes()
            for stores in cls.instance_stores.values()
            for store in stores
        ]

    @cached_property
    def holds_database(self) -> bool:
        """Whether it stores a session, an engine, a factory, or another service."""
        inference = self.project.inference
        for value in self.held:
            if inference.is_instance(value, *HOLDINGS) is Tri.YES:
                return True
            for instance in instances(value):
                if isinstance(instance.cls, Class) and instance.cls is not self.cls:
                    if self.project.holds_database(instance.cls):
                        return True
        return False

    @cached_property
    def runs_queries(self) -> bool:
        """Whether its methods query a session or a connection."""
        return any(is_data_access(op, self.project) for method in self._methods() for op in self._operations(method))

    def _operations(self, method: Function) -> list[Operation]:
        return self.project.effects.operations(method)

    def _methods(self) -> Iterator[Function]:
        for cls in self._own_classes():
            yield from cls.methods.values()

    @cached_property
    def is_database_class(self) -> bool:
        """Whether it is engine, session factory and data access at once, and none of its bases is already."""
        if not (self.makes_engine and self.makes_factory and self.data_access_methods):
            return False
        bases = (cls for cls in self._own_classes() if cls is not self.cls)
        return not any(self.project.service(base).is_database_class for base in bases)

    @cached_property
    def makes_engine(self) -> bool:
        """Whether `__init__`, or a method that it calls, makes an engine."""
        return any(
            engine.function is constructor
            for constructor in self._constructors
            for engine in self.project.module(constructor.module).engines
        )

    @cached_property
    def _constructors(self) -> list[Function]:
        """The class's or a base's `__init__`, and the methods of the class that it calls itself."""
        constructor = self.project.inference.find_method(self.cls, "__init__")
        if constructor is None:
            return []
        called = [step.function for step in self.project.effects.steps(constructor)]
        return [constructor, *(each for each in called if each.owner is not None and each.owner in self._own_classes())]

    @cached_property
    def makes_factory(self) -> bool:
        """Whether `__init__`, or a method that it calls, makes a session factory and keeps it on the object."""
        return self._makes(api.SESSIONMAKER, api.ASYNC_SESSIONMAKER, api.SCOPED_SESSION, api.ASYNC_SCOPED_SESSION)

    def _makes(self, *names: str) -> bool:
        constructors = [constructor.scope for constructor in self._constructors]
        return any(
            instance.site is not None
            and instance.site.scope.owner in constructors
            and self.project.inference.is_subclass(instance.cls, *names) is Tri.YES
            for value in self.held
            for instance in instances(value)
        )

    @cached_property
    def data_access_methods(self) -> list[Function]:
        """Its methods that query or change rows, `__init__` left out."""
        return [method for name, method in self.cls.methods.items() if name != "__init__" and self._uses_rows(method)]

    def _uses_rows(self, method: Function) -> bool:
        return any(
            is_data_access(operation, self.project) and not _asks_the_server(operation.site.node)
            for operation in self._operations(method)
        )


def is_data_access(operation: Operation, project: ProjectFacts) -> bool:
    """Whether an operation reads or writes rows through a session or connection."""
    if operation.method not in DATA_ACCESS or not isinstance(operation.receiver.cls, External):
        return False
    names = set(external_bases(operation.receiver.cls.name))
    wanted = {api.SESSION, api.ASYNC_SESSION, api.CONNECTION, api.ASYNC_CONNECTION, api.SCOPED_SESSION}
    return bool(names & wanted)


def _asks_the_server(call: ast.Call) -> bool:
    """Whether a call runs a statement on no table, such as `SELECT 1` or a PRAGMA."""
    match call.args:
        case [ast.Constant(value=str(statement)), *_] | [ast.Call(args=[ast.Constant(value=str(statement))]), *_]:
            return _ON_NO_TABLE.match(statement) is not None
    return False


def constructions(function: Function, project: ProjectFacts) -> Iterator[tuple[Site, Class]]:
    """The objects of project classes that a function's body builds, itself or through a `return Cls(...)` function.

    One that is kept on the application is built once, and shared.
    """
    for site in sites(function):
        if _is_kept_on_application(site):
            continue
        for member in members(project.inference.value(site.node.func, site.scope)):
            if isinstance(member, Class):
                yield site, member
            elif isinstance(member, Bound):
                built = built_by(member.function, project)
                if built is not None:
                    yield site, built


def _is_kept_on_application(site: Site) -> bool:
    parent = site.module.index.parents.get(site.node)
    return isinstance(parent, ast.Assign) and any("app.state." in ast.unparse(target) for target in parent.targets)


def built_by(function: Function, project: ProjectFacts) -> Class | None:
    """The class that a function only builds: its body is `return Cls(...)`."""
    body = [node for node in function.node.body if not _is_docstring(node)]
    if function.node.decorator_list or len(body) != 1 or not isinstance(body[0], ast.Return):
        return None
    call = body[0].value
    if not isinstance(call, ast.Call):
        return None
    called = project.inference.value(call.func, function.scope)
    return called if isinstance(called, Class) else None


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
