"""Which of a name's assignments a use can see."""

from __future__ import annotations

import pytest
from projects import Make

CASES = {
    "the last one before the use": ("x = 1\nx = 2\nreveal(x)\nx = 3", "2"),
    "an earlier use": ("x = 1\nreveal(x)\nx = 2", "1"),
    "both arms of an if": ("if a:\n    x = 1\nelse:\n    x = 2\nreveal(x)", "1 | 2"),
    "an if without else": ("x = 1\nif a:\n    x = 2\nreveal(x)", "1 | 2"),
    "inside the arm that binds it": ("x = 1\nif a:\n    x = 2\n    reveal(x)", "2"),
    "inside the other arm": ("x = 1\nif a:\n    x = 2\nelse:\n    reveal(x)", "1"),
    "elif chain": ("if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\nreveal(x)", "1 | 2 | 3"),
    "in the last arm of an elif chain": ("x = 0\nif a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    reveal(x)", "0"),
    "an if that was left behind": ("if a:\n    x = 1\nelse:\n    x = 2\nx = 3\nreveal(x)", "3"),
    "in the test of an if": ("x = 1\nif reveal(x):\n    x = 2", "1"),
    "after a loop": ("x = 1\nfor _ in y:\n    x = 2\nreveal(x)", "1 | 2"),
    "after a while": ("x = 1\nwhile y:\n    x = 2\nreveal(x)", "1 | 2"),
    "in the loop, after the binding": ("x = 1\nfor _ in y:\n    x = 2\n    reveal(x)", "2"),
    "in the loop, before the binding": ("x = 1\nfor _ in y:\n    reveal(x)\n    x = 2", "1 | 2"),
    "at a while loop's later turn": ("x = 1\nwhile y:\n    reveal(x)\n    x = 2", "1 | 2"),
    "only at a loop's later turn": ("for _ in y:\n    if z:\n        reveal(x)\n    x = 2", "2"),
    "in a loop's else": ("x = 1\nfor _ in y:\n    x = 2\nelse:\n    reveal(x)", "1 | 2"),
    "after try": ("x = 1\ntry:\n    x = 2\nexcept E:\n    pass\nreveal(x)", "1 | 2"),
    "after try with binding handlers": ("try:\n    x = 1\nexcept E:\n    x = 2\nreveal(x)", "1 | 2"),
    "in the handler": ("x = 1\ntry:\n    x = 2\nexcept E:\n    reveal(x)", "1 | 2"),
    "in the handler after the one that binds": (
        "x = 1\ntry:\n    y\nexcept E:\n    x = 2\nexcept F:\n    reveal(x)",
        "1",
    ),
    "in the else of a try": ("try:\n    x = 1\nexcept E:\n    x = 2\nelse:\n    reveal(x)", "1"),
    "in the finally": ("x = 1\ntry:\n    x = 2\nfinally:\n    reveal(x)", "1 | 2"),
    "bound in the finally": ("x = 1\ntry:\n    pass\nfinally:\n    x = 2\nreveal(x)", "2"),
    "in a with": ("x = 1\nwith y:\n    x = 2\n    reveal(x)", "2"),
    "after a with, which may swallow an exception": ("x = 1\nwith y:\n    x = 2\nreveal(x)", "1 | 2"),
    "rebound from itself": ("x = 1\nx = x\nreveal(x)", "1"),
    "used on the line that rebinds it": ("x = 1\nx = reveal(x)", "1"),
    "arms of a match": ("match a:\n    case 1:\n        x = 1\n    case _:\n        x = 2\nreveal(x)", "1 | 2"),
    "in an arm of a match": ("x = 0\nmatch a:\n    case 1:\n        x = 1\n    case _:\n        reveal(x)", "0"),
    "nothing but later bindings": ("reveal(x)\nx = 1", "1"),
    "two names at once": ("x, y = 1, 2\nx, y = y, x\nreveal(x)", "2"),
    "an arm that returns": ("x = 1\nif a:\n    x = 2\n    return\nreveal(x)", "1"),
    "an arm that raises": ("x = 1\nif a:\n    x = 2\n    raise E\nreveal(x)", "1"),
    "walrus in a condition": ("x = 1\nif (x := 2):\n    reveal(x)", "2"),
    "a nested definition": ("def x(): ...\nx = 1\nreveal(x)", "1"),
}


@pytest.mark.parametrize(("code", "expected"), CASES.values(), ids=CASES.keys())
def test_in_a_function(code: str, expected: str, make: Make) -> None:
    body = code.replace("\n", "\n    ")

    assert make(f"def f():\n    {body}\n").revealed() == [expected]


AT_MODULE_LEVEL = {name: case for name, case in CASES.items() if "return" not in case[0]}


@pytest.mark.parametrize(("code", "expected"), AT_MODULE_LEVEL.values(), ids=AT_MODULE_LEVEL.keys())
def test_at_module_level(code: str, expected: str, make: Make) -> None:
    assert make(code).revealed() == [expected]


def test_parameter_is_hidden_by_an_assignment(make: Make) -> None:
    code = make("def f(x: int):\n    reveal(x)\n    x = 1\n    reveal(x)")

    assert code.revealed() == ["builtins.int", "1"]


def test_parameter_and_conditional_assignment(make: Make) -> None:
    code = make("def f(x: int = None):\n    if x is None:\n        x = 'a'\n    reveal(x)")

    assert code.revealed() == ["'a' | builtins.int"]


def test_with_binds_before_its_body_and_its_items_see_those_before_them(make: Make) -> None:
    code = make(
        """
        from sqlalchemy.orm import Session
        def f():
            db = None
            with Session() as db, reveal(db) as other:
                reveal(db)
            reveal(db)
        """
    )

    assert code.revealed() == ["sqlalchemy.orm.Session"] * 3


def test_loop_variable_is_bound_before_the_body(make: Make) -> None:
    code = make("def f(many: list[int]):\n    x = None\n    for x in many:\n        reveal(x)\n    reveal(x)")

    assert code.revealed() == ["builtins.int", "None | builtins.int"]


def test_function_sees_every_assignment_of_the_module(make: Make) -> None:
    code = make("x = 1\ndef f():\n    reveal(x)\nx = 2")

    assert code.revealed() == ["1 | 2"]


def test_comprehension_sees_what_reaches_it(make: Make) -> None:
    code = make("def f():\n    x = 1\n    [reveal(x) for _ in y]\n    x = 2")

    assert code.revealed() == ["1"]
