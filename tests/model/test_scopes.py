"""What binds a name, in which scope, and what each place can see."""

from __future__ import annotations

import ast
import sys

import pytest
from projects import Make

from flake8_asyncdb.model.scopes import Kind

# What binds a name

FORMS = [
    ("x = 1", Kind.ASSIGNMENT),
    ("x: int = 1", Kind.ASSIGNMENT),
    ("x: int", Kind.ASSIGNMENT),
    ("x, y = 1, 2", Kind.ASSIGNMENT),
    ("[x, *y] = z", Kind.ASSIGNMENT),
    ("(y, (z, x)) = w", Kind.ASSIGNMENT),
    ("*x, y = z", Kind.ASSIGNMENT),
    ("y = x = 1", Kind.ASSIGNMENT),
    ("(x := 1)", Kind.ASSIGNMENT),
    ("print([x := 1 for _ in y])", Kind.ASSIGNMENT),
    ("import x", Kind.IMPORT),
    ("import x.y", Kind.IMPORT),
    ("import y.z as x", Kind.IMPORT),
    ("from y import x", Kind.IMPORT),
    ("from y import z as x", Kind.IMPORT),
    ("from . import x", Kind.IMPORT),
    ("def x(): ...", Kind.DEFINITION),
    ("async def x(): ...", Kind.DEFINITION),
    ("class x: ...", Kind.DEFINITION),
    ("with y as x: ...", Kind.WITH),
    ("with y as (z, x): ...", Kind.WITH),
    ("for x in y: ...", Kind.LOOP),
    ("for z, x in y: ...", Kind.LOOP),
    ("x += 1", Kind.OPAQUE),
    ("try: ...\nexcept E as x: ...", Kind.OPAQUE),
    ("match y:\n    case x: ...", Kind.OPAQUE),
    ("match y:\n    case [1, *x]: ...", Kind.OPAQUE),
    ("match y:\n    case {'a': 1, **x}: ...", Kind.OPAQUE),
    ("match y:\n    case C(a=x): ...", Kind.OPAQUE),
    ("match y:\n    case (1 | 2) as x: ...", Kind.OPAQUE),
    ("def f():\n    global x\n    x = 1", Kind.ASSIGNMENT),
    ("def f():\n    global x\n    import x", Kind.IMPORT),
    ("def f():\n    global x\n    def x(): ...", Kind.DEFINITION),
    ("if y:\n    while z:\n        x = 1", Kind.ASSIGNMENT),
    ("try: ...\nexcept* E as x: ...", Kind.OPAQUE),
]
if sys.version_info < (3, 11):
    FORMS.pop()
if sys.version_info >= (3, 12):
    FORMS += [("type x = int", Kind.ALIAS), ("type x[T] = list[T]", Kind.ALIAS)]


@pytest.mark.parametrize(("code", "kind"), FORMS)
def test_module_level_binding(code: str, kind: Kind, make: Make) -> None:
    (binding,) = make(code).module().scope.bindings["x"]

    assert binding.kind is kind


@pytest.mark.parametrize(
    "code",
    [
        "x",
        "x.y = 1",
        "x[0] = 1",
        "del x",
        "[x for x in y]",
        "{x for x in y}",
        "{x: 1 for x in y}",
        "list(x for x in y)",
        "lambda x: x",
        "def f(x): ...",
        "def f():\n    x = 1",
        "def f():\n    (x := 1)",
        "class A:\n    x = 1",
        "class A:\n    def x(self): ...",
        "from y import *",
        "import y.x",
        "f(x=1)",
        "match y:\n    case C.x: ...",
        "match y:\n    case x(): ...",
    ],
)
def test_module_level_is_not_bound(code: str, make: Make) -> None:
    assert "x" not in make(code).module().scope.bindings


@pytest.mark.parametrize(
    ("signature", "kinds"),
    [
        ("x", [Kind.PARAMETER]),
        ("x, /", [Kind.PARAMETER]),
        ("*, x", [Kind.PARAMETER]),
        ("x=1", [Kind.PARAMETER]),
        ("*, x=1", [Kind.PARAMETER]),
        ("*x", [Kind.OPAQUE]),
        ("**x", [Kind.OPAQUE]),
    ],
)
@pytest.mark.parametrize("definition", ["def f({}): ...", "async def f({}): ...", "f = lambda {}: 0"])
def test_parameters(signature: str, kinds: list[Kind], definition: str, make: Make) -> None:
    index = make(definition.format(signature)).module().index
    (inner,) = [scope for scope in index.scopes.values() if scope is not index.root]

    assert [binding.kind for binding in inner.bindings["x"]] == kinds


def test_defaults_belong_to_their_parameters(make: Make) -> None:
    function = make("def f(a, b=1, /, c=2, *args, d, e=3, **kwargs): ...").function("f")

    defaults = {p.name: p.value and ast.unparse(p.value) for p in function.parameters}
    assert defaults == {"a": None, "b": "1", "c": "2", "d": None, "e": "3"}


def test_each_target_remembers_where_it_is_unpacked_from(make: Make) -> None:
    bindings = make("a, (b, *c), [d, e] = f").module().scope.bindings

    paths = {name: found.path for name, (found,) in bindings.items()}
    assert paths["a"] == (0,)
    assert paths["d"] == (2, 0)
    assert paths["e"] == (2, 1)
    assert -1 in paths["b"] and -1 in paths["c"]


def test_attribute_stores_are_kept_with_the_function(make: Make) -> None:
    function = make(
        "class A:\n    def f(self):\n        self.x, self.y = 1, 2\n        with o as self.z: ..."
    ).function("A.f")

    assert [store.name for store in function.scope.attribute_stores] == ["x", "y", "z"]


# What each place sees


def test_class_scope_is_invisible_to_its_functions(make: Make) -> None:
    code = make(
        """
        x = 1
        class A:
            x = 2
            reveal(x)
            def f(self): reveal(x)
            g = lambda self: reveal(x)
            h = [reveal(x) for _ in y]
            class B:
                reveal(x)
        """
    )

    assert code.revealed() == ["2", "1", "1", "1", "1"]


def test_first_iterable_of_a_comprehension_is_evaluated_in_the_class(make: Make) -> None:
    code = make("x = 1\nclass A:\n    x = 2\n    y = [0 for _ in reveal(x)]\n    z = [0 for _ in y for _ in reveal(x)]")

    assert code.revealed() == ["2", "1"]


def test_class_name_before_its_assignment_comes_from_further_out(make: Make) -> None:
    code = make("x = 1\nclass A:\n    reveal(x)\n    x = x\n    reveal(x)")

    assert code.revealed() == ["1", "1"]


def test_defaults_annotations_and_decorators_are_evaluated_outside(make: Make) -> None:
    code = make(
        """
        x = 1
        @reveal(x)
        def f(a=reveal(x), *, b: reveal(x) = 0) -> reveal(x):
            x = 2
            return reveal(x)
        g = lambda x=reveal(x): reveal(x)
        @reveal(x)
        class A(reveal(x), metaclass=reveal(x)):
            x = 3
        """
    )

    assert code.revealed() == ["1", "1", "1", "1", "2", "1", "unknown", "1", "1", "1"]


def test_comprehension_variables_stay_inside(make: Make) -> None:
    code = make("x = 1\ny = [reveal(x) for x in z if reveal(x)]\nreveal(x)")

    assert code.revealed() == ["unknown", "unknown", "1"]


def test_walrus_in_a_comprehension_binds_around_it(make: Make) -> None:
    code = make("def f():\n    print([y := 1 for _ in z])\n    reveal(y)")

    assert code.revealed() == ["1"]


def test_closure_sees_the_function_around_it(make: Make) -> None:
    code = make("x = 1\ndef f():\n    x = 2\n    def g():\n        return reveal(x)\n    h = lambda: reveal(x)")

    assert code.revealed() == ["2", "2"]


def test_global_reaches_past_the_function_around_it(make: Make) -> None:
    code = make(
        """
        x = 1
        def f():
            x = 2
            def g():
                global x
                reveal(x)
            def h():
                nonlocal x
                reveal(x)
        """
    )

    assert code.revealed() == ["1", "2"]


def test_global_assignment_is_one_of_the_modules(make: Make) -> None:
    code = make("x = None\ndef f():\n    global x\n    x = 1\ndef g():\n    reveal(x)")

    assert code.revealed() == ["1 | None"]


def test_nonlocal_assignment_is_one_of_the_function_that_has_the_name(make: Make) -> None:
    code = make(
        """
        def f():
            x = None
            def middle():
                def g():
                    nonlocal x
                    x = 1
            def other():
                reveal(x)
        """
    )

    assert code.revealed() == ["1 | None"]


def test_nonlocal_passes_over_classes(make: Make) -> None:
    code = make(
        """
        def f():
            x = None
            class A:
                def g(self):
                    nonlocal x
                    x = 1
            def other():
                reveal(x)
        """
    )

    assert code.revealed() == ["1 | None"]


def test_global_statement_counts_for_the_whole_function(make: Make) -> None:
    code = make("x = None\ndef f():\n    if y:\n        global x\n    x = 1\ndef g():\n    reveal(x)")

    assert code.revealed() == ["1 | None"]


@pytest.mark.parametrize(
    "code",
    [
        "def f[T](x: T) -> T:\n    return reveal(T)",
        "class A[T]:\n    def f(self) -> T:\n        reveal(T)",
        "T = 3\nclass A[T]:\n    x: T = reveal(T)",
    ]
    if sys.version_info >= (3, 12)
    else ["from typing import TypeVar\nT = TypeVar('T')\ndef f(x: T):\n    reveal(x)"],
)
def test_type_parameters_are_no_classes(code: str, make: Make) -> None:
    assert make(code).revealed() == ["unknown"]


# The lists of a scope


def test_nodes_belong_to_the_nearest_function(make: Make) -> None:
    code = make(
        """
        a()
        async def f():
            b()
            [c() for x in d() if e()]
            lambda: g()
            def inner(x=h()):
                i()
                return 1
            class C:
                j()
            with k() as y:
                await l()
            try: ...
            except E: ...
            yield m()
            for z in n(): ...
        """
    )
    function = code.function("f")

    assert sorted(ast.unparse(call.func) for call in function.scope.calls) == [*"bcdehklmn"]
    assert [ast.unparse(call.func) for call in code.module().scope.calls] == ["a"]
    assert [ast.unparse(call.func) for call in code.function("inner").scope.calls] == ["i"]
    assert [len(nodes) for nodes in (function.scope.withs, function.scope.awaits, function.scope.handlers)] == [1, 1, 1]
    assert [len(nodes) for nodes in (function.scope.yields, function.scope.returns)] == [1, 0]
    assert sorted(type(loop).__name__ for loop in function.scope.loops) == ["For", "comprehension"]


def test_every_node_has_its_parent(make: Make) -> None:
    module = make(
        """
        @d
        class A(B, metaclass=M):
            x: int = 1
            def f(self, a: T = 1, *b: T, c=2, **d) -> R:
                return [y for y in a if y if (z := y)] + {**d} + {k: v for k, v in w}
        match s:
            case [1, {"k": v, **r}, C(a, b=c)] if g: pass
        try: pass
        except E as e: raise X from e
        else: pass
        finally: pass
        async def g():
            async with a as b, c: pass
            async for d in e: await f
        lambda a=1: (yield)
        x[1:2, ...] = f"{a!r:>{w}}"
        """
    ).module()
    index = module.index

    for parent in ast.walk(module.tree):
        for child in ast.iter_child_nodes(parent):
            if not isinstance(child, ast.expr_context | ast.operator | ast.cmpop | ast.unaryop | ast.boolop):
                assert index.parents.get(child) is parent, ast.dump(child)


def test_scope_of_every_place(make: Make) -> None:
    code = make("a\nclass A(b):\n    c\n    def f(self, d=e):\n        g\n        [h for h in i for j in k]")
    index = code.module().index
    where = {
        node.id: type(index.scope_at(node).node).__name__
        for node in ast.walk(code.module().tree)
        if isinstance(node, ast.Name)
    }

    assert where == {
        "a": "Module",
        "b": "Module",
        "c": "ClassDef",
        "e": "ClassDef",
        "g": "FunctionDef",
        "h": "ListComp",
        "i": "FunctionDef",
        "j": "ListComp",
        "k": "ListComp",
    }


def test_statement_of_an_expression(make: Make) -> None:
    index = make("x = [f(y) for y in z]\ntry: ...\nexcept g(): ...").module().index
    names = [node for node in index.parents if isinstance(node, ast.Name) and node.id in ("f", "g")]

    assert [type(index.statement_of(name)) for name in names] == [ast.Assign, ast.ExceptHandler]
