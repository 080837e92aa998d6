"""Where services come from: directories, directories as a revision has them, and JSON files of earlier runs."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flake8_asyncdb.model.pins import LOCKS, REQUIREMENTS
from flake8_asyncdb.model.project import MARKERS, Project, find_root
from flake8_asyncdb.report.table import Source

WANTED_FILES = frozenset({*MARKERS, *LOCKS, *REQUIREMENTS, "pyvenv.cfg"})
"""What the model reads besides Python files."""
HOOK_VARIABLES = frozenset(
    """GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR
    GIT_PREFIX GIT_NAMESPACE""".split()
)
WEB_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org")
_REMOTE = re.compile(r"(?:\w+://)?(?:[^@/]*@)?([\w.-]+?)(?::\d+)?[:/](.+?)(?:\.git)?/?$")


class SourceError(Exception):
    """A SERVICE that cannot be read; the text is the sentence for the user."""


@dataclass(frozen=True)
class Argument:
    """One SERVICE of the command line: `name=path`, `path`, `path@REV` or a JSON file; `name` is empty if not given."""

    text: str
    name: str
    place: str

    @property
    def path(self) -> Path:
        """What stands behind the name, as a path."""
        return Path(self.place)


def argument(text: str) -> Argument:
    """Take a SERVICE apart; a path that exists is never split at its `=`."""
    name, separator, place = text.partition("=")
    if not separator or _exists(Path(text)) or not name or "/" in name:
        return Argument(text, "", text)
    return Argument(text, name, place)


@dataclass(frozen=True)
class Checkout:
    """A service's files on disk: its project's root, the service's directory below it, and where they come from."""

    root: Path
    below: str
    source: Source


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_json(given: Argument) -> bool:
    """Whether a SERVICE is a file that an earlier run wrote."""
    return given.path.suffix.lower() == ".json" and not given.path.is_dir()


@contextmanager
def checkout(given: Argument, since: str | None = None) -> Iterator[Checkout]:
    """The files of a SERVICE, read from git into a temporary directory where it names a revision.

    With `since`, its directory as that revision has it. Raises SourceError.
    """
    revision = None if _exists(given.path) else _split_revision(given.place)
    if revision is None and since is None:
        yield _directory(given.path)
        return
    if revision is None:
        revision = Revision(given.path, since or "")
    elif since is not None:
        revision = Revision(revision.path, since)
    with revision.extracted() as files:
        yield files


# -- directories


def _directory(path: Path) -> Checkout:
    if not _exists(path):
        raise SourceError(f"{str(path)!r} does not exist")
    if not path.is_dir():
        raise SourceError(f"{str(path)!r} is neither a directory nor a .json file")
    directory = path.resolve()
    found = find_root(directory)
    root = found if any((found / marker).is_file() for marker in MARKERS) else _outside_packages(directory)
    below = directory.relative_to(root).as_posix()
    _check_is_service(root, below, str(path))
    return Checkout(root, "" if below == "." else below, Source(str(path)))


def _outside_packages(directory: Path) -> Path:
    """A directory, or the one around the outermost package that it belongs to."""
    while (directory / "__init__.py").is_file() and directory.parent != directory:
        directory = directory.parent
    return directory


def _check_is_service(root: Path, below: str, shown: str) -> None:
    """Raise SourceError for a directory that has no Python, several projects, or none of the libraries."""
    project = Project(root)
    start = "" if below == "." else f"{below}/"
    modules = [module for module in project.modules() if module.path.startswith(start)]
    if any(module.counts and module.mentions_libraries for module in modules):
        return
    nested = _nested_projects(root / below)
    if nested:
        if len(nested) == 1:
            raise SourceError(f"{shown!r} is not a service but holds one: name its directory, {nested[0]}")
        names = ", ".join(nested[:5]) + (", ..." if len(nested) > 5 else "")
        raise SourceError(f"{shown!r} is not a service but holds {len(nested)} projects: name one of them ({names})")
    if not modules:
        raise SourceError(f"{shown!r} holds no Python files")
    raise SourceError(f"{shown!r} is not a service: nothing in it uses SQLAlchemy, SQLModel, FastAPI or Starlette")


def _nested_projects(directory: Path) -> list[str]:
    """The projects that use the libraries at any depth below a directory, those inside another left out."""
    found: list[str] = []
    for here, names, files in os.walk(directory):
        path = Path(here)
        if path != directory and any(marker in files for marker in MARKERS):
            if any(module.counts and module.mentions_libraries for module in Project(path).modules()):
                found.append(path.relative_to(directory).as_posix())
            names.clear()
        names[:] = sorted(name for name in names if not name.startswith(".") and name != "node_modules")
    return found


def published(directory: Path, paths: Iterable[str]) -> tuple[str, str] | None:
    """The commit of a check-out and where its files are on the web, if these paths are as committed there."""
    try:
        return _published(directory, paths)
    except SourceError:
        return None


def _published(directory: Path, paths: Iterable[str]) -> tuple[str, str] | None:
    repository = _repository(directory)
    if repository is None:
        return None
    head = _git(repository, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.returncode != 0:
        return None
    commit, inside = head.stdout.decode().strip(), _inside(directory, repository)
    link = _web_address(repository, commit, inside)
    if link is None:
        return None
    entries = _entries(repository, commit)
    as_committed = all(
        _object_name(directory / path, len(commit)) == entries.get(_join(inside, path)) for path in set(paths)
    )
    return (commit, link) if as_committed else None


def _object_name(path: Path, length: int) -> str:
    """What git calls the content of a file: a SHA-1 in most repositories, a SHA-256 where names are longer."""
    content = path.read_bytes()
    header = b"blob %d\0" % len(content)
    return (hashlib.sha1 if length == 40 else hashlib.sha256)(header + content).hexdigest()


# -- revisions


def _split_revision(place: str) -> Revision:
    """The directory and the revision of `path@REV`; the first `@` with a git repository before it divides."""
    for match in re.finditer("@", place):
        path, name = Path(place[: match.start()] or "."), place[match.end() :]
        if name and _repository(path) is not None:
            return Revision(path, name)
    head, separator, name = place.partition("@")
    if separator and name and _exists(Path(head)):
        raise SourceError(f"{head!r} is not in a git repository, so that it has no revision {name!r}")
    raise SourceError(f"{place!r} does not exist")


def _repository(path: Path) -> Path | None:
    """The nearest directory at or above a path that exists, if git knows it; the path itself may be gone."""
    try:
        nearest = next(each for each in (path, *path.parents) if each.is_dir())
    except (OSError, ValueError, StopIteration):
        return None
    return nearest if _git(nearest, "rev-parse", "--git-dir").returncode == 0 else None


def _git(directory: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run git without prompts, lazy downloads or locks, and not in the repository whose hook runs this.

    Raises SourceError where there is no git, or where it refuses a directory that somebody else owns.
    """
    environment = {key: value for key, value in os.environ.items() if key not in HOOK_VARIABLES}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            ["git", "-C", str(directory), *arguments], input=given, capture_output=True, check=False, env=environment
        )
    except OSError as error:
        raise SourceError(f"git cannot be run: {error.strerror}") from None
    if b"safe.directory" in done.stderr:
        raise SourceError(f"git does not read {str(directory)!r}, which somebody else owns: see its safe.directory")
    return done


@dataclass(frozen=True)
class Revision:
    """A directory as a revision of its repository has it."""

    path: Path
    name: str

    @contextmanager
    def extracted(self) -> Iterator[Checkout]:
        """The service's project in a temporary directory; raises SourceError."""
        repository = _repository(self.path)
        if repository is None:
            raise SourceError(
                f"{str(self.path)!r} is not in a git repository, so that it has no revision {self.name!r}"
            )
        commit = self._commit(repository)
        entries = _entries(repository, commit)
        inside = _inside(self.path, repository)
        start = f"{inside}/" if inside else ""
        if not any(path.startswith(start) for path in entries):
            raise SourceError(f"{str(self.path)!r} does not exist in revision {self.name!r}")
        root = _root_in(entries, inside)
        with tempfile.TemporaryDirectory(prefix="flake8-asyncdb-") as directory:
            _extract(repository, entries, root, Path(directory))
            below = PurePosixPath(inside).relative_to(root or ".").as_posix()
            (Path(directory) / below).mkdir(parents=True, exist_ok=True)
            _check_is_service(Path(directory), below, f"{self.path}@{self.name}")
            link = _web_address(repository, commit, inside)
            source = Source(str(self.path), self.name, commit, link)
            yield Checkout(Path(directory), "" if below == "." else below, source)

    def _commit(self, repository: Path) -> str:
        done = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{self.name}^{{commit}}")
        if done.returncode != 0:
            raise SourceError(f"{self.name!r} is no revision of the repository of {str(self.path)!r}")
        return done.stdout.decode().strip()


def _inside(path: Path, repository: Path) -> str:
    """A directory's path below the top of its repository; empty for the top."""
    top = _git(repository, "rev-parse", "--show-toplevel")
    outer = Path(os.fsdecode(top.stdout.rstrip(b"\n"))) if top.returncode == 0 else repository
    inside = path.resolve().relative_to(outer.resolve())
    return "" if inside == Path() else inside.as_posix()


def _entries(repository: Path, commit: str) -> dict[str, str]:
    """The regular files of a commit with their object names; links and submodules are left out."""
    done = _git(repository, "ls-tree", "-r", "-z", "--full-tree", commit)
    if done.returncode != 0:
        raise SourceError(f"git cannot list the files of {commit}: {_last_line(done.stderr)}")
    entries = {}
    for entry in done.stdout.split(b"\0"):
        if entry:
            head, _, name = entry.partition(b"\t")
            mode, kind, object_name = head.split()
            path = os.fsdecode(name)
            if kind == b"blob" and mode != b"120000" and ".." not in path.split("/") and not path.startswith("/"):
                entries[path] = object_name.decode()
    return entries


def _root_in(entries: dict[str, str], inside: str) -> str:
    """The nearest directory at or above one that has packaging metadata in a commit, else the one outside packages."""
    around = [inside, *(parent.as_posix() for parent in PurePosixPath(inside).parents)] if inside else [""]
    around = ["" if each == "." else each for each in around]
    for directory in around:
        if any(_join(directory, marker) in entries for marker in MARKERS):
            return directory
    return next(each for each in around if not each or _join(each, "__init__.py") not in entries)


def _join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name


def _extract(repository: Path, entries: dict[str, str], root: str, target: Path) -> None:
    """Write the Python and packaging files below a directory of a commit to disk."""
    start = f"{root}/" if root else ""
    wanted = [
        (path, name)
        for path, name in entries.items()
        if path.startswith(start) and (path.endswith(".py") or path.rpartition("/")[2] in WANTED_FILES_NAMES)
    ]
    names = "".join(f"{name}\n" for _, name in wanted).encode()
    done = _git(repository, "cat-file", "--batch", given=names)
    rest = memoryview(done.stdout)
    for path, name in wanted:
        head, _, _ = bytes(rest[:200]).partition(b"\n")
        if not head.endswith(b" missing") and len(head.split()) == 3:
            size = int(head.split()[2])
            content = bytes(rest[len(head) + 1 : len(head) + 1 + size])
            rest = rest[len(head) + 1 + size + 1 :]
            _write(target / path.removeprefix(start), content)
        else:
            raise SourceError(f"the repository lacks {path!r} (object {name})")


WANTED_FILES_NAMES = frozenset(name.rpartition("/")[2] for name in WANTED_FILES)


def _write(path: Path, content: bytes) -> None:
    """Write one file; a name that this file system refuses, or has already in another case, is skipped."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except (OSError, ValueError):
        return


def _web_address(repository: Path, commit: str, inside: str) -> str | None:
    """Where the files of a commit can be seen on the web, by the `origin` remote; never with a password in it."""
    done = _git(repository, "config", "--get", "remote.origin.url")
    match = _REMOTE.match(done.stdout.decode("utf-8", "replace").strip())
    if done.returncode != 0 or match is None or match[1].lower() not in WEB_HOSTS:
        return None
    kind = {"gitlab.com": "-/blob/", "bitbucket.org": "src/", "codeberg.org": "src/commit/"}.get(match[1], "blob/")
    return f"https://{match[1].lower()}/{match[2]}/{kind}{commit}/{inside}{'/' if inside else ''}"


def _last_line(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "unknown error"
