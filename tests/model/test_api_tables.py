"""The tables of SQLAlchemy's async API, held against the installed library."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy
import sqlalchemy.ext.asyncio
import sqlalchemy.orm

from flake8_asyncdb.model import api
from flake8_asyncdb.model.api_tables import COROUTINES, ENTER_ONLY, PLAIN, STARTABLES

SCRIPT = Path(__file__).parents[2] / "scripts" / "api_tables.py"
TABLES = {"coroutine": COROUTINES, "startable": STARTABLES, "enter-only": ENTER_ONLY, "plain": PLAIN}
CLASSES = ("AsyncSession", "AsyncConnection", "AsyncEngine", "async_scoped_session")


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("api_tables_script", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load()
INSTALLED = script.table()


def listed(kind: str, cls: str) -> set[str]:
    return set(TABLES[kind].get(f"sqlalchemy.ext.asyncio.{cls}", ()))


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("kind", TABLES)
def test_tables_have_what_is_installed_and_call_nothing_otherwise(kind: str, cls: str) -> None:
    installed = set(INSTALLED.get(kind, {}).get(cls, ()))
    elsewhere = {name for other in TABLES if other != kind for name in INSTALLED.get(other, {}).get(cls, ())}
    of_two_kinds = {name for name in installed if not any(name in listed(other, cls) for other in TABLES)}

    assert installed - of_two_kinds <= listed(kind, cls)
    assert listed(kind, cls) & elsewhere == set()


@pytest.mark.parametrize("cls", CLASSES)
def test_every_coroutine_method_is_a_coroutine_in_the_table(cls: str) -> None:
    actual = getattr(sqlalchemy.ext.asyncio, cls)
    coroutines = {
        name
        for name, member in inspect.getmembers(actual)
        if not name.startswith("_") and inspect.iscoroutinefunction(member)
    }

    assert coroutines
    assert coroutines <= listed("coroutine", cls)
    assert not coroutines & (listed("plain", cls) | listed("enter-only", cls))


@pytest.mark.parametrize("cls", CLASSES)
def test_no_name_is_of_two_kinds(cls: str) -> None:
    names = [name for kind in TABLES for name in listed(kind, cls)]

    assert len(names) == len(set(names))


def test_written_tables_are_what_the_script_writes() -> None:
    own = {kind: {name.rpartition(".")[2]: names for name, names in table.items()} for kind, table in TABLES.items()}
    written: dict[str, object] = {}
    exec(script.write([own]), written)

    assert [written[name] for name in ("COROUTINES", "STARTABLES", "ENTER_ONLY", "PLAIN")] == [*TABLES.values()]


@pytest.mark.parametrize(
    ("cls", "name", "kind"),
    [
        ("AsyncSession", "commit", "coroutine"),
        ("AsyncSession", "begin", "startable"),
        ("AsyncSession", "add", "plain"),
        ("AsyncConnection", "stream", "startable"),
        ("AsyncEngine", "connect", "startable"),
        ("AsyncEngine", "begin", "enter-only"),
        ("AsyncEngine", "dispose", "coroutine"),
        ("async_scoped_session", "remove", "coroutine"),
    ],
)
def test_well_known_methods(cls: str, name: str, kind: str) -> None:
    assert name in listed(kind, cls)
    assert script.kind_of(getattr(sqlalchemy.ext.asyncio, cls), name) == kind


@pytest.mark.parametrize(
    ("cls", "methods"),
    [
        (sqlalchemy.orm.Session, api.SESSION_IO - {"exec"}),
        (sqlalchemy.Connection, api.CONNECTION_IO),
        (sqlalchemy.Engine, api.ENGINE_IO),
        (sqlalchemy.MetaData, api.METADATA_IO),
    ],
)
def test_sync_methods_that_do_io_exist(cls: type, methods: frozenset[str]) -> None:
    assert [name for name in sorted(methods) if not callable(getattr(cls, name, None))] == []


NAMED = {*api.BASES, *api.BASES.values(), *COROUTINES, *api.RESULTS.values()}


@pytest.mark.parametrize("name", sorted(name for name in NAMED if not name.startswith("sqlmodel.")))
def test_classes_named_by_the_model_exist(name: str) -> None:
    assert inspect.isclass(found(name))


@pytest.mark.parametrize(
    ("derived", "base"), [(d, b) for d, b in api.BASES.items() if not d.startswith("sqlmodel.")], ids=str
)
def test_base_classes_are_as_the_model_says(derived: str, base: str) -> None:
    assert issubclass(found(derived), found(base))


def found(name: str) -> type:
    """The object of this dotted name: a module's attribute, or an attribute of that."""
    module, _, last = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), last)
    except ModuleNotFoundError:
        return getattr(found(module), last)


@pytest.mark.parametrize("name", [*api.METHOD_RESULTS, *api.CONTEXT_RESULTS, *sorted(api.SAME_OBJECT)])
def test_methods_named_by_the_model_exist(name: str) -> None:
    cls, _, method = name.rpartition(".")

    assert callable(getattr(found(cls), method))


@pytest.mark.parametrize("name", sorted(name for name in api.RESULTS if name.startswith("sqlalchemy.")))
def test_functions_named_by_the_model_exist(name: str) -> None:
    assert callable(found(name))
