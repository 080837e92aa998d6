"""Questions that hang on one another, in circles too: each is answered once, whichever is asked first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, TypeVar

STACK_DEPTH = 40
MAX_DEPTH = 100 * STACK_DEPTH
MAX_ROUNDS = 12

T = TypeVar("T")


class Answers(Generic[T]):
    """Remembers answers; those that hang on each other are computed together, until none of them changes any more.

    Most questions hang on no circle and are just answered. One that comes back to itself is asked anew from there: in
    its circle it gets the `least` answer at first, then what the round before found, until a round finds nothing new
    (a least fixed point). Circles are found by the path-based algorithm for strongly connected components (Gabow 2000).
    Questions that do not settle in `MAX_ROUNDS` rounds, or that lie `MAX_DEPTH` questions below the first, are
    `unknown`. `bounded` makes what is found small enough to remember. Final answers are in `known`.
    """

    def __init__(self, least: T, unknown: T, bounded: Callable[[T], T] = lambda found: found) -> None:
        self.least = least
        self.unknown = unknown
        self.bounded = bounded
        self.known: dict[Hashable, T] = {}
        self._depth = 0
        self._pending: set[Hashable] = set()
        self._stack: list[Hashable] = []
        self._positions: dict[Hashable, int] = {}
        self._heads: list[int] = []
        self._found: dict[Hashable, T] = {}
        self._assumed: dict[Hashable, T] = {}

    def once(self, question: Hashable, answer: Callable[..., T], *given: Any) -> T:
        """The answer to a question, which `answer` computes from `given` unless it is known; it may ask others."""
        if question in self.known:
            return self.known[question]
        if self._stack or question in self._pending:
            return self._in_circle(question, partial(answer, *given))
        if self._depth == MAX_DEPTH:
            return self.known.setdefault(question, self.unknown)
        self._depth += 1
        self._pending.add(question)
        try:
            found = answer(*given) if self._depth % STACK_DEPTH else on_fresh_stack(partial(answer, *given))
        finally:
            self._depth -= 1
            self._pending.discard(question)
        return self.known.setdefault(question, self.bounded(found))

    def _in_circle(self, question: Hashable, answer: Callable[[], T]) -> T:
        position = self._positions.get(question)
        if position is not None:
            return self._met_again(question, position)
        compute = partial(self._answered, question, answer)
        if not self._stack:
            return self._from_here(compute)
        if self._depth == MAX_DEPTH:
            return self.known.setdefault(question, self.unknown)
        self._depth += 1
        try:
            return compute() if self._depth % STACK_DEPTH else on_fresh_stack(compute)
        finally:
            self._depth -= 1

    def _from_here(self, compute: Callable[[], T]) -> T:
        """The answer to the first question of a circle, whose depth counts from there."""
        depth, self._depth = self._depth, 0
        try:
            return on_fresh_stack(compute)
        finally:
            self._depth = depth
            for state in (self._stack, self._heads, self._positions, self._found, self._assumed):
                state.clear()

    def _answered(self, question: Hashable, answer: Callable[[], T]) -> T:
        position = len(self._stack)
        for _ in range(MAX_ROUNDS):
            self._stack.append(question)
            self._positions[question] = position
            self._heads.append(position)
            found = self._found[question] = self.bounded(answer())
            if self._heads[-1] != position:
                return found
            if self._stack[-1] is question and question not in self._assumed:
                self._heads.pop()
                self._stack.pop()
                del self._positions[question]
                self.known[question] = self._found.pop(question)
                return found
            circle = self._close_circle(position)
            assumed = {each: self._assumed.pop(each) for each in circle if each in self._assumed}
            if all(self._found[each] == before for each, before in assumed.items()):
                self.known.update((each, self._found.pop(each)) for each in circle)
                return found
        self.known.update(dict.fromkeys(circle, self.unknown))
        return self.unknown

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


def on_fresh_stack(compute: Callable[[], T]) -> T:
    """What `compute` returns or raises, run with Python's whole recursion limit to itself, which each thread has."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(compute).result()
