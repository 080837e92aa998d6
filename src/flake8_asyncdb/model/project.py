"""The files of one project: where its root is, what its modules are called, and each of them parsed at most once."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from flake8_asyncdb import syntax
from flake8_asyncdb.model import scopes
from flake8_asyncdb.model.pins import Pin, read_pin
from flake8_asyncdb.model.scopes import Binding, FunctionNode, Index, Scope

MARKERS = ("pyproject.toml", "setup.py", "setup.cfg")
MAX_FILES = 20_000
PIN_DEPTH = 2
"""How far below the root requirements are looked for."""
LIBRARIES = (b"sqlalchemy", b"sqlmodel", b"fastapi", b"starlette")
MAX_DECORATORS = 200
"""How many bytes after a decorator are searched for what it decorates."""
LONGEST_FROM = 1000
"""How many bytes before an `import` are searched for the beginning of its statement."""
USUAL_ROOTS = ("src", "app", "backend", "server", "lib")
SKIPPED_DIRECTORIES = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages", "venv", "env"})
BUILT_DIRECTORIES = frozenset({"build", "dist"})
"""What packaging writes beside its metadata; further down, the names are like any other."""
EXTERNAL = frozenset(sys.stdlib_module_names) | {"sqlalchemy", "sqlmodel", "fastapi", "starlette", "pydantic"}
_IMPORT = re.compile(rb"import(?=[ \t(])")
_IMPORTED = re.compile(rb"[ \t]*(\([^)]*\)|(?:[^\n#\\;]|\\\n)*)")
_BEFORE_IMPORT = re.compile(rb"[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+)?")
_RELATIVE_IMPORT = re.compile(rb"^[ \t]*from[ \t]+\.", re.MULTILINE)
_NAME = rb"[\w\x80-\xff]+"
_WORD = re.compile(_NAME)
_LAST_WORD = re.compile(_NAME + rb"$")
_DEFINED = re.compile(rb"^(?:(?:async[ \t]+)?def|class)[ \t]+(" + _NAME + rb")", re.MULTILINE)
_FUNCTION = re.compile(rb"def[ \t]+(" + _NAME + rb")")
_PROPERTY = re.compile(rb"property")
_END_OF_PARAMETERS = re.compile(rb"\)[ \t]*(?:->[^\n]{0,200})?:[ \t]*(?:#[^\n]{0,200})?\r?\n")
_BASES = re.compile(rb"class[ \t]+" + _NAME + rb"[ \t]*(?:\[[^]]*\])?\(((?:[^()]|\([^()]*\))*)")
_TEST_NAME = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py|tests\.py")


class Namespace(NamedTuple):
    """A directory of the project that works as a package without an `__init__.py`."""

    path: str


class Function:
    """A `def` or `async def` of the project."""

    def __init__(self, node: FunctionNode, module: Module, owner: Class | None) -> None:
        self.node = node
        self.module = module
        self.owner = owner
        self.scope = module.index.scopes[node]

    def __repr__(self) -> str:
        return f"<function {self.module.name}.{self.qualname}>"

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def qualname(self) -> str:
        """Its name, behind its class's where it is a method."""
        return f"{self.owner.name}.{self.name}" if self.owner else self.name

    @property
    def is_async(self) -> bool:
        """Whether it was written with `async def`."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_generator(self) -> bool:
        """Whether calling it runs nothing yet, because it yields."""
        return bool(self.scope.yields)

    @cached_property
    def parameters(self) -> list[Binding]:
        """Its named parameters, in order."""
        return [
            binding
            for argument, _ in scopes.parameters(self.node.args)
            for binding in self.scope.bindings.get(argument.arg, [])
            if binding.node is argument
        ]

    @property
    def outer(self) -> Scope:
        """The scope it was defined in: where its annotations, defaults and decorators are evaluated."""
        assert self.scope.parent is not None
        return self.scope.parent


class Class:
    """A class of the project."""

    def __init__(self, node: ast.ClassDef, module: Module) -> None:
        self.node = node
        self.module = module
        self.scope = module.index.scopes[node]

    def __repr__(self) -> str:
        return f"<class {self.module.name}.{self.name}>"

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def outer(self) -> Scope:
        """The scope it was defined in."""
        assert self.scope.parent is not None
        return self.scope.parent

    @cached_property
    def methods(self) -> dict[str, Function]:
        """The functions defined in its body, by name."""
        return {node.name: self.module.function(node) for node in self.scope.definitions if scopes.is_function(node)}

    @cached_property
    def instance_stores(self) -> dict[str, list[Binding]]:
        """What its methods assign to attributes of their first parameter."""
        stores: dict[str, list[Binding]] = {}
        for method in self.methods.values():
            own = method.parameters[0].name if method.parameters else None
            for store in method.scope.attribute_stores:
                target = store.node
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    if target.value.id == own:
                        stores.setdefault(store.name, []).append(store)
        return stores


class Module:
    """One file of the project, parsed and indexed when first asked.

    `directory` is where it lies, empty at the project's root, and `file_name` the last part of its path.
    """

    def __init__(self, project: Project, path: str, source: bytes, tree: ast.Module | None = None) -> None:
        self.project = project
        self.path = path
        self.directory, _, self.file_name = path.rpartition("/")
        self.source = source
        self._tree = tree
        self._functions: dict[ast.AST, Function] = {}
        self._classes: dict[ast.AST, Class] = {}

    def __repr__(self) -> str:
        return f"<module {self.path}>"

    @cached_property
    def _own_tree(self) -> ast.Module | None:
        return self._tree or syntax.parse(self.source)

    @cached_property
    def tree(self) -> ast.Module:
        """Its tree, with Python 3.14's `except A, B:` read by every version; empty when it cannot be parsed."""
        return self._own_tree or syntax.parse(syntax.with_parentheses(self.source)) or ast.Module([], [])

    @property
    def is_of_this_python(self) -> bool:
        """Whether this Python can parse it as it stands."""
        return self._own_tree is not None

    def offer(self, tree: ast.Module) -> None:
        """Take a tree of the same text, if none was needed yet."""
        self._tree = self._tree or tree

    @cached_property
    def index(self) -> Index:
        """Its scopes and bindings."""
        return scopes.index(self.tree, self)

    @cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """Every binding of each name, whatever the scope."""
        found: dict[str, list[Binding]] = {}
        for scope in self.index.scopes.values():
            for name, bindings in scope.bindings.items():
                found[name] = found[name] + bindings if name in found else bindings
        return found

    @property
    def is_parsed(self) -> bool:
        """Whether its tree says what is in it: false for a file that this Python cannot parse."""
        return bool(self.tree.body) or not self.source.strip()

    @property
    def scope(self) -> Scope:
        """Its top level."""
        return self.index.root

    @property
    def is_package(self) -> bool:
        """Whether it is the `__init__.py` of a package."""
        return self.file_name == "__init__.py"

    @property
    def name(self) -> str:
        """A dotted name for messages: the path below the project's root."""
        path = self.directory if self.is_package else self.path.removesuffix(".py")
        return path.replace("/", ".")

    @cached_property
    def is_test(self) -> bool:
        """Test code, by where it lies or because it imports pytest at its top level."""
        if _is_test_path(self.path):
            return True
        return (
            b"pytest" in self.source and re.search(rb"^(?:import|from) pytest\b", self.source, re.MULTILINE) is not None
        )

    @cached_property
    def is_migration(self) -> bool:
        """An Alembic environment or revision."""
        if self.file_name == "env.py":
            return b"alembic" in self.source or "alembic" in self.directory or "migrations" in self.directory
        return "versions" in self.directory.split("/") and (b"revision" in self.source or b"alembic" in self.source)

    @cached_property
    def counts(self) -> bool:
        """Whether it is part of what the project runs: neither test code nor a migration."""
        return not self.is_test and not self.is_migration

    def function(self, node: FunctionNode) -> Function:
        """The function that a definition makes: one object for each node."""
        known = self._functions.get(node)
        if known is None:
            parent = self.index.scopes[node].parent
            owner = self.class_(parent.node) if parent and isinstance(parent.node, ast.ClassDef) else None
            known = self._functions[node] = Function(node, self, owner)
        return known

    def class_(self, node: ast.ClassDef) -> Class:
        """The class that a definition makes: one object for each node."""
        known = self._classes.get(node)
        if known is None:
            known = self._classes[node] = Class(node, self)
        return known

    @cached_property
    def functions(self) -> list[Function]:
        """Every function in it, nested ones and methods too, in source order."""
        return [self.function(node) for node in self.index.scopes if scopes.is_function(node)]

    @cached_property
    def classes(self) -> list[Class]:
        """Every class in it, in source order."""
        return [self.class_(node) for node in self.index.scopes if isinstance(node, ast.ClassDef)]

    def enclosing_function(self, scope: Scope) -> Function | None:
        """The function whose body `scope` belongs to; None at the top level, in a class body or a lambda."""
        node = scope.owner.node
        return self.function(node) if scopes.is_function(node) else None

    @cached_property
    def defined(self) -> frozenset[str]:
        """The functions and classes that its text defines at the top level, found without parsing it."""
        return frozenset(name.decode("utf-8", "replace") for name in _DEFINED.findall(self.source))

    def functions_with_parameters_naming(self, word: bytes) -> Iterator[str]:
        """The functions between whose name and the end of whose parameters a word stands, by its text."""
        for text in self.source.split(b"def ")[1:]:
            name = _WORD.match(text) if word in text else None
            end = _END_OF_PARAMETERS.search(text) if name else None
            if name and re.compile(_whole(word)).search(text, name.end(), end.start() if end else len(text)):
                yield name[0].decode("utf-8", "replace")

    @cached_property
    def subclassed(self) -> frozenset[bytes]:
        """The words of its text that may name a base of its classes, or something that is imported as another."""
        renamed = [_LAST_WORD.search(before[-100:]) for before in self.source.split(b" as ")[:-1]]
        words = {word for bases in _BASES.findall(self.source) for word in _WORD.findall(bases)}
        return frozenset(words | {match[0] for match in renamed if match is not None})

    @cached_property
    def mentions_libraries(self) -> bool:
        """Whether its text names one of the libraries at all: a test for bytes, before any parsing."""
        return any(library in self.source for library in LIBRARIES)

    @cached_property
    def imported(self) -> list[Module]:
        """The project's modules that it imports anywhere, found in its text without parsing it."""
        found: dict[str, Module] = {}
        for match in _IMPORT.finditer(self.source):
            near = max(match.start() - LONGEST_FROM, 0)
            begin = max(self.source.rfind(separator, near, match.start()) for separator in (b"\n", b";", b":"))
            before = _BEFORE_IMPORT.fullmatch(self.source, max(begin + 1, near), match.start())
            if before is not None:
                for target in self._imported_names((before[1] or b"").decode("utf-8", "replace"), match.end()):
                    for module in self.project.modules_on_the_way(target, self):
                        found[module.path] = module
        found.pop(self.path, None)
        return list(found.values())

    def _imported_names(self, origin: str, start: int) -> Iterator[str]:
        """What an import names that can be a module: `origin`, and what is listed from a place in the text on."""
        if origin:
            yield origin
            if not self._is_directory(origin):
                return
        listed = _IMPORTED.match(self.source, start)
        names = listed[1].decode("utf-8", "replace") if listed is not None else ""
        cleaned = re.sub(r"#[^\n]*|\\\n", "", names).strip(" \t\r()")
        dot = "." if origin and not origin.endswith(".") else ""
        for name in cleaned.split(","):
            imported = name.split(" as ")[0].strip()
            if imported != "*":
                yield f"{origin}{dot}{imported}"

    def _is_directory(self, name: str) -> bool:
        """Whether what it imports by a name can hold modules of the project."""
        target = self.project.resolve_import(name, self)
        return isinstance(target, Namespace) or (target is not None and target.is_package)


class Project:
    """The tree below one root, read on demand; nothing outside it is ever opened."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, Module | None] = {}
        self._resolved: dict[tuple[str, str], Module | Namespace | None] = {}
        self._on_the_way: dict[tuple[str, str], list[Module]] = {}
        self._mentioning: dict[bytes, list[Module]] = {}
        self._reaching: dict[str, bool] = {}
        self._pins: dict[str, Pin | None] = {}
        self._roots: dict[str, list[str]] = {}
        self._left_out: dict[str, bool] = {}
        self._packages: dict[str, bool] = {}

    @cached_property
    def paths(self) -> frozenset[str]:
        """The Python files below the root, without virtual environments, vendored trees and nested projects."""
        return frozenset(_python_files(self.root))

    @cached_property
    def directories(self) -> frozenset[str]:
        """The directories that hold Python files, at any depth."""
        return frozenset(parent for path in self.paths for parent in parents(path))

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of its files and directories: what an import of its own code can begin with."""
        return frozenset(path.rpartition("/")[2].removesuffix(".py") for path in chain(self.directories, self.paths))

    def leaves_out(self, path: str) -> bool:
        """Whether a path lies in a directory that is none of the project's: of a tool, installed, vendored or built."""
        return any(map(self._is_left_out, parents(path)))

    def _is_left_out(self, directory: str) -> bool:
        if directory not in self._left_out:
            below = self.root / directory
            self._left_out[directory] = bool(directory) and below.is_dir() and not _is_own(below, self.root)
        return self._left_out[directory]

    def module(self, path: str) -> Module | None:
        """The module at a path below the root; None when there is none or it cannot be read."""
        if path not in self._modules:
            source = syntax.read(os.path.join(self.root, path)) if path in self.paths else None
            self._modules[path] = None if source is None else Module(self, path, source)
        return self._modules[path]

    def known(self, path: str) -> Module | None:
        """The module at a path, if it has been read already."""
        return self._modules.get(path)

    def put(self, path: str, source: bytes, tree: ast.Module | None = None) -> Module:
        """Use this text, and its tree, as an editor or flake8 holds them, instead of the file on disk.

        A file that is not on disk yet is one of the project's; one that the project leaves out still is none of them.
        """
        if path not in self.paths and not (self.root / path).exists():
            self.paths |= {path}
        module = self._modules[path] = Module(self, path, source, tree)
        return module

    def pin(self, library: str) -> Pin | None:
        """The versions of a library that the project's own files allow."""
        if library not in self._pins:
            near = sorted(directory for directory in self.directories if directory.count("/") < PIN_DEPTH)
            self._pins[library] = read_pin(self.root, library, near)
        return self._pins[library]

    def modules(self) -> Iterator[Module]:
        """Every readable module, in the order of the paths."""
        for path in sorted(self.paths):
            module = self.module(path)
            if module is not None:
                yield module

    def mentioning(self, *words: bytes) -> list[Module]:
        """The modules of the running program whose text holds any of `words`; a test for bytes that parses nothing."""
        found: dict[str, Module] = {}
        for word in words:
            if word not in self._mentioning:
                self._mentioning[word] = [module for module in self._running if word in module.source]
            found.update((module.path, module) for module in self._mentioning[word])
        return [found[path] for path in sorted(found)]

    def calling(self, *names: str) -> list[Module]:
        """The modules of the running program that call one of these, or import one as another."""
        found: dict[str, Module] = {}
        for name in map(str.encode, names):
            called = re.compile(_whole(name) + rb"(?:[ \t]*\(|[ \t]+as\b)")
            found.update((module.path, module) for module in self.mentioning(name) if called.search(module.source))
        return [found[path] for path in sorted(found)]

    def subclassing(self, name: str) -> Sequence[Module]:
        """The modules of the running program that name a class among the bases of another, or import it as another."""
        return self._subclassing.get(name.encode(), ())

    @cached_property
    def _subclassing(self) -> dict[bytes, list[Module]]:
        found: dict[bytes, list[Module]] = {}
        for module in self._running:
            for word in module.subclassed:
                found.setdefault(word, []).append(module)
        return found

    @cached_property
    def properties(self) -> frozenset[str]:
        """The names of the functions below a line that speaks of properties, which all properties are among."""
        sources = [module.source for module in self.mentioning(b"property")]
        words = ((source, match.end()) for source in sources for match in _PROPERTY.finditer(source))
        starts = ((source, source.find(b"def ", end, end + MAX_DECORATORS)) for source, end in words)
        functions = (_FUNCTION.match(source, start) for source, start in starts if start >= 0)
        return frozenset(match[1].decode("utf-8", "replace") for match in functions if match is not None)

    def functions_naming(self, *words: str) -> frozenset[str]:
        """The names of the functions that may name one of these words, by whatever alias, in their parameters."""
        renamed = [re.compile(_whole(word.encode()) + rb"[ \t]+as[ \t]+(" + _NAME + rb")") for word in words]
        found: set[str] = set()
        for module in self.mentioning(*map(str.encode, words)):
            aliases = [alias for pattern in renamed for alias in pattern.findall(module.source)]
            for name in (*map(str.encode, words), *aliases):
                found.update(module.functions_with_parameters_naming(name))
        return frozenset(found)

    @cached_property
    def _running(self) -> list[Module]:
        modules = [self.module(path) for path in sorted(self.paths) if not _is_test_path(path)]
        return [module for module in modules if module is not None and module.counts]

    def reaches_libraries(self, module: Module) -> bool:
        """Whether a module names one of the libraries, or imports a module of the project that does, and so on."""
        if module.path in self._reaching:
            return self._reaching[module.path]
        seen, pending = {module.path: module}, [module]
        while pending:
            current = pending.pop()
            if self._reaching.get(current.path) or current.mentions_libraries:
                self._reaching[module.path] = True
                return True
            for imported in current.imported:
                if imported.path not in seen and self._reaching.get(imported.path, True):
                    seen[imported.path] = imported
                    pending.append(imported)
        self._reaching.update(dict.fromkeys(seen, False))
        return False

    def closure(self, module: Module) -> list[Module]:
        """The module and everything of the project that it imports, directly or not; nearest first."""
        seen = {module.path: module}
        queue = [module]
        for current in queue:
            for imported in current.imported:
                if imported.path not in seen:
                    seen[imported.path] = imported
                    queue.append(imported)
        return queue

    def resolve_import(self, name: str, importer: Module) -> Module | Namespace | None:
        """The module or namespace directory that `name` (leading dots allowed) means in `importer`.

        None says that it lies outside the project.
        """
        key = (importer.directory, name)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(name, importer)
        return self._resolved[key]

    def _resolve(self, name: str, importer: Module) -> Module | Namespace | None:
        level = len(name) - len(name.lstrip("."))
        below = name[level:].replace(".", "/")
        first = below.partition("/")[0]
        if level:
            around = parents(importer.path)
            return self._at(join(around[level - 1], below)) if level <= len(around) else None
        if first not in self._names or first in EXTERNAL:
            return None
        bases = chain(self._source_roots(importer.directory), self._run_directories(importer, first))
        found = (self._at(join(base, below)) for base in bases)
        return next((target for target in found if target is not None), None)

    def _run_directories(self, importer: Module, name: str) -> Iterator[str]:
        """Where programs are started although an `__init__.py` lies there: packages that no import makes use of."""
        for directory in [importer.directory, *parents(importer.directory)]:
            beside = join(directory, name)
            is_there = beside in self.directories or f"{beside}.py" in self.paths
            if is_there and f"{beside}.py" != importer.path and not self._is_used_as_package(directory):
                yield directory

    def _is_used_as_package(self, directory: str) -> bool:
        """Whether an import names a directory, or one in it is relative."""
        if directory not in self._packages:
            name = directory.rpartition("/")[2].encode()
            named = re.compile(rb"^[ \t]*(?:from|import)[ \t][^\n#]*\b%s\b" % re.escape(name), re.MULTILINE)
            self._packages[directory] = any(
                (name in module.source and named.search(module.source))
                or (module.directory == directory and _RELATIVE_IMPORT.search(module.source))
                for module in self.modules()
            )
        return self._packages[directory]

    def submodule(self, directory: str, name: str) -> Module | Namespace | None:
        """What `name` is in a package directory: a module, a namespace directory, or nothing."""
        return self._at(join(directory, name))

    def modules_on_the_way(self, name: str, importer: Module) -> list[Module]:
        """The modules that importing `name` runs: the packages above it and itself."""
        key = (importer.directory, name)
        if key not in self._on_the_way:
            self._on_the_way[key] = self._run_by_import(name, importer)
        return self._on_the_way[key]

    def _run_by_import(self, name: str, importer: Module) -> list[Module]:
        package = _package_of(name)
        before = self.modules_on_the_way(package, importer) if package else []
        if package and self.resolve_import(package, importer) is None:
            return before
        target = self.resolve_import(name, importer)
        return [*before, target] if isinstance(target, Module) else before

    def _at(self, target: str) -> Module | Namespace | None:
        for candidate in (join(target, "__init__.py"), f"{target}.py"):
            module = self.module(candidate)
            if module is not None:
                return module
        return Namespace(target) if target in self.directories else None

    def _source_roots(self, directory: str) -> list[str]:
        """Where an absolute import in a file of `directory` may start: non-packages, nearest first, and the root."""
        if directory not in self._roots:
            around = [directory, *parents(directory)] if directory else [""]
            plain = [each for each in around if not each or join(each, "__init__.py") not in self.paths]
            usual = [join(each, name) for each in around for name in USUAL_ROOTS]
            self._roots[directory] = plain + [root for root in usual if root in self.directories]
        return self._roots[directory]


def _is_test_path(path: str) -> bool:
    *directories, name = path.split("/")
    return "tests" in directories or "test" in directories or _TEST_NAME.fullmatch(name) is not None


def _whole(word: bytes) -> bytes:
    """A pattern for a whole word: it begins with the word itself, which is found fast."""
    return rb"%b(?<!\w%b)\b" % (word, word)


@lru_cache(maxsize=4096)
def find_root(directory: Path) -> Path:
    """The nearest directory with packaging metadata, else the git root, the working directory, or the package's own."""
    for candidate in (directory, *directory.parents):
        if _is_marked(candidate) or (candidate / ".git").exists():
            return candidate
    working = Path.cwd()
    if directory.is_relative_to(working) and working not in (Path.home(), Path(working.anchor)):
        return working
    while (directory / "__init__.py").is_file():
        directory = directory.parent
    return directory


def _is_marked(directory: Path) -> bool:
    """Whether packaging metadata lies in a directory; the `setup.py` of a package is a module like any other."""
    found = [marker for marker in MARKERS if _holds(directory, marker)]
    return bool(found) and (found != ["setup.py"] or not _holds(directory, "__init__.py"))


def _holds(directory: Path, name: str) -> bool:
    return os.path.isfile(os.path.join(directory, name))


def join(directory: str, name: str) -> str:
    """A path below the project's root; the root itself is the empty one."""
    return f"{directory}/{name}" if directory and name else directory or name


def _package_of(name: str) -> str:
    """The dotted name before the last part of another, which may begin with dots; empty for a name of one part."""
    package, dot, last = name.rpartition(".")
    return "" if not last else f"{package}." if dot and not package.strip(".") else package


def parents(path: str) -> list[str]:
    """The directories around a path, nearest first; the project's root is the empty one."""
    found = []
    while path:
        path = path.rpartition("/")[0]
        found.append(path)
    return found


def _python_files(root: Path) -> Iterator[str]:
    count = 0
    for directory, subdirectories, names in os.walk(root):
        here = Path(directory)
        subdirectories[:] = sorted(name for name in subdirectories if _is_own(here / name, root))
        below = here.relative_to(root).as_posix().removeprefix(".")
        for name in sorted(names):
            if name.endswith(".py") and _stays_inside(os.path.join(directory, name), root):
                yield join(below, name)
                count += 1
        if count > MAX_FILES:
            return


def _stays_inside(file: str, root: Path) -> bool:
    if not os.path.islink(file):
        return True
    try:
        return Path(file).resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False


def _is_own(directory: Path, root: Path) -> bool:
    """Whether a directory holds code of the project: not of its tools, of another project, or built from its own."""
    skipped = SKIPPED_DIRECTORIES | (BUILT_DIRECTORIES if directory.parent == root else frozenset())
    if directory.name in skipped and not _holds(directory, "__init__.py"):
        return False
    if directory.name.startswith(".") or directory.is_symlink():
        return False
    return not _is_marked(directory) and not _holds(directory, "pyvenv.cfg")
