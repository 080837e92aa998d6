"""A rule's docstring, taken apart: what the documentation pages print and the tests run."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_asyncdb.catalog import Rule

SECTIONS = ("Why", "Bad", "Good", "Not reported", "Options", "Related")
_HEADING = re.compile(rf"^({'|'.join(SECTIONS)}):[ ]?(.*)$")
_FILE = re.compile(r"^# file: (\S+)\n", re.MULTILINE)
_MARKER = re.compile(r"[ ]*# ADB\d{3}\b.*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """The parts of a rule's documentation, by the headings of its docstring."""

    rule: Rule
    summary: str
    sections: dict[str, str]

    def text(self, section: str) -> str:
        """A section's prose, unwrapped; empty when the docstring has no such section."""
        paragraphs = self.sections.get(section, "").split("\n\n")
        return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)

    def example(self, section: str) -> dict[str, str]:
        """The files of the `Bad` or `Good` example, with the markers of expected findings."""
        code = self.sections[section]
        parts = _FILE.split(code)
        if len(parts) == 1:
            return {"app.py": code}
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    def listing(self, section: str) -> str:
        """An example as readers see it, without the markers."""
        return _MARKER.sub("", self.sections[section]).strip("\n")


def page(rule: Rule) -> Page:
    """Take a rule's docstring apart."""
    summary: list[str] = []
    sections: dict[str, list[str]] = {}
    current = summary
    for line in rule.documentation.splitlines():
        heading = _HEADING.match(line)
        if heading:
            current = sections.setdefault(heading[1], [])
            line = heading[2]
        current.append(line)
    texts = {name: textwrap.dedent("\n".join(lines)).strip("\n") + "\n" for name, lines in sections.items()}
    return Page(rule, " ".join(" ".join(summary).split()), texts)


def markdown(page: Page, observed: str = "") -> str:
    """A rule's page for the documentation, with what was observed when its examples ran."""
    return "\n".join(_markdown(page, observed))


def _markdown(page: Page, observed: str) -> Iterator[str]:
    rule = page.rule
    state = "off until selected" if rule.opinionated else "on by default"
    yield f"# {rule.code} {rule.name}"
    yield ""
    yield f"Row {rule.row.value}, {rule.row.title}. Severity: {rule.severity.value}. {state.capitalize()}."
    yield ""
    yield page.summary
    yield ""
    yield f"Message: {rule.message}"
    for section in SECTIONS:
        if section not in page.sections:
            continue
        yield ""
        yield f"## {section}"
        yield ""
        if section in ("Bad", "Good"):
            yield "```python"
            yield page.listing(section)
            yield "```"
        else:
            yield page.text(section)[:1].upper() + page.text(section)[1:]
        if section == "Why" and observed:
            yield ""
            yield "## Observed"
            yield ""
            yield observed
    yield ""
