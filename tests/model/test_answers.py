"""Answers to questions that hang on one another do not depend on which is asked first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import permutations

import pytest

from flake8_asyncdb.model.answers import MAX_DEPTH, Answers

Set = frozenset[str]


class Graph:
    """Each question's answer is its own letter and the answers of those that it hangs on."""

    def __init__(self, **hangs_on: str) -> None:
        self.hangs_on = hangs_on
        self.answers: Answers[Set] = Answers(frozenset(), frozenset("?"))
        self.asked: list[str] = []

    def ask(self, letter: str) -> str:
        return "".join(sorted(self._ask(letter)))

    def _ask(self, letter: str) -> Set:
        return self.answers.once(letter, lambda: self._answer(letter))

    def _answer(self, letter: str) -> Set:
        self.asked.append(letter)
        return frozenset(letter).union(*(self._ask(each) for each in self.hangs_on[letter]))


def test_each_question_is_answered_once() -> None:
    graph = Graph(a="bc", b="d", c="d", d="")

    assert [graph.ask(letter) for letter in "adab"] == ["abcd", "d", "abcd", "bd"]
    assert sorted(graph.asked) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("order", list(permutations("abcd")))
@pytest.mark.parametrize(
    ("hangs_on", "expected"),
    [
        ({"a": "a", "b": "", "c": "", "d": ""}, "a b c d"),
        ({"a": "b", "b": "a", "c": "", "d": ""}, "ab ab c d"),
        ({"a": "b", "b": "ca", "c": "bd", "d": ""}, "abcd abcd abcd d"),
        ({"a": "bb", "b": "c", "c": "b", "d": "a"}, "abc bc bc abcd"),
        ({"a": "bcd", "b": "acd", "c": "abd", "d": "abc"}, "abcd abcd abcd abcd"),
        ({"a": "b", "b": "bc", "c": "cd", "d": "d"}, "abcd bcd cd d"),
    ],
)
def test_circles_are_answered_alike_whoever_asks_first(
    hangs_on: dict[str, str], expected: str, order: Iterable[str]
) -> None:
    graph = Graph(**hangs_on)
    found = {letter: graph.ask(letter) for letter in order}

    assert " ".join(found[letter] for letter in "abcd") == expected


def test_what_never_settles_is_unknown() -> None:
    answers: Answers[int] = Answers(0, -1)

    def grow() -> int:
        return answers.once("grows", grow) + 1

    assert answers.once("grows", grow) == -1
    assert answers.once("grows", grow) == -1


@pytest.mark.parametrize("length", [2, 100, MAX_DEPTH])
def test_long_chains_and_circles_need_no_deep_stack(length: int) -> None:
    def follow(number: int, answers: Answers[int], last: Callable[[], int]) -> int:
        return answers.once(number, last if number == length else lambda: follow(number + 1, answers, last))

    chain: Answers[int] = Answers(0, -1)
    assert follow(1, chain, lambda: 7) == 7

    circle: Answers[int] = Answers(0, -1)
    assert follow(1, circle, lambda: max(5, follow(1, circle, lambda: 5))) == 5


def test_deeper_than_the_bound_is_unknown() -> None:
    answers: Answers[int] = Answers(0, -1)

    def follow(number: int) -> int:
        return answers.once(number, lambda: follow(number + 1))

    assert follow(0) == -1


def test_failure_leaves_nothing_behind() -> None:
    answers: Answers[int] = Answers(0, -1)

    def fail() -> int:
        answers.once("a", fail)
        raise KeyError

    def ask_again() -> int:
        return answers.once("a", ask_again)

    with pytest.raises(KeyError):
        answers.once("a", fail)
    assert answers.once("a", ask_again) == 0
