"""The table as text: on a terminal and as Markdown, and what changed."""

from __future__ import annotations

import io
import re

import pytest

from flake8_asyncdb.report import markdown, terminal
from flake8_asyncdb.report.changes import changes
from flake8_asyncdb.report.table import ROWS, Cell, Evidence, Service, Side, Source, State, Table, counted

FINDING = Evidence("app/db.py", 3, "sync `create_engine()`", Side.BAD, "ADB201", "create_engine(url)")
FACT = Evidence("app/db.py", 3, "`create_async_engine`", Side.GOOD, None, "create_async_engine(url)")
UNKNOWN = Evidence("app/db.py", 4, "an engine", Side.UNKNOWN, None, "")


def service(name: str, *evidence: Evidence, state: State = State.FOLLOWS, text: str = "`x`", **rest: object) -> Service:
    source = Source(f"services/{name}")
    cells = tuple(Cell(row, state, text, evidence) for row in ROWS)
    return Service(name, rest.pop("source", source), cells, **rest)  # type: ignore[arg-type]


def printed(table: Table, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = io.StringIO()
    terminal.write(table, stream)
    return stream.getvalue()


# -- changes


def test_what_is_the_same_is_no_change() -> None:
    assert changes(service("a", FINDING), service("a", FINDING)) == []


def test_a_finding_that_moved_is_the_same() -> None:
    moved = Evidence(FINDING.path, 99, "another sentence", FINDING.side, FINDING.code, FINDING.source)
    assert changes(service("a", FINDING), service("a", moved)) == []


def test_a_finding_that_doubled_is_new_once() -> None:
    change = changes(service("a", FINDING), service("a", FINDING, FINDING))[0]
    assert (change.gone, change.new) == ((), (FINDING,))


def test_facts_do_not_count_as_findings() -> None:
    assert changes(service("a", FACT), service("a")) == []


def test_another_state_or_text_is_a_change() -> None:
    (first, *_) = changes(service("a", FINDING, state=State.BREAKS), service("a", FACT))
    assert (first.before.state, first.after.state, first.gone, first.new) == (
        State.BREAKS,
        State.FOLLOWS,
        (FINDING,),
        (),
    )
    assert len(changes(service("a", text="one"), service("a", text="two"))) == len(ROWS)


def test_states_are_counted_in_words() -> None:
    assert counted(service("a").totals) == "10 follow"
    totals = dict.fromkeys(State, 1)
    assert counted(totals) == "1 follow, 1 mixed, 1 breaks, 1 not used, 1 cannot tell"


# -- terminal


def test_few_services_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table((service("before", FINDING, FINDING, state=State.BREAKS), service("after", FACT)))
    text = printed(table, 100, monkeypatch)
    assert re.search(r"Aspect +│ before +│ after", text)
    assert text.count("✗ breaks, 2 findings (ADB201)") == len(ROWS)
    assert text.count("✓ follows") == len(ROWS)
    assert "10 breaks" in text
    assert "app/db.py:3" in text
    assert "`" not in text


def test_many_services_stand_below_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(tuple(service(f"service-{number}", FINDING, state=State.MIXED) for number in range(30)))
    text = printed(table, 80, monkeypatch)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert text.count("±1") == 30 * len(ROWS)
    assert "1 SQLAlchemy" in text
    assert "Dependency injection" in printed(table, 160, monkeypatch).splitlines()[1]


def test_a_narrow_terminal_gets_a_table_too(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "✓" in printed(Table((service("a"), service("b"))), 20, monkeypatch)


def test_files_that_cannot_be_parsed_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table((service("a", files=7, unread=("x.py",)),))
    assert "1 of 7 files cannot be read" in " ".join(printed(table, 80, monkeypatch).replace("│", " ").split())
    assert "1 of 7 files cannot be read" in markdown.dumps(table)


def test_changes_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = service("app", *[FINDING] * 7, state=State.BREAKS, text="old", source=Source("app", "v1"))
    table = Table((service("app", FACT, text="new", since=before),))
    text = printed(table, 80, monkeypatch)
    assert "app since v1: 10 of 10 rows changed" in text
    assert "SQLAlchemy: ✗ breaks → ✓ follows" in text
    assert "gone  ADB201 app/db.py:3" in text
    assert "gone  and 2 more" in text
    written = markdown.dumps(table)
    assert "**app** since v1: 10 of 10 rows changed" in written
    assert "| **Engine** | ❌ breaks: old | ✅ follows: new | 7 gone |" in written


def test_no_changes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table((service("app", since=service("app", source=Source("app", "v1"))),))
    assert "app since v1: nothing changed" in printed(table, 80, monkeypatch)
    assert "**app** since v1: nothing changed" in markdown.dumps(table)


# -- Markdown


def test_markdown_is_one_table() -> None:
    written = markdown.dumps(Table((service("before", FINDING, state=State.BREAKS), service("after", FACT))))
    lines = written.splitlines()
    assert lines[0] == "| Aspect | before | after |"
    assert lines[1] == "|---|---|---|"
    assert lines[3] == (
        "| **Engine** | ❌ breaks: `x`<br>1 × ADB201<br>[app/db.py:3](services/before/app/db.py#L3) "
        "| ✅ follows: `x`<br>[app/db.py:3](services/after/app/db.py#L3) |"
    )
    assert lines[-1] == "| **Rows** | 10 breaks | 10 follow |"


def test_markdown_of_many_services_has_a_line_for_each() -> None:
    table = Table(tuple(service(f"team-{number}", FINDING, state=State.MIXED) for number in range(20)))
    lines = markdown.dumps(table).splitlines()
    assert lines[0].startswith("| Service | SQLAlchemy | Engine |")
    assert lines[2] == "| team-0 |" + " 🟡 1 |" * len(ROWS)
    assert lines[22] == "| **follow** |" + " 0 |" * len(ROWS)
    assert lines[24].endswith("the number counts the findings")


def test_markdown_links_to_the_web_where_the_place_is_known() -> None:
    published = Source("app", "v1", "0123", "https://github.com/ada/shop/blob/0123/app/")
    written = markdown.dumps(Table((service("app", UNKNOWN, state=State.UNKNOWN, source=published),)))
    assert "[app/db.py:4](https://github.com/ada/shop/blob/0123/app/app/db.py#L4)" in written
    unpublished = Source("app", "v1", "0123")
    written = markdown.dumps(Table((service("app", UNKNOWN, state=State.UNKNOWN, source=unpublished),)))
    assert "<br>app/db.py:4 |" in written


@pytest.mark.parametrize(
    "name", ["a|b", "a`b", "<b>bold</b>", "[x](javascript:alert(1))", "**a**", "a\\|b", "@someone"]
)
def test_nothing_in_a_name_is_markup(name: str) -> None:
    hostile = Evidence(f"{name}/x y.py", 1, name, Side.BAD, "ADB201", name)
    written = markdown.dumps(Table((service(name, hostile, state=State.BREAKS, text=f"`{name}` {name}"),)))
    assert len(written.splitlines()) == 3 + len(ROWS)
    for line in written.splitlines():
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 3
        plain = re.sub(r"(?<!\\)`[^`]*`", "", line.replace("<br>", ""))
        assert "<b>" not in plain
        assert not re.search(r"(?<!\\)\]\(javascript", plain)
        assert "@someone" not in plain


def test_an_empty_table_is_no_text() -> None:
    assert markdown.dumps(Table(())).strip() == ""
