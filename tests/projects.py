"""Makes a project from texts and answers questions about it, in words that a test can compare."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_asyncdb.facts import ModuleFacts, ProjectFacts
from flake8_asyncdb.model.effects import Effects
from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Function, Module, Namespace, Project
from flake8_asyncdb.model.scopes import Scope
from flake8_asyncdb.model.text_flow import TextEvaluator
from flake8_asyncdb.model.values import (
    NEVER,
    UNKNOWN,
    Anonymous,
    Bound,
    External,
    Instance,
    Literal,
    Method,
    Tuple,
    TypeForm,
    Union,
    Value,
)

Files = str | dict[str, str]


class Code:
    """A project on disk, and the model's and the facts' view of it.

    A single text is the module app.py. `reveal(...)` in a text marks the
    expressions that a test asks about.
    """

    def __init__(self, root: Path, files: Files) -> None:
        self.root = root
        for name, text in ({"app.py": files} if isinstance(files, str) else files).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        self.project = ProjectFacts(Project(root))

    @property
    def inference(self) -> Inference:
        return self.project.inference

    @property
    def effects(self) -> Effects:
        return self.project.effects

    @property
    def texts(self) -> TextEvaluator:
        return self.project.texts

    def module(self, path: str = "app.py") -> Module:
        """One of its files."""
        module = self.project.project.module(path)
        assert module is not None, path
        return module

    def facts(self, path: str = "app.py") -> ModuleFacts:
        """What one of its files has."""
        return self.project.module(self.module(path))

    def function(self, qualname: str, path: str = "app.py") -> Function:
        """A function by its name, behind its class's where it is a method."""
        (found,) = [each for each in self.module(path).functions if each.qualname == qualname]
        return found

    def cls(self, name: str, path: str = "app.py") -> Class:
        """A class by its name."""
        (found,) = [each for each in self.module(path).classes if each.name == name]
        return found

    def asked(self, path: str = "app.py") -> list[tuple[ast.expr, Scope]]:
        """The arguments of `reveal(...)`, in source order."""
        index = self.module(path).index
        calls = [call for call in index.scope_of_call if isinstance(call.func, ast.Name) and call.func.id == "reveal"]
        calls.sort(key=lambda call: (call.lineno, call.col_offset))
        return [(argument, index.scope_of_call[call]) for call in calls for argument in call.args]

    def values(self, path: str = "app.py") -> list[Value]:
        """What the revealed expressions stand for."""
        return [self.inference.value(node, scope) for node, scope in self.asked(path)]

    def value(self, path: str = "app.py") -> Value:
        """What the only revealed expression stands for."""
        (found,) = self.values(path)
        return found

    def revealed(self, path: str = "app.py") -> list[str]:
        """What the revealed expressions stand for, in words."""
        return [told(value) for value in self.values(path)]

    def strings(self, path: str = "app.py") -> list[set[str]]:
        """The texts that the revealed expressions can be; `...` at the end of one says that it goes on."""
        return [
            {text.prefix + ("" if text.exact else "...") for text in self.texts.at(node, scope)}
            for node, scope in self.asked(path)
        ]


Make = Callable[[Files], Code]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a project into the test's directory."""

    def make(files: Files) -> Code:
        return Code(tmp_path, files)

    return make


def told(value: Value) -> str:
    """A value in words: an object by its class's name, a class or function from outside in angle brackets."""
    match value:
        case Union():
            return " | ".join(sorted(told(member) for member in value.members)) if value != NEVER else "never"
        case Instance():
            name = value.cls.name
            return f"{name}[{', '.join(map(told, value.args))}]" if value.args else name
        case External():
            return f"<{value.name}>"
        case Class():
            return f"<class {value.name}>"
        case Bound():
            return f"<function {value.function.qualname}>"
        case Method():
            return f"<method {told(value.receiver)}.{value.name}>"
        case Module():
            return f"<module {value.path}>"
        case Namespace():
            return f"<namespace {value.path}>"
        case Literal():
            return repr(value.value)
        case Tuple():
            return f"({', '.join(map(told, value.items))})"
        case TypeForm():
            return f"<type {ast.unparse(value.expression)}>"
        case Anonymous():
            return "<lambda>"
    assert value is UNKNOWN
    return "unknown"
