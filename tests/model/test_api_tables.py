"""The checked-in tables of SQLAlchemy's async API, held against the installed library."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from flake8_asyncdb.model import api_tables

SCRIPT = Path(__file__).parents[2] / "scripts" / "api_tables.py"
TABLES = {
    "coroutine": api_tables.COROUTINES,
    "startable": api_tables.STARTABLES,
    "enter-only": api_tables.ENTER_ONLY,
    "plain": api_tables.PLAIN,
}


def installed() -> dict[str, dict[str, list[str]]]:
    spec = importlib.util.spec_from_file_location("api_tables_script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script.table()


@pytest.mark.parametrize("kind", TABLES)
def test_table_knows_every_method_of_the_installed_version(kind: str) -> None:
    for class_name, names in installed()[kind].items():
        assert set(names) <= set(TABLES[kind][f"sqlalchemy.ext.asyncio.{class_name}"])


def test_no_method_is_of_two_kinds() -> None:
    for class_name in api_tables.COROUTINES:
        kinds = [set(table.get(class_name, ())) for table in TABLES.values()]
        assert sum(map(len, kinds)) == len(set().union(*kinds))
