"""Scopes and bindings of one file: what each name in it was bound by, in one walk over the tree."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from flake8_asyncdb.model.project import Module
    from flake8_asyncdb.model.values import Site

_PLAIN_FIELDS = frozenset({"ctx", "op", "ops", "kind", "type_comment", "id", "attr", "arg", "level", "type_ignores"})
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Definition = FunctionNode | ast.ClassDef | ast.Lambda


def _node_classes(base: type[ast.AST]) -> Iterator[type[ast.AST]]:
    yield base
    for cls in base.__subclasses__():
        yield from _node_classes(cls)


_FIELDS = {cls: tuple(f for f in cls._fields if f not in _PLAIN_FIELDS) for cls in _node_classes(ast.AST)}
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Kind(enum.Enum):
    """How a name came to be bound."""

    IMPORT = "import"
    DEFINITION = "definition"
    ASSIGNMENT = "assignment"
    PARAMETER = "parameter"
    WITH = "with"
    LOOP = "loop"
    ALIAS = "alias"
    OPAQUE = "opaque"


@dataclass(eq=False, slots=True, repr=False)
class Binding:
    """One place that binds a name.

    `value` is the expression the name is made from (the assigned value, the
    context manager, the iterable), `path` the indices to unpack from it, and
    `statement` the node that stands in a block.
    """

    name: str
    kind: Kind
    node: ast.AST
    scope: Scope
    statement: ast.AST
    value: ast.expr | None = None
    annotation: ast.expr | None = None
    path: tuple[int, ...] = ()
    is_async: bool = False


@dataclass(eq=False, slots=True, repr=False)
class Scope:
    """A module, class, function, lambda or comprehension, and what happens directly in it.

    The lists hold the nodes whose nearest function-like scope this is;
    comprehensions hand theirs on to `owner`, the scope around them that
    runs as a unit.
    """

    node: ast.AST
    parent: Scope | None
    module: Module
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    global_names: frozenset[str] = frozenset()
    nonlocal_names: frozenset[str] = frozenset()
    star_imports: Sequence[ast.ImportFrom] = ()
    imports: Sequence[ast.Import | ast.ImportFrom] = ()
    calls: list[ast.Call] = field(default_factory=list)
    withs: Sequence[ast.With | ast.AsyncWith] = ()
    loops: Sequence[ast.For | ast.AsyncFor | ast.comprehension] = ()
    returns: Sequence[ast.Return] = ()
    yields: Sequence[ast.Yield | ast.YieldFrom] = ()
    awaits: Sequence[ast.Await] = ()
    handlers: Sequence[ast.ExceptHandler] = ()
    names: list[ast.Name] = field(default_factory=list)
    attributes: list[ast.Attribute] = field(default_factory=list)
    attribute_stores: Sequence[Binding] = ()
    definitions: Sequence[Definition] = ()
    owner: Scope = field(init=False)

    def __post_init__(self) -> None:
        shared = isinstance(self.node, Comprehension) and self.parent is not None
        self.owner = self.parent.owner if shared and self.parent is not None else self

    def note(self, what: str, node: ast.AST | Binding) -> None:
        """Remember a node in one of the lists, which most scopes never need."""
        noted = getattr(self, what)
        if noted:
            noted.append(node)
        else:
            setattr(self, what, [node])

    @property
    def is_class(self) -> bool:
        """Whether its names are invisible to the functions in it."""
        return isinstance(self.node, ast.ClassDef)

    def ancestors(self) -> Iterator[Scope]:
        """The scopes around it, nearest first."""
        scope = self.parent
        while scope is not None:
            yield scope
            scope = scope.parent


@dataclass(eq=False, slots=True)
class Index:
    """All scopes of one file, the scope each definition opens, and every node's parent; and what others find out."""

    root: Scope
    scopes: dict[ast.AST, Scope]
    scope_of_call: dict[ast.Call, Scope]
    parents: dict[ast.AST, ast.AST]
    ordered: dict[Binding, list[Binding]] = field(default_factory=dict)
    paths: dict[ast.AST, list[tuple[ast.AST, str]]] = field(default_factory=dict)
    sites: dict[Scope, list[Site]] = field(default_factory=dict)

    def scope_at(self, node: ast.AST) -> Scope:
        """The scope that the names in `node` are looked up in."""
        below = [node, node]
        current: ast.AST | None = node
        while current is not None:
            scope = self.scopes.get(current)
            if scope is not None and (current is node or _is_inside(current, *below)):
                return scope
            below = [current, below[0]]
            current = self.parents.get(current)
        return self.root

    def is_inside(self, node: ast.AST, ancestor: ast.AST) -> bool:
        """Whether `node` is `ancestor` or stands below it."""
        current: ast.AST | None = node
        while current is not None and current is not ancestor:
            current = self.parents.get(current)
        return current is not None

    def statement_of(self, node: ast.AST) -> ast.AST:
        """The statement that `node` is part of."""
        while not isinstance(node, ast.stmt | ast.ExceptHandler | ast.Module) and node in self.parents:
            node = self.parents[node]
        return node


def _is_inside(definition: ast.AST, child: ast.AST, grandchild: ast.AST) -> bool:
    """Whether what stands below `child` is evaluated in the scope that `definition` opens, not in the one around it."""
    if isinstance(definition, FunctionNode | ast.ClassDef):
        return isinstance(child, ast.stmt)
    if isinstance(definition, ast.Lambda):
        return child is definition.body
    if isinstance(definition, Comprehension):
        return child is not definition.generators[0] or grandchild is not definition.generators[0].iter
    return True


def index(tree: ast.Module, module: Module) -> Index:
    """Find the scopes, bindings and parents of a file; iterative, so that no depth of nesting can break it."""
    return _Indexer(tree, module).run()


class _Indexer:
    def __init__(self, tree: ast.Module, module: Module) -> None:
        self.root = Scope(tree, None, module)
        self.scopes: dict[ast.AST, Scope] = {tree: self.root}
        self.scope_of_call: dict[ast.Call, Scope] = {}
        self.parents: dict[ast.AST, ast.AST] = {}
        self.pending: list[tuple[ast.AST, Scope]] = []
        self.queue(tree, tree.body, self.root)

    def run(self) -> Index:
        pending, visitors = self.pending, _VISITORS
        while pending:
            node, scope = pending.pop()
            visitor = visitors.get(type(node))
            if visitor is not None:
                visitor(self, node, scope)
            else:
                self.children(node, scope)
        return Index(self.root, self.scopes, self.scope_of_call, self.parents)

    def queue(self, parent: ast.AST, nodes: Sequence[ast.AST], scope: Scope) -> None:
        """Visit `nodes` later, in the order given."""
        for node in reversed(nodes):
            self.parents[node] = parent
            self.pending.append((node, scope))

    def children(self, node: ast.AST, scope: Scope) -> None:
        """Visit what stands below `node` later; dotted names and constants hold nothing else and are noted at once."""
        parents, owner = self.parents, scope.owner
        found: list[tuple[ast.AST, Scope]] = []
        for field_name in _FIELDS[type(node)]:
            value: Any = getattr(node, field_name, None)
            child: Any
            for child in value if type(value) is list else (value,):
                above, kind = node, type(child)
                while kind is ast.Attribute or kind is ast.keyword:
                    if kind is ast.Attribute:
                        owner.attributes.append(child)
                    parents[child] = above
                    above, child = child, child.value
                    kind = type(child)
                if kind is ast.Name:
                    owner.names.append(child)
                    parents[child] = above
                elif isinstance(child, ast.AST):
                    parents[child] = above
                    if kind is not ast.Constant:
                        found.append((child, scope))
        found.reverse()
        self.pending += found

    def bind(self, binding: Binding) -> None:
        scope = binding.scope
        if binding.name in scope.global_names:
            scope = self.root
        elif binding.name in scope.nonlocal_names:
            around = [s for s in scope.ancestors() if is_function(s.node) or isinstance(s.node, ast.Lambda)]
            scope = next((s for s in around if binding.name in s.bindings), around[0] if around else scope)
        scope.bindings.setdefault(binding.name, []).append(binding)

    def bind_target(self, target: ast.expr, template: Binding, path: tuple[int, ...] = ()) -> None:
        """Bind every name in an assignment target, remembering where in the value it is unpacked from."""
        if isinstance(target, ast.Tuple | ast.List):
            starred = any(isinstance(element, ast.Starred) for element in target.elts)
            for position, element in enumerate(target.elts):
                self.bind_target(element, template, (*path, -1 if starred else position))
        elif isinstance(target, ast.Starred):
            self.bind_target(target.value, template, (*path, -1))
        elif isinstance(target, ast.Name):
            self.bind(_with_target(template, target.id, path))
        elif isinstance(target, ast.Attribute):
            template.scope.owner.note("attribute_stores", _with_target(template, target.attr, path, target))

    # one visitor for each kind of node that binds a name, opens a scope or is worth remembering

    def visit_function(self, node: FunctionNode, scope: Scope) -> None:
        self.bind(Binding(node.name, Kind.DEFINITION, node, scope.owner, node))
        inner = self.open(node, scope)
        scope.owner.note("definitions", node)
        self.bind_type_parameters(node, inner)
        self.bind_parameters(node.args, inner)
        self.queue(node, node.body, inner)
        outside: list[ast.AST] = [*node.decorator_list, node.args, *getattr(node, "type_params", [])]
        if node.returns is not None:
            outside.append(node.returns)
        self.queue(node, outside, scope)

    def visit_lambda(self, node: ast.Lambda, scope: Scope) -> None:
        inner = self.open(node, scope)
        scope.owner.note("definitions", node)
        self.bind_parameters(node.args, inner)
        self.queue(node, [node.body], inner)
        self.queue(node, [node.args], scope)

    def visit_class(self, node: ast.ClassDef, scope: Scope) -> None:
        self.bind(Binding(node.name, Kind.DEFINITION, node, scope, node))
        inner = self.open(node, scope)
        scope.owner.note("definitions", node)
        self.bind_type_parameters(node, inner)
        self.queue(node, node.body, inner)
        self.queue(node, [*node.decorator_list, *node.bases, *node.keywords], scope)

    def visit_comprehension(self, node: Comprehension, scope: Scope) -> None:
        inner = self.open(node, scope)
        first, *others = node.generators
        for generator in node.generators:
            self.parents[generator] = node
            template = Binding("", Kind.LOOP, generator, inner, node, generator.iter, is_async=bool(generator.is_async))
            self.bind_target(generator.target, template)
            scope.owner.note("loops", generator)
            self.queue(generator, [generator.target], inner)
            self.queue(generator, list(generator.ifs), inner)
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self.queue(node, elements, inner)
        self.queue(first, [first.iter], scope)
        for generator in others:
            self.queue(generator, [generator.iter], inner)

    def visit_import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        scope.owner.note("imports", node)
        for alias in node.names:
            if alias.name == "*" and isinstance(node, ast.ImportFrom):
                scope.note("star_imports", node)
                continue
            first, _, _ = alias.name.partition(".")
            name = alias.asname or (first if isinstance(node, ast.Import) else alias.name)
            self.bind(Binding(name, Kind.IMPORT, alias, scope, node))
            self.parents[alias] = node

    def visit_assign(self, node: ast.Assign, scope: Scope) -> None:
        template = Binding("", Kind.ASSIGNMENT, node, scope, node, node.value)
        for target in node.targets:
            self.bind_target(target, template)
        self.children(node, scope)

    def visit_annotated_assign(self, node: ast.AnnAssign, scope: Scope) -> None:
        template = Binding("", Kind.ASSIGNMENT, node, scope, node, node.value, node.annotation)
        self.bind_target(node.target, template)
        self.children(node, scope)

    def visit_augmented_assign(self, node: ast.AugAssign, scope: Scope) -> None:
        if isinstance(node.target, ast.Name):
            self.bind(Binding(node.target.id, Kind.OPAQUE, node, scope, node))
        self.children(node, scope)

    def visit_walrus(self, node: ast.NamedExpr, scope: Scope) -> None:
        template = Binding("", Kind.ASSIGNMENT, node, scope.owner, node, node.value)
        self.bind_target(node.target, template)
        self.children(node, scope)

    def visit_type_alias(self, node: ast.AST, scope: Scope) -> None:
        name, value = node.name, node.value  # type: ignore[attr-defined]  # Python 3.12 and newer
        self.bind(Binding(name.id, Kind.ALIAS, node, scope, node, value))
        self.children(node, scope)

    def visit_with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        scope.owner.note("withs", node)
        for item in node.items:
            if item.optional_vars is not None:
                template = Binding(
                    "",
                    Kind.WITH,
                    item,
                    scope,
                    node,
                    item.context_expr,
                    is_async=isinstance(node, ast.AsyncWith),
                )
                self.bind_target(item.optional_vars, template)
        self.children(node, scope)

    def visit_for(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        scope.owner.note("loops", node)
        template = Binding("", Kind.LOOP, node, scope, node, node.iter, is_async=isinstance(node, ast.AsyncFor))
        self.bind_target(node.target, template)
        self.children(node, scope)

    def visit_handler(self, node: ast.ExceptHandler, scope: Scope) -> None:
        scope.owner.note("handlers", node)
        if node.name:
            self.bind(Binding(node.name, Kind.OPAQUE, node, scope, node))
        self.children(node, scope)

    def visit_match_name(self, node: ast.MatchAs | ast.MatchStar, scope: Scope) -> None:
        if node.name:
            self.bind(Binding(node.name, Kind.OPAQUE, node, scope, node))
        self.children(node, scope)

    def visit_match_mapping(self, node: ast.MatchMapping, scope: Scope) -> None:
        if node.rest:
            self.bind(Binding(node.rest, Kind.OPAQUE, node, scope, node))
        self.children(node, scope)

    def visit_global(self, node: ast.Global, scope: Scope) -> None:
        scope.global_names |= frozenset(node.names)

    def visit_nonlocal(self, node: ast.Nonlocal, scope: Scope) -> None:
        scope.nonlocal_names |= frozenset(node.names)

    def visit_attribute(self, node: ast.Attribute, scope: Scope) -> None:
        scope.owner.attributes.append(node)
        self.children(node, scope)

    def visit_call(self, node: ast.Call, scope: Scope) -> None:
        scope.owner.calls.append(node)
        self.scope_of_call[node] = scope
        self.children(node, scope)

    def visit_return(self, node: ast.Return, scope: Scope) -> None:
        scope.owner.note("returns", node)
        self.children(node, scope)

    def visit_yield(self, node: ast.Yield | ast.YieldFrom, scope: Scope) -> None:
        scope.owner.note("yields", node)
        self.children(node, scope)

    def visit_await(self, node: ast.Await, scope: Scope) -> None:
        scope.owner.note("awaits", node)
        self.children(node, scope)

    def visit_name(self, node: ast.Name, scope: Scope) -> None:
        scope.owner.names.append(node)

    def visit_leaf(self, node: ast.AST, scope: Scope) -> None:
        """Constants have nothing below them."""

    def open(self, node: ast.AST, parent: Scope) -> Scope:
        scope = Scope(node, parent, parent.module)
        self.scopes[node] = scope
        return scope

    def bind_type_parameters(self, node: FunctionNode | ast.ClassDef, scope: Scope) -> None:
        for parameter in getattr(node, "type_params", ()):
            self.bind(Binding(parameter.name, Kind.OPAQUE, parameter, scope, node))

    def bind_parameters(self, arguments: ast.arguments, scope: Scope) -> None:
        for parameter, default in parameters(arguments):
            self.bind(
                Binding(parameter.arg, Kind.PARAMETER, parameter, scope, scope.node, default, parameter.annotation)
            )
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                self.bind(Binding(extra.arg, Kind.OPAQUE, extra, scope, scope.node))


def _with_target(template: Binding, name: str, path: tuple[int, ...], node: ast.AST | None = None) -> Binding:
    return Binding(
        name,
        template.kind,
        node or template.node,
        template.scope,
        template.statement,
        template.value,
        template.annotation,
        path,
        template.is_async,
    )


def parameters(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """The named parameters of a function with their defaults, in order."""
    positional = [*arguments.posonlyargs, *arguments.args]
    padding: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    yield from zip(positional, [*padding, *arguments.defaults], strict=True)
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)


def arguments(call: ast.Call) -> list[ast.expr]:
    """All that a call is given."""
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def last_word(node: ast.AST) -> str:
    """The last name of a dotted one, or of an attribute of anything; empty for other expressions."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def is_function(node: ast.AST | None) -> TypeGuard[FunctionNode]:
    """Whether the node is a `def` or an `async def`."""
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


_VISITORS: dict[type[ast.AST], Callable[[_Indexer, Any, Scope], None]] = {
    ast.FunctionDef: _Indexer.visit_function,
    ast.AsyncFunctionDef: _Indexer.visit_function,
    ast.Lambda: _Indexer.visit_lambda,
    ast.ClassDef: _Indexer.visit_class,
    ast.ListComp: _Indexer.visit_comprehension,
    ast.SetComp: _Indexer.visit_comprehension,
    ast.DictComp: _Indexer.visit_comprehension,
    ast.GeneratorExp: _Indexer.visit_comprehension,
    ast.Import: _Indexer.visit_import,
    ast.ImportFrom: _Indexer.visit_import,
    ast.Assign: _Indexer.visit_assign,
    ast.AnnAssign: _Indexer.visit_annotated_assign,
    ast.AugAssign: _Indexer.visit_augmented_assign,
    ast.NamedExpr: _Indexer.visit_walrus,
    ast.With: _Indexer.visit_with,
    ast.AsyncWith: _Indexer.visit_with,
    ast.For: _Indexer.visit_for,
    ast.AsyncFor: _Indexer.visit_for,
    ast.ExceptHandler: _Indexer.visit_handler,
    ast.MatchAs: _Indexer.visit_match_name,
    ast.MatchStar: _Indexer.visit_match_name,
    ast.MatchMapping: _Indexer.visit_match_mapping,
    ast.Global: _Indexer.visit_global,
    ast.Nonlocal: _Indexer.visit_nonlocal,
    ast.Attribute: _Indexer.visit_attribute,
    ast.Call: _Indexer.visit_call,
    ast.Return: _Indexer.visit_return,
    ast.Yield: _Indexer.visit_yield,
    ast.YieldFrom: _Indexer.visit_yield,
    ast.Await: _Indexer.visit_await,
    ast.Name: _Indexer.visit_name,
    ast.Constant: _Indexer.visit_leaf,
}
if hasattr(ast, "TypeAlias"):
    _VISITORS[ast.TypeAlias] = _Indexer.visit_type_alias
