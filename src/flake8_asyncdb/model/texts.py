"""What a string can be, as far as it is known, and what operations and conditions make of that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from flake8_asyncdb.model.values import Tri

MAX_TEXTS = 12
MAX_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Text:
    """A string that begins with `prefix` and, if `exact`, ends there.

    `assumed` says that this is only known where a condition of the program holds: nothing gives the string.
    """

    prefix: str
    exact: bool = True
    assumed: bool = False

    def __add__(self, other: Text) -> Text:
        return Text(self.prefix + other.prefix, other.exact, self.assumed or other.assumed) if self.exact else self

    def starts_with(self, start: str) -> Tri:
        """Whether it surely begins with `start`, surely does not, or may."""
        if self.prefix.startswith(start):
            return Tri.YES
        return Tri.UNKNOWN if not self.exact and start.startswith(self.prefix) else Tri.NO

    def contains(self, part: str) -> Tri:
        """Whether `part` surely occurs in it."""
        if part in self.prefix:
            return Tri.YES
        return Tri.NO if self.exact else Tri.UNKNOWN


ANY = Text("", exact=False)
Texts = frozenset[Text]
UNKNOWN_TEXT: Texts = frozenset({ANY})


def limited(texts: Texts) -> Texts:
    """The texts, cut where they grow long, or unknown where there are none or too many."""
    if not 0 < len(texts) <= MAX_TEXTS:
        return UNKNOWN_TEXT
    if all(len(text.prefix) <= MAX_LENGTH for text in texts):
        return texts
    return frozenset(
        text if len(text.prefix) <= MAX_LENGTH else replace(text, prefix=text.prefix[:MAX_LENGTH], exact=False)
        for text in texts
    )


def joined(left: Texts, right: Texts) -> Texts:
    """Every text of one followed by every text of the other."""
    return limited(frozenset(a + b for a in left for b in right))


@dataclass(frozen=True, slots=True)
class Condition:
    """A test of a text, such as `url.startswith("sqlite")`: by its `start`, a `part` of it, or `equal`."""

    subject: ast.expr
    wanted: tuple[str, ...]
    how: str

    def answer(self, text: Text) -> Tri:
        """Whether the text meets it."""
        if self.how == "start":
            answers = {text.starts_with(start) for start in self.wanted}
        elif self.how == "part":
            answers = {text.contains(part) for part in self.wanted}
        else:
            answers = {self._equals(text, wanted) for wanted in self.wanted}
        if Tri.YES in answers:
            return Tri.YES
        return Tri.NO if answers == {Tri.NO} else Tri.UNKNOWN

    @staticmethod
    def _equals(text: Text, wanted: str) -> Tri:
        if text.exact:
            return Tri.YES if text.prefix == wanted else Tri.NO
        return Tri.UNKNOWN if wanted.startswith(text.prefix) else Tri.NO

    def narrowed(self, texts: Texts, truth: bool) -> Texts:
        """Those of the texts for which it holds, or does not; empty where that cannot be."""
        return frozenset(each for text in texts for each in self._narrowed(text, truth))

    def _narrowed(self, text: Text, truth: bool) -> Iterator[Text]:
        answer = self.answer(text)
        if answer is Tri.UNKNOWN and truth and (self.how != "part" or not text.prefix):
            yield from (Text(each, exact=self.how == "equal", assumed=True) for each in self.wanted)
        elif answer is Tri.UNKNOWN or (answer is Tri.YES) is truth:
            yield text


def condition(test: ast.expr) -> Condition | None:
    """What a test says about a text; None for a test of anything else."""
    match test:
        case ast.Call(func=ast.Attribute(value=subject, attr="startswith"), args=[argument]):
            wanted = _strings(argument)
            if isinstance(subject, ast.Attribute) and subject.attr in ("drivername", "scheme"):
                subject = subject.value
            return Condition(_unwrapped(subject), wanted, "start") if wanted else None
        case ast.Compare(left=ast.Constant(value=str(text)), ops=[ast.In()], comparators=[subject]):
            return Condition(_unwrapped(subject), (text,), "part")
        case ast.Compare(left=subject, ops=[ast.Eq()], comparators=[ast.Constant(value=str(text))]):
            if isinstance(subject, ast.Call) and isinstance(subject.func, ast.Attribute):
                if subject.func.attr in ("get_backend_name", "get_dialect"):
                    return Condition(_unwrapped(subject.func.value), (text,), "start")
            if isinstance(subject, ast.Attribute) and subject.attr in ("drivername", "scheme"):
                return Condition(_unwrapped(subject.value), (f"{text}:",), "start")
            return Condition(_unwrapped(subject), (text,), "equal")
    return None


def _unwrapped(subject: ast.expr) -> ast.expr:
    """The URL in `str(url)`, `url.lower()` or `make_url(url)`."""
    match subject:
        case ast.Call(func=ast.Name(id="str" | "make_url"), args=[inner]):
            return _unwrapped(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "strip" | "get_secret_value")):
            return _unwrapped(inner)
    return subject


def _strings(node: ast.expr) -> tuple[str, ...]:
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    found = tuple(n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return found if len(found) == len(nodes) else ()


def replaced(texts: Texts, old: Texts, new: Texts) -> Texts:
    """What `text.replace(old, new)` makes of the texts."""
    if len(old) != 1 or len(new) != 1:
        return UNKNOWN_TEXT
    (before,), (after,) = old, new
    if not before.exact:
        return UNKNOWN_TEXT
    found = set()
    for text in texts:
        if not before.prefix or before.prefix not in text.prefix:
            found.add(text if text.exact or text.prefix else ANY)
        elif after.exact:
            found.add(replace(text, prefix=text.prefix.replace(before.prefix, after.prefix)))
        else:
            head = text.prefix.partition(before.prefix)[0]
            found.add(replace(text, prefix=head + after.prefix, exact=False))
    return limited(frozenset(found))


def with_driver(texts: Texts, drivers: Texts) -> Texts:
    """The URLs with another dialect and driver, as `URL.set(drivername=...)` makes them."""
    found = set()
    for text in texts:
        _, separator, rest = text.prefix.partition("://")
        for driver in drivers:
            if driver.exact:
                tail = replace(text, prefix=rest) if separator else ANY
                found.add(Text(f"{driver.prefix}://") + tail)
            else:
                found.add(ANY)
    return limited(frozenset(found))


def speaks_of_sqlite(test: ast.expr) -> tuple[Tri, Tri]:
    """Whether the database is SQLite where a condition holds, and where it does not, by the words of the condition."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            holds, fails = speaks_of_sqlite(operand)
            return fails, holds
        case ast.BoolOp(op=op, values=values):
            position = 0 if isinstance(op, ast.And) else 1
            said = [speaks_of_sqlite(value)[position] for value in values]
            answer = next((each for each in said if each is not Tri.UNKNOWN), Tri.UNKNOWN)
            return (answer, Tri.UNKNOWN) if position == 0 else (Tri.UNKNOWN, answer)
        case ast.Compare(ops=[ast.NotEq() | ast.NotIn() as op], left=left, comparators=others):
            positive = ast.Eq() if isinstance(op, ast.NotEq) else ast.In()
            holds, fails = speaks_of_sqlite(ast.Compare(left, [positive], others))
            return fails, holds
        case (
            ast.Compare(left=ast.Constant(value=str(text)), ops=[ast.Eq() | ast.In()], comparators=[_])
            | ast.Compare(ops=[ast.Eq()], comparators=[ast.Constant(value=str(text))])
        ) if text.startswith("sqlite"):
            return Tri.YES, Tri.NO
        case ast.Call(func=ast.Attribute(attr="startswith"), args=[ast.Constant(value=str(text))]):
            return (Tri.YES, Tri.NO) if text.startswith("sqlite") else (Tri.UNKNOWN, Tri.UNKNOWN)
        case (ast.Name(id=name) | ast.Attribute(attr=name)) | ast.Call(
            func=ast.Name(id=name) | ast.Attribute(attr=name)
        ) if "sqlite" in name.lower():
            return Tri.YES, Tri.NO
    return Tri.UNKNOWN, Tri.UNKNOWN
