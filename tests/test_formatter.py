"""`--format=adb-rows`, through a real flake8."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from running import RunFlake8, WriteProject

ENGINE = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://db/app")
"""
COLUMN = """\
import os
from sqlalchemy import Column, DateTime
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


class Event(Base):
    __tablename__ = "events"
    at = Column(DateTime)
    until = Column(DateTime)
"""
COLOUR = re.compile(r"\x1b\[\d*m")


@pytest.fixture
def project(write_project: WriteProject) -> Path:
    """Findings of two rows and one of pyflakes, in two files."""
    return write_project({"b/engine.py": ENGINE, "a/engine.py": ENGINE, "a/models.py": COLUMN})


def places(stdout: str) -> list[str]:
    """The report without columns and messages."""
    return [re.sub(r":\d+: ([A-Z]+\d+) .*", r" \1", line) for line in stdout.splitlines()]


def test_findings_are_grouped_by_row_and_sorted_within(project: Path, run_flake8: RunFlake8) -> None:
    run = run_flake8("--isolated", "--select=ADB,F", "--format=adb-rows", "b", "a")

    assert run.status == 1
    assert places(run.stdout) == [
        "Row 2: Engine",
        "a/engine.py:3 ADB202",
        "b/engine.py:3 ADB202",
        "",
        "Row 4: DateTime",
        "a/models.py:12 ADB401",
        "a/models.py:13 ADB401",
        "",
        "Other",
        "a/models.py:1 F401",
        "",
        "5 findings in 2 rows of the table",
    ]


def test_lines_are_those_of_the_default_format(project: Path, run_flake8: RunFlake8) -> None:
    default = run_flake8("--isolated", "--select=ADB,F", ".")
    grouped = run_flake8("--isolated", "--select=ADB,F", "--format=adb-rows", ".")

    assert sorted(default.findings) == sorted(grouped.findings)
    assert set(default.stdout.splitlines()) < set(grouped.stdout.splitlines())


def test_colours_are_flake8s_and_only_when_flake8_colours(project: Path, run_flake8: RunFlake8) -> None:
    default = run_flake8("--isolated", "--select=ADB", "--color=always", "a")
    plain = run_flake8("--isolated", "--select=ADB", "--format=adb-rows", "a")
    coloured = run_flake8("--isolated", "--select=ADB", "--format=adb-rows", "--color=always", "a")

    assert not COLOUR.search(plain.stdout)
    assert COLOUR.sub("", coloured.stdout) == plain.stdout
    assert "\x1b[1mRow 2: Engine\x1b[m" in coloured.stdout.splitlines()
    assert set(default.stdout.splitlines()) < set(coloured.stdout.splitlines())


def test_source_is_shown_below_its_finding(project: Path, run_flake8: RunFlake8) -> None:
    run = run_flake8("--isolated", "--select=ADB", "--format=adb-rows", "--show-source", "b")

    heading, finding, source, pointer = run.stdout.splitlines()[:4]
    assert heading == "Row 2: Engine"
    assert "ADB202" in finding
    assert source == ENGINE.splitlines()[2]
    assert pointer.strip() == "^"


def test_report_goes_to_the_output_file(project: Path, run_flake8: RunFlake8) -> None:
    run = run_flake8("--isolated", "--select=ADB", "--format=adb-rows", "--output-file=report.txt", "b")

    assert run.stdout == ""
    assert (project / "report.txt").read_text().splitlines()[-1] == "1 finding in 1 row of the table"


def test_nothing_found_is_said(project: Path, run_flake8: RunFlake8) -> None:
    run = run_flake8("--isolated", "--select=ADB1", "--format=adb-rows", ".")

    assert (run.status, run.stdout) == (0, "0 findings in 0 rows of the table\n")
