"""Answers what an expression stands for: names, attributes, calls and annotations, across the files of a project."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence

from flake8_asyncdb import syntax
from flake8_asyncdb.model import api, flow, scopes
from flake8_asyncdb.model.answers import Answers
from flake8_asyncdb.model.project import Class, Function, Module, Namespace, Project
from flake8_asyncdb.model.scopes import Binding, Kind, Scope
from flake8_asyncdb.model.values import (
    NEVER,
    NONE,
    UNKNOWN,
    Anonymous,
    Bound,
    External,
    Instance,
    Literal,
    Method,
    Site,
    Tri,
    Tuple,
    TypeForm,
    Union,
    Value,
    bounded,
    instances,
    is_known,
    members,
    union,
)

ITERABLES = frozenset(
    f"typing.{name}"
    for name in """Generator Iterator Iterable Sequence Collection AsyncGenerator AsyncIterator AsyncIterable""".split()
) | {"builtins.list", "builtins.set", "builtins.frozenset", "builtins.tuple"}
GENERATORS = frozenset(
    f"typing.{name}"
    for name in ["Generator", "Iterator", "Iterable", "AsyncGenerator", "AsyncIterator", "AsyncIterable"]
)
METADATA_OWNERS = ("sqlalchemy.", "sqlmodel.")
PLAIN_CLASSES = frozenset(External(f"builtins.{name}") for name in ("str", "bytes", "bool", "int", "float", "dict"))
CONTEXTS = frozenset(api.CONTEXT_DECORATORS.values())


class Inference:
    """The types and identities of a project's expressions; every answer is computed at most once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        answers = Answers[Value](NEVER, UNKNOWN, bounded)
        self._once = answers.once
        self._known = answers.known

    # -- the questions

    def value(self, expression: ast.expr, scope: Scope) -> Value:
        """What an expression stands for where it is written."""
        known = self._known.get(expression)
        if known is None and type(expression) is ast.Name:
            known = self._plain_name(expression.id, scope.module)
        return known or self._once(expression, self._value, expression, scope)

    def annotation(self, expression: ast.expr, scope: Scope) -> Value:
        """The object that an annotation describes."""
        return self._once(("annotation", expression), self._annotation, expression, scope)

    def bound(self, binding: Binding) -> Value:
        """What one binding gives its name."""
        return self._known.get(binding) or self._once(binding, self._binding, binding)

    def result(self, function: Function) -> Value:
        """What calling a function returns: for an `async def` a coroutine, for a generator an iterator."""
        return self._once(function, self._result, function)

    # -- expressions

    def _value(self, node: ast.expr, scope: Scope) -> Value:
        match node:
            case ast.Constant(value=None):
                return NONE
            case ast.Constant():
                return Literal(node.value) if not isinstance(node.value, float | complex) else UNKNOWN
            case ast.Name():
                return self.lookup(node.id, scope, node)
            case ast.Attribute():
                return self.attribute(self.value(node.value, scope), node.attr)
            case ast.Call():
                return self.call(self.value(node.func, scope), Site(node, scope))
            case ast.Await():
                return self.awaited(self.value(node.value, scope))
            case ast.NamedExpr():
                return self.value(node.value, scope)
            case ast.IfExp():
                return union([self.value(node.body, scope), self.value(node.orelse, scope)])
            case ast.BoolOp():
                return union([self.value(part, scope) for part in node.values])
            case ast.Lambda():
                return Anonymous(node, scope)
            case ast.Tuple():
                return Tuple(tuple(self.value(element, scope) for element in node.elts))
            case ast.List() | ast.Set():
                return Instance(External(api.LIST), (union([self.value(e, scope) for e in node.elts[:8]]),))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                inner = scope.module.index.scopes.get(node, scope)
                return Instance(External(api.LIST), (self.value(node.elt, inner),))
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(number))):
                return Literal(-number)
            case ast.BinOp(op=ast.BitOr()):
                return TypeForm(node, scope)
            case ast.JoinedStr():
                return Instance(External("builtins.str"))
            case ast.Dict() | ast.DictComp():
                return Instance(External("builtins.dict"))
        return UNKNOWN

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        base = self.value(node.value, scope)
        if isinstance(base, External):
            return base if base.name in api.CLASS_LIKE else TypeForm(node, scope)
        if isinstance(base, Class):
            return TypeForm(node, scope)
        if isinstance(base, Tuple):
            position = self.value(node.slice, scope)
            if isinstance(position, Literal) and isinstance(position.value, int):
                inside = -len(base.items) <= position.value < len(base.items)
                return base.items[position.value] if inside else UNKNOWN
        if isinstance(base, Instance) and base.args and base.cls in (External(api.LIST), External("builtins.tuple")):
            return base.args[0]
        return UNKNOWN

    # -- names

    def lookup(self, name: str, scope: Scope, node: ast.AST | None = None) -> Value:
        """What `name` means in `scope`; with `node`, what it means at that place."""
        found = self.find_bindings(name, scope, node)
        if found:
            return union([self.bound(binding) for binding in _without_fallbacks(found)])
        root = scope.module.scope
        starred = self._star_import(name, scope.module)
        if starred is not None:
            return starred
        if any(self._star_origin(node, scope.module) is None for node in root.star_imports):
            return UNKNOWN
        return External(f"builtins.{name}") if hasattr(builtins, name) else UNKNOWN

    def _plain_name(self, name: str, module: Module) -> Value | None:
        """What a name means wherever the module uses it; None if it may mean several things, or what is not known."""
        bindings = module.bindings.get(name)
        if bindings is None:
            is_builtin = not module.scope.star_imports and hasattr(builtins, name)
            return External(f"builtins.{name}") if is_builtin else None
        return self.bound(bindings[0]) if len(bindings) == 1 and bindings[0].scope.parent is None else None

    def find_bindings(self, name: str, scope: Scope, node: ast.AST | None = None) -> list[Binding]:
        """The bindings that `name` can come from in `scope`, by Python's rules of scoping."""
        current: Scope | None = scope
        while current is not None:
            if name in current.global_names:
                return scope.module.scope.bindings.get(name, [])
            if name in current.bindings and (current is scope or not current.is_class):
                bindings = current.bindings[name]
                if current.is_class and node is not None and not flow.any_before(bindings, node, scope.module.index):
                    current = current.parent
                    continue
                if node is not None and len(bindings) > 1 and current.owner is scope.owner:
                    return flow.reaching(bindings, node, scope.module.index)
                return bindings
            current = current.parent
        return []

    def _star_import(self, name: str, module: Module) -> Value | None:
        for node in module.scope.star_imports:
            origin = self._star_origin(node, module)
            if origin is not None and origin is not module:
                found = self._once(("star", (origin, name)), self.module_attribute, origin, name)
                if found not in (UNKNOWN, NEVER):
                    return found
        return None

    def _star_origin(self, node: ast.ImportFrom, module: Module) -> Module | None:
        origin = self.project.resolve_import("." * node.level + (node.module or ""), module)
        return origin if isinstance(origin, Module) else None

    def _binding(self, binding: Binding) -> Value:
        scope = binding.scope
        match binding.kind:
            case Kind.IMPORT:
                return self._imported(binding)
            case Kind.DEFINITION:
                return self._definition(binding, scope.module)
            case Kind.PARAMETER:
                return self._parameter(binding)
            case Kind.ALIAS if binding.value is not None:
                return TypeForm(binding.value, scope)
            case Kind.ASSIGNMENT:
                return self._assigned(binding)
            case Kind.WITH if binding.value is not None:
                entered = self.entered(self.value(binding.value, scope), is_async=binding.is_async)
                return unpack(entered, binding.path)
            case Kind.LOOP if binding.value is not None:
                around = scope.parent if isinstance(scope.node, scopes.Comprehension) else scope
                return unpack(self.iterated(self.value(binding.value, around or scope)), binding.path)
        return UNKNOWN

    def _definition(self, binding: Binding, module: Module) -> Value:
        if scopes.is_function(binding.node):
            return Bound(module.function(binding.node))
        return module.class_(binding.node) if isinstance(binding.node, ast.ClassDef) else UNKNOWN

    def _assigned(self, binding: Binding) -> Value:
        scope, value = binding.scope, binding.value

        def actual() -> Value:
            return UNKNOWN if value is None else unpack(self.value(value, scope), binding.path)

        if binding.annotation is None:
            return actual()
        if self.value(binding.annotation, scope) == External("typing.TypeAlias"):
            is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
            return TypeForm(value, scope) if is_text and value is not None else actual()
        return self.refine(self.annotation(binding.annotation, scope), actual)

    def _imported(self, binding: Binding) -> Value:
        module, node, alias = binding.scope.module, binding.statement, binding.node
        assert isinstance(alias, ast.alias)
        if isinstance(node, ast.Import):
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            return self._module(name, module)
        assert isinstance(node, ast.ImportFrom)
        origin = self._module("." * node.level + (node.module or ""), module)
        return self.attribute(origin, alias.name)

    def _module(self, name: str, importer: Module) -> Value:
        found = self.project.resolve_import(name, importer)
        if found is not None:
            return found
        return UNKNOWN if name.startswith(".") or not name else External(api.canonical(name))

    # -- attributes

    def attribute(self, value: Value, name: str) -> Value:
        """What `value.name` stands for."""
        match value:
            case Union():
                return union([self.attribute(member, name) for member in members(value)])
            case External():
                if name == "metadata" and value.name.startswith(METADATA_OWNERS) and api.is_class(value.name):
                    return Instance(External(api.METADATA))
                return External(api.canonical(f"{value.name}.{name}"))
            case Module():
                return self.module_attribute(value, name)
            case Namespace():
                return self.project.submodule(value.path, name) or UNKNOWN
            case Class():
                return self.class_attribute(value, name, value)
            case Instance():
                return self._instance_attribute(value, name)
        return UNKNOWN

    def module_attribute(self, module: Module, name: str) -> Value:
        """A name at the top level of a module, or a submodule of a package."""
        bindings = module.scope.bindings.get(name)
        if bindings:
            return union([self.bound(binding) for binding in _without_fallbacks(bindings)])
        starred = self._star_import(name, module)
        if starred is not None:
            return starred
        found = self.project.submodule(module.directory, name) if module.is_package else None
        if found is not None:
            return found
        certainly_absent = not module.scope.star_imports and "__getattr__" not in module.scope.bindings
        return NEVER if certainly_absent and module.is_parsed else UNKNOWN

    def class_attribute(self, cls: Class, name: str, receiver: Value) -> Value:
        """An attribute found on a class or its bases, bound to `receiver`."""
        for base in self.linearized(cls):
            if isinstance(base, Class) and name in base.scope.bindings:
                found = union([self.bound(binding) for binding in base.scope.bindings[name]])
                return union([self._bind_receiver(member, receiver) for member in _all_members(found)])
            if isinstance(base, External) and base.name not in (
                "builtins.object",
                "typing.Generic",
                "abc.ABC",
            ):
                outside = receiver if isinstance(receiver, Instance) else Instance(base)
                return self._external_attribute(Instance(base, outside.args, outside.site, outside.source), name)
            if base is UNKNOWN:
                return UNKNOWN
        return UNKNOWN

    def find_method(self, cls: Class, name: str) -> Function | None:
        """The function that a class or its nearest base defines under a name."""
        for base in self.linearized(cls):
            if isinstance(base, Class) and name in base.methods:
                return base.methods[name]
        return None

    def _bind_receiver(self, value: Value, receiver: Value) -> Value:
        if not isinstance(value, Bound):
            return value
        decorators = self.decorators(value.function)
        if External("builtins.staticmethod") in decorators:
            return value
        if isinstance(receiver, Instance) and self.is_property(value.function):
            return self.result(value.function)
        return Bound(value.function, receiver)

    def is_property(self, function: Function) -> bool:
        """Whether reading the attribute runs the function."""
        return any(
            decorator in (External("builtins.property"), External("functools.cached_property"))
            for decorator in self.decorators(function)
        )

    def _instance_attribute(self, value: Instance, name: str) -> Value:
        if isinstance(value.cls, External):
            return self._external_attribute(value, name)
        stores: list[Value] = []
        for base in self.linearized(value.cls):
            if isinstance(base, Class):
                annotated = [b for b in base.scope.bindings.get(name, []) if b.kind is Kind.ASSIGNMENT]
                stores += [self.bound(store) for store in base.instance_stores.get(name, [])]
                declared = [self.bound(b) for b in annotated if b.annotation is not None]
                if stores:
                    actual = union(stores)
                    return self.refine(union(declared), lambda found=actual: found) if declared else actual  # type: ignore[misc]
                if name in base.scope.bindings:
                    return self.class_attribute(value.cls, name, value)
        return self.class_attribute(value.cls, name, value)

    def _external_attribute(self, value: Instance, name: str) -> Value:
        if name in ("sync_engine", "sync_session") and isinstance(value.cls, External):
            target = api.ENGINE if name == "sync_engine" else api.SESSION
            return Instance(External(target), site=value.site, source=value)
        if name == "metadata":
            return Instance(External(api.METADATA))
        return Method(value, name)

    def linearized(self, cls: Class) -> Sequence[Value]:
        """The class and its bases, nearest first; `UNKNOWN` for one that cannot be resolved."""
        return members(self._once(cls, self._linearization, cls))

    def _linearization(self, cls: Class) -> Value:
        found: dict[Value, None] = {cls: None}
        for expression in cls.node.bases:
            for base in members(self.value(expression, cls.outer)):
                if isinstance(base, TypeForm) and isinstance(base.expression, ast.Subscript):
                    base = self.value(base.expression.value, base.scope)
                if isinstance(base, Instance) and base.cls == External("sqlalchemy.orm.DeclarativeMeta"):
                    base = External("sqlalchemy.orm.DeclarativeBase")
                if isinstance(base, Class):
                    found.update(dict.fromkeys(self.linearized(base)))
                else:
                    found[base if isinstance(base, External) else UNKNOWN] = None
        return Union(tuple(found))

    # -- classes

    def is_instance(self, value: Value, *names: str) -> Tri:
        """Whether the value is certainly an object of one of these external classes, or certainly not."""
        answers = {self._is_instance(member, names) for member in members(value)}
        return answers.pop() if len(answers) == 1 else Tri.UNKNOWN

    def _is_instance(self, value: Value, names: tuple[str, ...]) -> Tri:
        if isinstance(value, Instance):
            return self.is_subclass(value.cls, *names)
        may_be_an_object = isinstance(value, External) and not api.is_class(value.name)
        return Tri.UNKNOWN if value is UNKNOWN or may_be_an_object or isinstance(value, Method) else Tri.NO

    def is_subclass(self, cls: Value, *names: str) -> Tri:
        """Whether a class is one of these external classes or derives from one."""
        if isinstance(cls, External):
            return Tri.YES if any(name in names for name in external_bases(cls.name)) else Tri.NO
        if not isinstance(cls, Class):
            return Tri.UNKNOWN
        bases = self.linearized(cls)
        if External("typing.Protocol") in bases:
            return Tri.UNKNOWN
        if any(isinstance(base, External) and self.is_subclass(base, *names) is Tri.YES for base in bases):
            return Tri.YES
        return Tri.UNKNOWN if UNKNOWN in bases else Tri.NO

    # -- calls

    def call(self, value: Value, site: Site) -> Value:
        """What calling `value` at `site` returns."""
        match value:
            case Union():
                return union([self.call(member, site) for member in members(value)])
            case Class():
                return self._construct(value, site)
            case Bound():
                return self._called_function(value, site)
            case Anonymous():
                return self.value(value.node.body, value.scope.module.index.scopes[value.node])
            case TypeForm(expression=ast.Subscript() as expression):
                return self.call(self.value(expression.value, value.scope), site)
            case External():
                return self._called_external(value.name, site)
            case Instance():
                return self._called_instance(value, site)
            case Method():
                return self._called_method(value, site)
        return UNKNOWN

    def _construct(self, cls: Class, site: Site) -> Value:
        return Instance(cls, site=site)

    def _called_function(self, value: Bound, site: Site) -> Value:
        function = value.function
        if self.is_opaque(function):
            return UNKNOWN
        returned = self.result(function)
        if isinstance(value.receiver, Instance | Class):
            own = value.receiver if isinstance(value.receiver, Instance) else Instance(value.receiver, site=site)
            return substitute_self(returned, function, own)
        return returned

    def _called_external(self, name: str, site: Site) -> Value:
        if name == "builtins.super":
            return self._super(site.scope)
        if name == "typing.cast" and site.node.args:
            return self.annotation(site.node.args[0], site.scope)
        if name == "typing.NewType" and len(site.node.args) > 1:
            return TypeForm(site.node.args[1], site.scope)
        if name in ("contextlib.closing", "contextlib.aclosing") and site.node.args:
            kind = api.CONTEXT_MANAGER if name == "contextlib.closing" else api.ASYNC_CONTEXT_MANAGER
            return Instance(External(kind), (self.value(site.node.args[0], site.scope),))
        if name in ("builtins.next", "builtins.anext") and site.node.args:
            return self._next(self.value(site.node.args[0], site.scope), is_async=name == "builtins.anext")
        if name in api.CONTEXT_DECORATORS and site.node.args:
            return Instance(External(name), (self.value(site.node.args[0], site.scope),))
        if name in (api.SESSIONMAKER, api.ASYNC_SESSIONMAKER):
            return Instance(External(name), (self._product(name, site),), site)
        if name in (api.SCOPED_SESSION, api.ASYNC_SCOPED_SESSION) and site.node.args:
            factory = self.value(site.node.args[0], site.scope)
            return Instance(External(name), (self.call(factory, site),), site, factory)
        made = api.RESULTS.get(name) or api.METHOD_RESULTS.get(name)
        if made is not None:
            return Instance(External(made), site=site)
        return Instance(External(name), site=site) if api.is_class(name) else UNKNOWN

    def _next(self, iterator: Value, *, is_async: bool) -> Value:
        """What `next` or `anext` gives; nothing known where it is the wrong one of them."""
        kinds = {isinstance(each.cls, External) and ".Async" in each.cls.name for each in instances(iterator)}
        element = self.iterated(iterator) if kinds == {is_async} else UNKNOWN
        return Instance(External(api.COROUTINE), (element,)) if is_async else element

    def _super(self, scope: Scope) -> Value:
        for around in (scope, *scope.ancestors()):
            if isinstance(around.node, ast.ClassDef):
                bases = self.linearized(around.module.class_(around.node))
                base = bases[1] if len(bases) > 1 else UNKNOWN
                return Instance(base) if isinstance(base, Class | External) else UNKNOWN
        return UNKNOWN

    def _product(self, maker: str, site: Site) -> Value:
        """The session that a session factory makes."""
        if maker == api.SESSIONMAKER and any(keyword.arg is None for keyword in site.node.keywords):
            return UNKNOWN
        for keyword in site.node.keywords:
            if keyword.arg == "class_":
                return self._described(self.value(keyword.value, site.scope))
        if isinstance(site.node.func, ast.Subscript):
            return self.annotation(site.node.func.slice, site.scope)
        return Instance(External(api.ASYNC_SESSION if maker == api.ASYNC_SESSIONMAKER else api.SESSION))

    def _called_instance(self, value: Instance, site: Site) -> Value:
        if isinstance(value.cls, Class):
            return self.call(self.class_attribute(value.cls, "__call__", value), site)
        if value.cls.name in api.CLASS_LIKE and value.args:
            return union([_made_by(member, value, site) for member in members(value.args[0])])
        if value.cls.name in api.CONTEXT_DECORATORS:
            generators = instances(self.call(value.args[0], site))
            return union([Instance(External(api.CONTEXT_DECORATORS[value.cls.name]), each.args) for each in generators])
        return UNKNOWN

    def _called_method(self, value: Method, site: Site) -> Value:
        receiver, name = value.receiver, value.name
        assert isinstance(receiver.cls, External)
        if name in ("__next__", "__anext__"):
            return self._next(receiver, is_async=name == "__anext__")
        if receiver.cls.name in api.CLASS_LIKE and receiver.args:
            if name == "begin":
                kind = api.ASYNC_CONTEXT_MANAGER if "async" in receiver.cls.name else api.CONTEXT_MANAGER
                return Instance(External(kind), (self._called_instance(receiver, site),))
            product = receiver.args[0]
            if receiver.cls.name in (api.SCOPED_SESSION, api.ASYNC_SCOPED_SESSION) and isinstance(product, Instance):
                return self.call(self.attribute(product, name), site)
            return UNKNOWN
        for base in external_bases(receiver.cls.name):
            qualified = f"{base}.{name}"
            if qualified in api.SAME_OBJECT:
                return receiver
            if qualified in api.METHOD_RESULTS:
                return Instance(External(api.METHOD_RESULTS[qualified]), source=receiver)
            if qualified in api.CONTEXT_RESULTS:
                kind, entered = api.CONTEXT_RESULTS[qualified]
                return Instance(External(kind), (Instance(External(entered), source=receiver),))
        if receiver.cls.name == api.QUERY and name not in api.QUERY_ENDS:
            return receiver
        return UNKNOWN

    def is_opaque(self, function: Function) -> bool:
        """Whether a decorator that the model does not know may have replaced the function."""
        return any(not self._is_transparent(decorator) for decorator in self.decorators(function))

    def _is_transparent(self, decorator: Value) -> bool:
        if isinstance(decorator, External):
            return decorator.name in api.TRANSPARENT_DECORATORS
        if isinstance(decorator, Bound):
            return self.calls_through(decorator.function)
        if isinstance(decorator, Method):
            return decorator.name in ROUTE_METHODS | {
                "setter",
                "getter",
                "deleter",
                "on_event",
                "middleware",
                "command",
            }
        return False

    def calls_through(self, decorator: Function, depth: int = 2) -> bool:
        """Whether a decorator of the project returns a plain function that itself calls what it decorates."""
        if decorator.is_async or depth == 0:
            return False
        given = {parameter.name for parameter in decorator.parameters}
        for node in decorator.scope.returns:
            for returned in members(self.value(node.value, decorator.scope)) if node.value is not None else ():
                if not isinstance(returned, Bound) or returned.function.outer is not decorator.scope:
                    continue
                inner = returned.function
                called = {call.func.id for call in inner.scope.calls if isinstance(call.func, ast.Name)}
                if called & given and not inner.is_async and not inner.is_generator:
                    return True
                if self.calls_through(inner, depth - 1):
                    return True
        return False

    def decorators(self, function: Function) -> list[Value]:
        """What the function is decorated with; for `@name(...)` what was called."""
        return [
            self.value(node.func if isinstance(node, ast.Call) else node, function.outer)
            for node in function.node.decorator_list
        ]

    # -- functions

    def _result(self, function: Function) -> Value:
        declared = self._declared_result(function)
        if function.is_generator:
            return self._generator(function, declared)
        returned = (
            self._returned(function) if declared is None else self.refine(declared, lambda: self._returned(function))
        )
        return Instance(External(api.COROUTINE), (returned,)) if function.is_async else returned

    def _returned(self, function: Function) -> Value:
        values = [
            NONE if node.value is None else self.value(node.value, function.module.index.scope_at(node))
            for node in function.scope.returns
        ]
        return union(values or [NONE])

    def _declared_result(self, function: Function) -> Value | None:
        node = function.node.returns
        return None if node is None else self.annotation(node, function.outer)

    def _generator(self, function: Function, declared: Value | None) -> Value:
        expected: Value = UNKNOWN
        if isinstance(declared, Instance):
            is_iterator = isinstance(declared.cls, External) and declared.cls.name in GENERATORS
            expected = declared.args[0] if is_iterator and declared.args else declared
            if is_iterator and not declared.args:
                expected = UNKNOWN
        yielded = self.refine(expected, lambda: self._yielded(function))
        kind = api.ASYNC_GENERATOR if function.is_async else api.GENERATOR
        for decorator in self.decorators(function):
            if isinstance(decorator, External):
                kind = api.CONTEXT_DECORATORS.get(decorator.name, kind)
        return Instance(External(kind), (yielded,))

    def _yielded(self, function: Function) -> Value:
        values: list[Value] = []
        for node in function.scope.yields:
            if node.value is not None:
                value = self.value(node.value, function.module.index.scope_at(node))
                values.append(self.iterated(value) if isinstance(node, ast.YieldFrom) else value)
        return union(values)

    def _parameter(self, binding: Binding) -> Value:
        scope = binding.scope
        function = scope.module.enclosing_function(scope)
        if function is None:
            return UNKNOWN
        if function.owner is not None and function.parameters and function.parameters[0] is binding:
            own = self._own_parameter(function)
            if own is not None:
                return own
        declared: Value = UNKNOWN
        if binding.annotation is not None:
            declared = self.annotation(binding.annotation, function.outer)
        injected = self.injected(binding)
        if injected is None:
            return declared
        return self.refine(declared, lambda: self.provided(injected))

    def _own_parameter(self, function: Function) -> Value | None:
        assert function.owner is not None
        decorators = self.decorators(function)
        if External("builtins.staticmethod") in decorators:
            return None
        if External("builtins.classmethod") in decorators:
            return function.owner
        return Instance(function.owner)

    # -- dependency injection

    def injected(self, binding: Binding) -> Instance | None:
        """The `Depends(...)` or `Security(...)` of a parameter or class attribute, in its default or its annotation."""
        scope = binding.scope
        outer = scope.parent if binding.kind is Kind.PARAMETER else scope
        if outer is None:
            return None
        candidates: list[tuple[ast.expr, Scope]] = (
            [(binding.value, outer)] if isinstance(binding.value, ast.Call) else []
        )
        if binding.annotation is not None:
            candidates += [(node, at) for node, at in self.metadata(binding.annotation, outer)]
        for node, at in candidates:
            for instance in instances(self.value(node, at)):
                if instance.cls in (External(api.DEPENDS), External(api.SECURITY)):
                    return instance
        return None

    def provider(self, depends: Instance) -> Value:
        """What a `Depends` calls; unknown for one without an argument."""
        site = depends.site
        if site is None:
            return UNKNOWN
        for node in [*site.node.args[:1], *(k.value for k in site.node.keywords if k.arg == "dependency")]:
            return self.value(node, site.scope)
        return UNKNOWN

    def provided(self, depends: Instance) -> Value:
        """What a `Depends` injects."""
        site = depends.site
        provider = self.provider(depends)
        if site is None or provider is UNKNOWN:
            return UNKNOWN
        produced = self.call(provider, site)
        return union([self._produced(member) for member in _all_members(produced)])

    def _produced(self, value: Value) -> Value:
        if isinstance(value, Instance) and isinstance(value.cls, External) and value.args:
            if value.cls.name == api.COROUTINE or value.cls.name in GENERATORS | CONTEXTS:
                return value.args[0]
        return value

    # -- annotations

    def _annotation(self, node: ast.expr, scope: Scope) -> Value:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            parsed = syntax.parse_expression(node.value)
            return UNKNOWN if parsed is None else self.annotation(parsed, scope)
        if isinstance(node, ast.Constant) and node.value is None:
            return NONE
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return union([self.annotation(node.left, scope), self.annotation(node.right, scope)])
        if isinstance(node, ast.Subscript):
            return self._parametrized(node, scope)
        return self._described(self.value(node, scope))

    def _described(self, value: Value) -> Value:
        """The object that a type describes."""
        match value:
            case Union():
                return union([self._described(member) for member in members(value)])
            case Class():
                return Instance(value)
            case External():
                return Instance(value) if api.is_class(value.name) else UNKNOWN
            case TypeForm():
                return self.annotation(value.expression, value.scope)
        return UNKNOWN

    def _parametrized(self, node: ast.Subscript, scope: Scope) -> Value:
        base = self.value(node.value, scope)
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if isinstance(base, Class):
            return Instance(base, tuple(self.annotation(argument, scope) for argument in arguments))
        if isinstance(base, TypeForm):
            return self._described(base)
        if not isinstance(base, External):
            return UNKNOWN
        name = base.name.rpartition(".")[2]
        if name in ("Annotated", "Required", "NotRequired", "ClassVar", "Final"):
            return self.annotation(arguments[0], scope)
        if name == "Optional":
            return union([self.annotation(arguments[0], scope), NONE])
        if name == "Union":
            return union([self.annotation(argument, scope) for argument in arguments])
        if name in ("Literal", "Callable", "TypeVar"):
            return UNKNOWN
        if base.name in ("builtins.type", "typing.Type"):
            described = self.annotation(arguments[0], scope)
            return union([member.cls for member in instances(described)]) if is_known(described) else UNKNOWN
        if not api.is_class(base.name):
            return UNKNOWN
        return Instance(base, tuple(self.annotation(argument, scope) for argument in arguments))

    def metadata(self, node: ast.expr, scope: Scope) -> Iterator[tuple[ast.expr, Scope]]:
        """The extras of `Annotated[...]`, through aliases and string annotations."""
        for _ in range(8):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                parsed = syntax.parse_expression(node.value)
                if parsed is None:
                    return
                node = parsed
            if isinstance(node, ast.Subscript):
                if self.value(node.value, scope) != External("typing.Annotated"):
                    return
                if isinstance(node.slice, ast.Tuple):
                    for extra in node.slice.elts[1:]:
                        yield extra, scope
                    node = node.slice.elts[0]
                    continue
                return
            value = self.value(node, scope)
            if not isinstance(value, TypeForm):
                return
            node, scope = value.expression, value.scope

    def refine(self, declared: Value, actual: Callable[[], Value]) -> Value:
        """The more exact of an annotation and what is really assigned; the annotation wins where they disagree.

        `actual` is not asked where it could say nothing more.
        """
        if declared is UNKNOWN:
            return actual()
        expected = {member.cls for member in instances(declared)}
        if expected <= PLAIN_CLASSES:
            return declared
        found = members(given := actual())
        if found and all(isinstance(member, Instance) and self._fits(member.cls, expected) for member in found):
            return given
        return declared

    def _fits(self, cls: Class | External, expected: set[Class | External]) -> bool:
        if cls in expected:
            return True
        if isinstance(cls, Class):
            return any(base in expected for base in self.linearized(cls))
        return any(External(name) in expected for name in external_bases(cls.name))

    # -- protocols

    def awaited(self, value: Value) -> Value:
        """What `await value` gives."""
        return union([self._awaited(member) for member in _all_members(value)])

    def _awaited(self, value: Value) -> Value:
        if isinstance(value, Instance) and isinstance(value.cls, External):
            if value.cls.name in (api.COROUTINE, "typing.Awaitable"):
                return value.args[-1] if value.args else UNKNOWN
            if value.cls.name == api.ASYNC_CONNECTION:
                return value
        return UNKNOWN

    def entered(self, value: Value, *, is_async: bool = False) -> Value:
        """What `with value as name` binds, or `async with`."""
        return union([self._entered(member, is_async) for member in members(value)])

    def _entered(self, value: Value, is_async: bool) -> Value:
        if not isinstance(value, Instance):
            return UNKNOWN
        if isinstance(value.cls, External):
            if value.cls.name in CONTEXTS:
                return value.args[0] if value.args else UNKNOWN
            return value
        site = value.site
        for name in ("__aenter__", "__enter__") if is_async else ("__enter__", "__aenter__"):
            method = self.class_attribute(value.cls, name, value)
            if isinstance(method, Bound):
                returned = substitute_self(self.result(method.function), method.function, value)
                return self._awaited(returned) if name == "__aenter__" else returned
            if isinstance(method, Method):
                return Instance(value.cls, value.args, site, value.source)
        return UNKNOWN

    def iterated(self, value: Value) -> Value:
        """What `for name in value` binds."""
        return union(
            [
                member.args[0]
                if isinstance(member, Instance) and member.args and member.cls in ITERABLE_CLASSES
                else UNKNOWN
                for member in members(value)
            ]
        )


ROUTE_METHODS = frozenset(
    """get post put patch delete head options trace api_route websocket websocket_route route""".split()
)
ITERABLE_CLASSES = frozenset(External(name) for name in ITERABLES)


def _without_fallbacks(found: list[Binding]) -> list[Binding]:
    """The imports of a name without that of an `except` clause, which only older versions of the same library need."""
    if len(found) != 2 or any(binding.kind is not Kind.IMPORT for binding in found):
        return found
    libraries = {_library(binding.statement) for binding in found}
    parents = found[0].scope.module.index.parents
    tried = [each for each in found if not isinstance(parents.get(each.statement), ast.ExceptHandler)]
    return tried if len(tried) == 1 and len(libraries) == 1 else found


def _library(statement: ast.AST) -> str:
    """The package that an import statement imports from."""
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").partition(".")[0]
    return statement.names[0].name.partition(".")[0] if isinstance(statement, ast.Import) else ""


def external_bases(name: str) -> Iterator[str]:
    """An external class and its bases, as far as the API tables know them."""
    current: str | None = name
    while current is not None:
        yield current
        current = api.BASES.get(current)


def unpack(value: Value, path: tuple[int, ...]) -> Value:
    """The part of a value that an unpacking assignment gives to one of its targets."""
    for position in path:
        if isinstance(value, Tuple) and 0 <= position < len(value.items):
            value = value.items[position]
        elif isinstance(value, Union):
            return union([unpack(member, path) for member in members(value)])
        elif (
            isinstance(value, Instance) and value.cls == External("builtins.tuple") and 0 <= position < len(value.args)
        ):
            value = value.args[position]
        else:
            return UNKNOWN
    return value


def substitute_self(value: Value, function: Function, receiver: Instance) -> Value:
    """What a method returns for one receiver: `self` is that object."""
    if function.owner is None:
        return value
    plain = Instance(function.owner)
    if value == plain:
        return receiver
    if isinstance(value, Instance) and value.cls is function.owner and value.site is not None:
        called = value.site.node.func
        if isinstance(called, ast.Name) and function.parameters and called.id == function.parameters[0].name:
            return Instance(receiver.cls, value.args, value.site, value.source)
    if isinstance(value, Instance) and plain in value.args:
        args = tuple(receiver if argument == plain else argument for argument in value.args)
        return Instance(value.cls, args, value.site, value.source)
    return value


def _made_by(product: Value, factory: Instance, site: Site) -> Value:
    return Instance(product.cls, product.args, site, factory) if isinstance(product, Instance) else product


def _all_members(value: Value) -> tuple[Value, ...]:
    return value.members if isinstance(value, Union) else (value,)
