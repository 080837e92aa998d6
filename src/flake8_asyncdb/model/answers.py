"""Questions that hang on one another, in circles too: each is answered once, whichever is asked first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

MAX_DEPTH = 40
MAX_ROUNDS = 12

T = TypeVar("T")


class Answers(Generic[T]):
    """Remembers answers; those that hang on each other are computed together, until none of them changes any more.

    A question that comes back to itself while it is answered gets the `least` answer at first, then what the round
    before found, until a round finds nothing new (a least fixed point). Circles are found by the path-based algorithm
    for strongly connected components (Gabow 2000). Questions that do not settle in `MAX_ROUNDS` rounds are `unknown`.
    One that lies deeper than `MAX_DEPTH` is answered first, by itself, so that Python's own stack never matters.
    """

    def __init__(self, least: T, unknown: T) -> None:
        self.least = least
        self.unknown = unknown
        self._known: dict[Hashable, T] = {}
        self._depth = 0
        self._stack: list[Hashable] = []
        self._positions: dict[Hashable, int] = {}
        self._heads: list[int] = []
        self._found: dict[Hashable, T] = {}
        self._assumed: dict[Hashable, T] = {}

    def once(self, question: Hashable, answer: Callable[[], T]) -> T:
        """The answer to a question, which `answer` computes unless it is known; it may ask others meanwhile."""
        if question in self._known:
            return self._known[question]
        return self._inside(question, answer) if self._depth else self._outermost(question, answer)

    def _outermost(self, question: Hashable, answer: Callable[[], T]) -> T:
        pending = {question: answer}
        while pending:
            current = next(reversed(pending))
            try:
                if current not in self._known:
                    self._inside(current, pending[current])
                del pending[current]
            except _TooDeep as deep:
                if deep.question in pending:
                    self._known[deep.question] = self.unknown
                else:
                    pending[deep.question] = deep.answer
            finally:
                self._forget()
        return self._known[question]

    def _forget(self) -> None:
        self._depth = 0
        for state in (self._stack, self._heads):
            state.clear()
        for states in (self._positions, self._found, self._assumed):
            states.clear()

    def _inside(self, question: Hashable, answer: Callable[[], T]) -> T:
        position = self._positions.get(question)
        if position is not None:
            return self._met_again(question, position)
        if self._depth >= MAX_DEPTH:
            raise _TooDeep(question, answer)
        self._depth += 1
        position = len(self._stack)
        for _ in range(MAX_ROUNDS):
            self._stack.append(question)
            self._positions[question] = position
            self._heads.append(position)
            found = self._found[question] = answer()
            if self._heads[-1] != position:
                break
            circle = self._close_circle(position)
            if all(self._assumed.get(each, self._found[each]) == self._found[each] for each in circle):
                self._known.update((each, self._found.pop(each)) for each in circle)
                break
            for each in circle:
                self._assumed.pop(each, None)
        else:
            found = self.unknown
            self._known.update(dict.fromkeys(circle, found))
        self._depth -= 1
        return found

    def _met_again(self, question: Hashable, position: int) -> T:
        while self._heads[-1] > position:
            self._heads.pop()
        found = self._found.get(question, self.least)
        self._assumed.setdefault(question, found)
        return found

    def _close_circle(self, position: int) -> list[Hashable]:
        """The questions that hang on one another, first the one at `position`, which hangs on no earlier one."""
        self._heads.pop()
        circle = self._stack[position:]
        del self._stack[position:]
        for each in circle:
            del self._positions[each]
        return circle


class _TooDeep(Exception):
    def __init__(self, question: Hashable, answer: Callable[[], Any]) -> None:
        super().__init__(question)
        self.question = question
        self.answer = answer
