"""The versions that a project's own files allow."""

from __future__ import annotations

import pytest
from projects import Make

from flake8_asyncdb.model.pins import NEWEST, Pin, read_pin

ANY = (0,)

REQUIREMENTS = [
    ("fastapi==0.110.0", (0, 110, 0), (0, 110, 0, 1)),
    ("fastapi == 0.110.0", (0, 110, 0), (0, 110, 0, 1)),
    ("fastapi==0.110.*", (0, 110), (0, 111)),
    ("fastapi>=0.110", (0, 110), NEWEST),
    ("fastapi>=0.110,<0.116", (0, 110), (0, 116)),
    ("fastapi>=0.110, <0.116", (0, 110), (0, 116)),
    ("fastapi<0.116,>=0.110", (0, 110), (0, 116)),
    ("fastapi<=0.115.2", ANY, (0, 115, 2, 1)),
    ("fastapi~=0.110.3", (0, 110, 3), (0, 111)),
    ("fastapi~=0.110", (0, 110), (1,)),
    ("fastapi[standard]>=0.110", (0, 110), NEWEST),
    ("fastapi[standard, all] >= 0.110", (0, 110), NEWEST),
    ("FastAPI>=0.110", (0, 110), NEWEST),
    ("fastapi==0.110.0 ; python_version > '3.8'", (0, 110, 0), (0, 110, 0, 1)),
    ("fastapi==0.110.0  # pinned", (0, 110, 0), (0, 110, 0, 1)),
    ("fastapi==0.110.0 \\\n    --hash=sha256:ab12", (0, 110, 0), (0, 110, 0, 1)),
    ("uvicorn==1.0\nfastapi==0.110.0", (0, 110, 0), (0, 110, 0, 1)),
]


@pytest.mark.parametrize(("line", "lowest", "highest"), REQUIREMENTS)
def test_requirement(line: str, lowest: tuple[int, ...], highest: tuple[int, ...], make: Make) -> None:
    root = make({"requirements.txt": line}).root

    assert read_pin(root, "fastapi") == Pin(lowest, highest)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "fastapi",
        "fastapi-users>=10",
        "my-fastapi>=2",
        "fastapi_utils==3.0",
        "fastapi.extra==3.0",
        "# fastapi==0.110.0",
        "uvicorn==1.0",
        "-r base.txt",
        "fastapi!=0.110.0",
    ],
)
def test_no_requirement(line: str, make: Make) -> None:
    pin = read_pin(make({"requirements.txt": line}).root, "fastapi")

    assert pin is None or pin == Pin()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[project]\ndependencies = [\n    "fastapi>=0.110,<0.116",\n]\n'),
        ("pyproject.toml", '[project]\ndependencies = ["uvicorn", "fastapi[all]>=0.110,<0.116", "x==1"]\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = ">=0.110,<0.116"\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = {version = ">=0.110,<0.116", extras = ["all"]}\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\nfastapi = {extras = ["all"], version = ">=0.110,<0.116"}\n'),
        ("setup.cfg", "[options]\ninstall_requires =\n    fastapi>=0.110,<0.116\n"),
        ("setup.py", "setup(install_requires=['fastapi>=0.110,<0.116'])"),
        ("Pipfile", '[packages]\nfastapi = ">=0.110,<0.116"\n'),
        ("requirements.in", "fastapi>=0.110,<0.116"),
        ("requirements/base.txt", "fastapi>=0.110,<0.116"),
        ("requirements/prod.txt", "fastapi>=0.110,<0.116"),
    ],
)
def test_every_kind_of_requirement_file(name: str, text: str, make: Make) -> None:
    assert read_pin(make({name: text}).root, "fastapi") == Pin((0, 110), (0, 116))


@pytest.mark.parametrize(
    ("text", "lowest", "highest"),
    [
        ('fastapi = "^0.110.2"', (0, 110, 2), (0, 111)),
        ('fastapi = "^1.2.3"', (1, 2, 3), (2,)),
        ('fastapi = "~0.110.2"', (0, 110, 2), (0, 111)),
        ('fastapi = "~1.2"', (1, 2), (1, 3)),
        ('fastapi = "0.110.2"', (0, 110, 2), (0, 110, 2, 1)),
        ('fastapi = "*"', ANY, NEWEST),
    ],
)
def test_ranges_of_poetry(text: str, lowest: tuple[int, ...], highest: tuple[int, ...], make: Make) -> None:
    pin = read_pin(make({"pyproject.toml": f"[tool.poetry.dependencies]\n{text}\n"}).root, "fastapi")

    assert (pin or Pin()) == Pin(lowest, highest)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("uv.lock", '[[package]]\nname = "fastapi"\nversion = "0.110.2"\nsource = {}\n'),
        ("poetry.lock", '[[package]]\nname = "fastapi"\nversion = "0.110.2"\n'),
        ("pdm.lock", '[[package]]\nname = "fastapi"\nversion = "0.110.2"\n'),
        ("Pipfile.lock", '{"default": {"fastapi": {"hashes": ["sha256:a"], "version": "==0.110.2"}}}'),
        (
            "Pipfile.lock",
            '{"default": {"fastapi": {"hashes": [\n"sha256:a"\n],\n "index": "pypi",\n"version": "==0.110.2"}}}',
        ),
    ],
)
def test_lock_file_goes_before_a_requirement(name: str, text: str, make: Make) -> None:
    root = make({name: text, "requirements.txt": "fastapi>=0.100"}).root

    assert read_pin(root, "fastapi") == Pin((0, 110, 2), (0, 110, 2, 1))


def test_lock_of_another_package_says_nothing(make: Make) -> None:
    lock = '[[package]]\nname = "fastapi-users"\nversion = "9.0"\n\n[[package]]\nname = "x"\nversion = "1.0"\n'

    assert read_pin(make({"uv.lock": lock}).root, "fastapi") is None


def test_name_of_the_project_itself_is_no_requirement(make: Make) -> None:
    text = '[project]\nname = "fastapi-service"\nversion = "1.0"\ndescription = "fastapi service"\ndependencies = []\n'

    assert read_pin(make({"pyproject.toml": text}).root, "fastapi") is None


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\0fastapi", b"fastapi==" + b"9" * 5000, b"fastapi>=.,<..\n", b"\0" * 100]
)
def test_odd_files_do_not_hurt(content: bytes, make: Make) -> None:
    root = make({}).root
    (root / "requirements.txt").write_bytes(content)

    read_pin(root, "fastapi")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_says_the_encoding(encoding: str, make: Make) -> None:
    root = make({}).root
    mark = "" if encoding in ("utf-8-sig", "utf-16") else "\ufeff"
    (root / "requirements.txt").write_bytes(f"{mark}fastapi==0.110.0\r\n".encode(encoding))

    assert read_pin(root, "fastapi") == Pin((0, 110, 0), (0, 110, 0, 1))


def test_what_a_range_answers() -> None:
    pin = Pin((0, 110), (0, 116))

    assert pin.is_at_least((0, 106)) and pin.is_at_least((0, 110)) and not pin.is_at_least((0, 111))
    assert pin.is_below((0, 118)) and pin.is_below((0, 116)) and not pin.is_below((0, 115))
    assert not Pin().is_below((99,)) and not Pin().is_at_least((0, 1))
    assert Pin((0, 118, 0), (0, 118, 0, 1)).is_at_least((0, 118))
    assert Pin((0, 117, 9), (0, 117, 9, 1)).is_below((0, 118))


def test_a_project_reads_a_pin_once(make: Make) -> None:
    code = make({"requirements.txt": "fastapi==0.110.0"})
    first = code.project.project.pin("fastapi")
    (code.root / "requirements.txt").unlink()

    assert code.project.project.pin("fastapi") == first == Pin((0, 110, 0), (0, 110, 0, 1))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"backend/requirements.txt": "fastapi==0.110.0"}, Pin((0, 110, 0), (0, 110, 0, 1))),
        ({"one/requirements.txt": "fastapi>=0.110", "two/requirements.txt": "fastapi<0.120"}, Pin((0,), NEWEST)),
        ({"one/requirements.txt": "fastapi==0.110", "two/requirements.txt": "uvicorn"}, Pin((0, 110), (0, 110, 1))),
        ({"requirements.txt": "fastapi>=0.121", "one/requirements.txt": "fastapi==0.110"}, Pin((0, 121), NEWEST)),
        ({"a/b/c/requirements.txt": "fastapi==0.110"}, None),
        ({"docs/requirements.txt": "uvicorn"}, None),
    ],
)
def test_files_below_the_root(files: dict[str, str], expected: Pin | None, make: Make) -> None:
    code = make({name.replace("requirements.txt", "app.py"): "" for name in files} | files)
    assert code.project.project.pin("fastapi") == expected
