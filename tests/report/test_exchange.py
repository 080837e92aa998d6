"""The JSON: its schema, read back as it was written, and refused where it is something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from compared import Write, commit

from flake8_asyncdb.report import exchange, gather
from flake8_asyncdb.report.table import Table

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((Path(exchange.__file__).parent / "compare.schema.json").read_text(encoding="utf-8"))
EXAMPLES = [str(ROOT / "examples" / "before"), str(ROOT / "examples" / "after")]


@pytest.fixture
def table(write: Write) -> Table:
    """Both examples, a service with an earlier state, and an error."""
    root = write(
        "service", {"app.py": "import fastapi\napp = fastapi.FastAPI()\n", "broken.py": "import fastapi\ndef:\n"}
    )
    commit(root)
    (root / "app.py").write_text("from sqlalchemy import create_engine\ncreate_engine('sqlite:///a.db')\n")
    read = gather.read([str(root)], since="HEAD")
    return Table((*gather.read(EXAMPLES).services, *read.services), ("'no' does not exist",))


@pytest.fixture
def document(table: Table) -> dict[str, Any]:
    return json.loads(exchange.dumps(table))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"] == {"const": exchange.SCHEMA_VERSION}


def test_what_is_written_keeps_to_the_schema(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)
    assert document["services"][2]["changes"]


def test_what_is_written_is_read_back(table: Table) -> None:
    assert tuple(exchange.loads(exchange.dumps(table))) == table.services


def test_a_file_is_a_service(table: Table, tmp_path: Path) -> None:
    file = tmp_path / "earlier.json"
    file.write_text(exchange.dumps(table), encoding="utf-8")
    assert gather.read([str(file)]).services == table.services
    (renamed,) = gather.read([f"mine={one(table, tmp_path)}"]).services
    assert renamed.name == "mine"


def one(table: Table, directory: Path) -> Path:
    file = directory / "one.json"
    file.write_text(exchange.dumps(Table(table.services[:1])), encoding="utf-8")
    return file


def refused(text: str | bytes, tmp_path: Path, name: str = "") -> str:
    file = tmp_path / "earlier.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (sentence,) = gather.read([f"{name}={file}" if name else str(file)]).errors
    assert sentence.startswith(f"{str(file)!r} ")
    return sentence.removeprefix(f"{str(file)!r} ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"schema_version": 2}', "has schema version 2, this flake8-asyncdb reads 1"),
        ('{"schema_version": null}', "has schema version None, this flake8-asyncdb reads 1"),
        ('{"schema_version": true, "services": []}', "has schema version True, this flake8-asyncdb reads 1"),
        ("{}", "is not a table that `flake8-asyncdb compare --format json` wrote"),
        ("[]", "is not a table that `flake8-asyncdb compare --format json` wrote"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (b"\xff", "cannot be read: it is not UTF-8"),
        ('{"schema_version": 1}', "has schema version 1 but does not keep to it (no 'services')"),
        ('{"schema_version": 1, "services": [1]}', None),
        ('{"schema_version": 1, "services": {}}', None),
    ],
)
def test_other_files_are_refused_with_a_sentence(text: str | bytes, sentence: str | None, tmp_path: Path) -> None:
    found = refused(text, tmp_path)
    assert found == sentence or sentence is None
    assert "\n" not in found


def paths_of(value: object, *path: object) -> list[tuple[object, ...]]:
    """Where the values of a document are."""
    below: list[tuple[object, ...]] = []
    if isinstance(value, dict):
        below = [each for key, inner in value.items() for each in paths_of(inner, *path, key)]
    elif isinstance(value, list):
        below = [each for number, inner in enumerate(value[:1]) for each in paths_of(inner, *path, number)]
    return [path, *below]


def test_no_broken_document_is_a_crash(document: dict[str, Any]) -> None:
    document["services"] = document["services"][2:]
    for path in paths_of(document):
        for value in (None, -1, [], {}, "x", 1e9):
            broken = json.loads(json.dumps(document))
            target = broken
            for key in path[:-1]:
                target = target[key]
            if path:
                target[path[-1]] = value
            try:
                exchange.loads(json.dumps(broken))
            except exchange.FormatError as error:
                assert str(error)


def test_a_name_for_a_file_of_several_services(table: Table, tmp_path: Path) -> None:
    assert refused(exchange.dumps(table), tmp_path, "mine") == "holds 3 services, so that 'mine' cannot name them"


def test_a_missing_file(tmp_path: Path) -> None:
    assert gather.read([f"{tmp_path}/no.json"]).errors == (f"'{tmp_path}/no.json' does not exist",)


def test_a_file_has_no_revisions(table: Table, tmp_path: Path) -> None:
    file = one(table, tmp_path)
    assert gather.read([str(file)], since="HEAD").errors == (f"'{file}' is a JSON file, which has no revision 'HEAD'",)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://example.org/", "//example.org", "data:text/html,x"])
def test_links_lead_to_the_web_only(document: dict[str, Any], link: str, tmp_path: Path) -> None:
    document["services"][0]["source"]["link"] = link
    assert "does not begin with https://" in refused(json.dumps(document), tmp_path)


def test_control_characters_are_not_taken_over(document: dict[str, Any]) -> None:
    document["services"][0]["name"] = "\x1b[31mred\u202e"
    assert exchange.loads(json.dumps(document))[0].name == "\ufffd[31mred\ufffd"
