"""Where services are read from: directories, revisions of real git repositories, and what is none of these."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from compared import Write, commit, git

from flake8_asyncdb.report import gather, sources
from flake8_asyncdb.report.table import Service, State

ENGINE = 'from sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine("{url}")\n'
OLD = ENGINE.format(url="sqlite:///chat.db")
NEW = ENGINE.format(url="sqlite+aiosqlite:///chat.db")


def read(*texts: str | Path, since: str | None = None) -> list[Service]:
    table = gather.read([str(text) for text in texts], since)
    assert table.errors == ()
    return list(table.services)


def error(*texts: str | Path, since: str | None = None) -> str:
    (sentence,) = gather.read([str(text) for text in texts], since).errors
    return sentence


def url(service: Service) -> str:
    return next(cell.text for cell in service.cells if cell.row.title == "URL")


# -- names


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("app", "", "app"),
        ("before=app", "before", "app"),
        ("before=app@HEAD~1", "before", "app@HEAD~1"),
        ("a/b=c", "", "a/b=c"),
        ("=app", "", "=app"),
        ("name=a=b", "name", "a=b"),
    ],
)
def test_arguments(text: str, name: str, place: str) -> None:
    given = sources.argument(text)
    assert (given.name, given.place) == (name, place)


def test_a_directory_with_an_equals_sign_is_a_directory(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write("one=two", {"app.py": NEW})
    monkeypatch.chdir(root.parent)
    assert [service.name for service in read("one=two")] == ["one=two"]


def test_services_of_one_name_are_told_apart(write: Write) -> None:
    one, two = write("a/app", {"app.py": NEW}), write("b/app", {"app.py": NEW})
    assert [service.name for service in read(one, two, two)] == [str(one), str(two), f"{two} (2)"]


# -- directories


def test_a_directory_below_a_project_is_read_as_part_of_it(write: Write) -> None:
    root = write("project", {"server/db.py": NEW, "server/__init__.py": "", "other/db.py": OLD})
    (service,) = read(root / "server")
    assert url(service) == "`sqlite+aiosqlite`"
    assert {each.path for cell in service.cells for each in cell.evidence} == {"db.py"}


def test_a_package_without_metadata_is_imported_by_its_name(tmp_path: Path) -> None:
    for path, text in {"__init__.py": "", "settings.py": 'URL = "sqlite+aiosqlite:///a.db"\n'}.items():
        (tmp_path / "shop").mkdir(exist_ok=True)
        (tmp_path / "shop" / path).write_text(text)
    (tmp_path / "shop" / "db.py").write_text(
        "from shop.settings import URL\n" + NEW.replace('"sqlite+aiosqlite:///chat.db"', "URL")
    )
    assert url(read(tmp_path / "shop")[0]) == "`sqlite+aiosqlite`"


def test_neighbours_without_metadata_are_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"one": NEW, "two": "import fastapi\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert url(read("two")[0]) == "no engine"


def test_links_are_not_followed_out_of_a_service(write: Write, tmp_path: Path) -> None:
    outside = tmp_path / "secret.py"
    outside.write_text(OLD)
    root = write("service", {"app.py": NEW})
    (root / "linked.py").symlink_to(outside)
    (root / "loop").symlink_to(root)
    assert url(read(root)[0]) == "`sqlite+aiosqlite`"


# -- sentences


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    assert error(tmp_path / "no") == f"'{tmp_path}/no' does not exist"
    assert error("\0") == "'\\x00' does not exist"


def test_a_directory_without_python(tmp_path: Path) -> None:
    assert error(tmp_path) == f"{str(tmp_path)!r} holds no Python files"


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(NEW)
    assert error(tmp_path / "app.py") == f"'{tmp_path}/app.py' is neither a directory nor a .json file"


def test_a_service_that_is_none(write: Write) -> None:
    root = write("library", {"app.py": "import os\n"})
    expected = "nothing in it uses SQLAlchemy, SQLModel, FastAPI or Starlette"
    assert error(root) == f"{str(root)!r} is not a service: {expected}"


def test_a_repository_of_several_services(write: Write, tmp_path: Path) -> None:
    write("services/one", {"app.py": NEW})
    write("services/library", {"app.py": "import os\n"})
    parent = tmp_path / "services"
    assert error(parent) == f"{str(parent)!r} is not a service but holds one: name its directory, one"
    write("services/two", {"app.py": NEW})
    assert error(parent) == f"{str(parent)!r} is not a service but holds 2 projects: name one of them (one, two)"


def test_the_others_are_still_read(write: Write, tmp_path: Path) -> None:
    table = gather.read([str(tmp_path / "no"), str(write("good", {"app.py": NEW}))])
    assert [service.name for service in table.services] == ["good"]
    assert len(table.errors) == 1


# -- revisions


@pytest.fixture
def history(write: Write) -> Path:
    """A repository with a service in a directory: OLD, then NEW, then moved away."""
    root = write("repository", {"server/pyproject.toml": "", "server/app.py": OLD})
    (root / "pyproject.toml").unlink()
    commit(root)
    (root / "server" / "app.py").write_text(NEW)
    commit(root)
    git(root, "tag", "new")
    git(root, "mv", "server", "backend")
    commit(root)
    return root


def test_a_revision_is_read_without_the_work_tree(history: Path) -> None:
    before, after = read(f"before={history}/server@new~1", f"{history}/server@new")
    assert (url(before), url(after)) == ("`sqlite` not converted", "`sqlite+aiosqlite`")
    assert (before.name, after.name) == ("before", "server@new")
    assert before.source.commit == git(history, "rev-parse", "new~1")
    assert git(history, "status", "--porcelain") == ""


def test_a_revision_of_the_current_directory(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(history / "backend")
    assert url(read(".@HEAD")[0]) == "`sqlite+aiosqlite`"
    monkeypatch.chdir(history)
    assert url(read("server@new~1")[0]) == "`sqlite` not converted"


def test_a_revision_is_read_while_a_hook_runs(history: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    other = write("other", {"app.py": NEW})
    commit(other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert url(read(f"{history}/server@new~1")[0]) == "`sqlite` not converted"


def test_a_revision_of_a_bare_repository(history: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(history), "bare.git")
    assert url(read(f"{tmp_path}/bare.git/server@new~1")[0]) == "`sqlite` not converted"


def test_a_revision_name_with_an_at_sign(history: Path) -> None:
    assert url(read(f"{history}/backend@HEAD@{{0}}")[0]) == "`sqlite+aiosqlite`"


def test_a_directory_with_an_at_sign(write: Write) -> None:
    root = write("app@home", {"app.py": OLD})
    commit(root)
    (root / "app.py").write_text(NEW)
    assert url(read(root)[0]) == "`sqlite+aiosqlite`"
    assert url(read(f"{root}@HEAD")[0]) == "`sqlite` not converted"


def test_a_revision_has_the_project_around_its_directory(write: Write) -> None:
    root = write("project", {"pyproject.toml": 'dependencies = ["sqlalchemy==2.0.40"]', "server/app.py": NEW})
    (root / "server" / "use.py").write_text("from app import engine\nasync def f():\n    await engine.dispose()\n")
    commit(root)
    (service,) = read(f"{root}/server@HEAD")
    assert service.cells[0].text == "async API (SQLAlchemy 2.0.40), 1 awaited call"
    assert service.files == 2


def test_links_of_a_revision_are_left_out(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text(OLD)
    root = write("service", {"app.py": NEW})
    (root / "linked.py").symlink_to(tmp_path / "secret.py")
    (root / "pyproject.toml").unlink()
    (root / "pyproject.toml").symlink_to("/etc/passwd")
    commit(root)
    (service,) = read(f"{root}@HEAD")
    assert (service.files, url(service)) == (1, "`sqlite+aiosqlite`")


def test_an_unknown_revision(history: Path) -> None:
    expected = f"'no' is no revision of the repository of '{history}/backend'"
    assert error(f"{history}/backend@no") == expected
    assert error(f"{history}/backend", since="no") == expected
    assert error(f"{history}/backend@--output=x").startswith("'--output=x' is no revision")


def test_a_directory_that_a_revision_lacks(history: Path) -> None:
    assert error(f"{history}/backend@new") == f"'{history}/backend' does not exist in revision 'new'"


def test_no_repository(write: Write) -> None:
    root = write("service", {"app.py": NEW})
    expected = f"{str(root)!r} is not in a git repository, so that it has no revision 'HEAD'"
    assert error(f"{root}@HEAD") == expected
    assert error(root, since="HEAD") == expected


def test_no_git(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    assert error(f"{history}/backend@HEAD").startswith("git cannot be run: ")
    assert read(history / "backend")[0].source.link is None


def test_a_repository_that_git_does_not_trust(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert error(f"{history}/backend@HEAD") == (
        f"git does not read '{history}/backend', which somebody else owns: see its safe.directory"
    )
    assert read(history / "backend")[0].source.link is None


def test_since_reads_both(history: Path) -> None:
    (service,) = read(f"{history}/server@new", since="new~1")
    assert service.since is not None
    assert (url(service.since), url(service)) == ("`sqlite` not converted", "`sqlite+aiosqlite`")
    assert service.since.source.revision == "new~1"


# -- places on the web


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://github.com/ada/shop.git", "https://github.com/ada/shop/blob/{commit}/backend/"),
        ("https://user:token@github.com/ada/shop", "https://github.com/ada/shop/blob/{commit}/backend/"),
        ("git@gitlab.com:group/team/shop.git", "https://gitlab.com/group/team/shop/-/blob/{commit}/backend/"),
        ("ssh://git@codeberg.org:22/ada/shop.git", "https://codeberg.org/ada/shop/src/commit/{commit}/backend/"),
        ("https://bitbucket.org/ada/shop", "https://bitbucket.org/ada/shop/src/{commit}/backend/"),
        ("https://git.example.org/ada/shop.git", None),
        ("/srv/git/shop.git", None),
    ],
)
def test_a_committed_service_links_to_the_web(history: Path, remote: str, expected: str | None) -> None:
    git(history, "remote", "add", "origin", remote)
    wanted = expected and expected.format(commit=git(history, "rev-parse", "HEAD"))
    assert [service.source.link for service in read(history / "backend", f"{history}/backend@HEAD")] == [wanted] * 2


def test_a_changed_file_links_nowhere(history: Path) -> None:
    git(history, "remote", "add", "origin", "https://github.com/ada/shop.git")
    (history / "backend" / "app.py").write_text(NEW + "# changed\n")
    (service,) = read(history / "backend")
    assert (service.source.link, service.source.commit) == (None, None)


def test_a_service_follows_or_does_not_without_git(write: Write) -> None:
    (service,) = read(write("service", {"app.py": NEW}))
    assert service.totals[State.FOLLOWS] == 2
