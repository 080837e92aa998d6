"""Facts for the opinionated rules: statements in handlers, commits in services, deletions, slow transactions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb.facts.loading import Loading
from flake8_asyncdb.facts.providers import SessionProvider, providers_of, yields_session
from flake8_asyncdb.facts.services import is_data_access
from flake8_asyncdb.facts.sessions import is_session
from flake8_asyncdb.model import api
from flake8_asyncdb.model.effects import Operation, sites
from flake8_asyncdb.model.flow import block_path
from flake8_asyncdb.model.project import Class, Function
from flake8_asyncdb.model.scopes import Binding, Kind, Scope, arguments
from flake8_asyncdb.model.values import Bound, External, Instance, Literal, Method, Site, Tri, instances, members

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ModuleFacts, ProjectFacts

STATEMENT_METHODS = ("execute", "scalar", "scalars", "stream", "stream_scalars")
STATEMENT_CLASSES = (api.SESSION, api.CONNECTION, api.ASYNC_SESSION, api.ASYNC_CONNECTION, api.SCOPED_SESSION)
SLOW_CLIENTS = frozenset(
    """aiohttp anthropic cohere groq httpx langchain langchain_anthropic langchain_core langchain_openai litellm
    mistralai ollama openai""".split()
)
WAITING = tuple(External(f"asyncio.{name}") for name in ("gather", "wait_for", "shield"))
TRANSACTION_ENDS = frozenset({"commit", "rollback", "close"})
UNIT_OF_WORK = frozenset({"add", "add_all", "delete"})
"""Methods of a session that only note what a later flush will do."""
SOFT_DELETE = ("deleted_at", "is_deleted")
SCHEMES = ("sqlite:", "postgresql:", "postgres:", "mysql:", "postgresql+", "mysql+", "sqlite+", "mariadb:")


class RawSql(NamedTuple):
    """A plain string given where a statement belongs."""

    node: ast.expr
    text: str


def raw_sql_calls(module: ModuleFacts) -> Iterator[RawSql]:
    """The calls of a module that give a session or connection SQL as a plain string."""
    inference = module.project.inference
    for site in module.calls_of(*STATEMENT_METHODS):
        called = site.node.func
        if not site.node.args:
            continue
        found = members(inference.value(called, site.scope))
        if not found or not all(
            isinstance(m, Method) and _is_statement_class(m.receiver, module.project) for m in found
        ):
            continue
        statement = site.node.args[0]
        if _is_string(statement, module):
            yield RawSql(statement, f"{ast.unparse(called)}()")


def _is_statement_class(receiver: Instance, project: ProjectFacts) -> bool:
    return project.inference.is_subclass(receiver.cls, *STATEMENT_CLASSES) is Tri.YES


def _is_string(node: ast.expr, module: ModuleFacts) -> bool:
    """Whether an expression is certainly a `str`: a constant, an f-string, or a name for nothing else."""
    value = module.project.inference.value(node, module.module.index.scope_at(node))
    found = members(value)
    return bool(found) and all(
        (isinstance(member, Literal) and isinstance(member.value, str))
        or (isinstance(member, Instance) and member.cls == External("builtins.str"))
        for member in found
    )


class SlowAwait(NamedTuple):
    """Slow work awaited inside a transaction."""

    node: ast.Await
    text: str


def slow_awaits(module: ModuleFacts) -> Iterator[SlowAwait]:
    """The awaited calls of other services that a module makes in a transaction."""
    index = module.module.index
    for scope in index.scopes.values():
        blocks = [block for block in scope.withs if _begins_transaction(block, module)]
        for node in scope.awaits:
            if isinstance(node.value, ast.Call) and _is_slow(node.value, module):
                if any(index.is_inside(node, block) for block in blocks) or _has_open_transaction(node, scope, module):
                    yield SlowAwait(node, f"{ast.unparse(node.value.func)}()")


def _has_open_transaction(node: ast.Await, scope: Scope, module: ModuleFacts) -> bool:
    """Whether a query that surely ran before opened a transaction that the function commits only later."""
    index = module.module.index
    path = set(block_path(node, index))
    is_open: dict[str, bool] = {}
    committed: set[str] = set()
    for operation in module.project.effects.operations_in(scope):
        called = operation.site.node.func
        if not isinstance(called, ast.Attribute):
            continue
        session = ast.unparse(called.value)
        is_before = operation.site.node.lineno < node.lineno
        if operation.method in TRANSACTION_ENDS:
            if is_before:
                is_open[session] = False
            elif operation.method == "commit":
                committed.add(session)
        elif is_before and is_data_access(operation, module.project) and operation.method not in UNIT_OF_WORK:
            if path >= set(block_path(operation.site.node, index)):
                is_open[session] = True
    return any(is_open.get(session) for session in committed)


def _begins_transaction(block: ast.With | ast.AsyncWith, module: ModuleFacts) -> bool:
    names = (api.ASYNC_SESSION, api.SESSION, api.ASYNC_SESSIONMAKER, api.SESSIONMAKER, api.ASYNC_ENGINE)
    for item in block.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "begin":
            value = module.project.inference.value(call.func.value, module.module.index.scope_at(call))
            if module.project.inference.is_instance(value, *names) is Tri.YES:
                return True
    return False


def _is_slow(call: ast.Call, module: ModuleFacts) -> bool:
    scope = module.module.index.scope_at(call)
    called = module.project.inference.value(call.func, scope)
    if called in WAITING:
        return any(isinstance(argument, ast.Call) and _is_slow(argument, module) for argument in call.args)
    if called == External("asyncio.sleep"):
        return not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)
    node = call.func
    while isinstance(node, ast.Attribute | ast.Name):
        for member in members(module.project.inference.value(node, scope)):
            owner = member.receiver.cls if isinstance(member, Method) else member
            if isinstance(owner, External) and owner.name.partition(".")[0] in SLOW_CLIENTS:
                return True
        if not isinstance(node, ast.Attribute):
            break
        node = node.value
    return False


class SessionDefault(NamedTuple):
    """A parameter that gets its session from a default value."""

    node: ast.arg
    name: str
    type: str
    provider: str


def session_defaults(module: ModuleFacts) -> Iterator[SessionDefault]:
    """The parameters of a module's handlers and dependencies whose session is injected by a default."""
    project = module.project
    for function in module.module.functions:
        if not project.is_endpoint(function):
            continue
        for binding in function.parameters:
            default = binding.value
            if (
                isinstance(default, ast.Call)
                and isinstance(binding.node, ast.arg)
                and _is_injected_session(binding, project)
            ):
                annotation = ast.unparse(binding.annotation) if binding.annotation is not None else "AsyncSession"
                provider = ast.unparse(default.args[0]) if default.args else "..."
                yield SessionDefault(binding.node, binding.name, annotation, provider)


def _is_injected_session(binding: Binding, project: ProjectFacts) -> bool:
    return project.inference.injected(binding) is not None and is_session(
        project.inference.bound(binding), project.inference
    )


class BuiltService(NamedTuple):
    """A service made by a class method from an injected session."""

    node: ast.Call
    handler: str
    cls: str


def services_from_sessions(module: ModuleFacts) -> Iterator[BuiltService]:
    """The class methods that the handlers of a module call to build a service from their session."""
    inference = module.project.inference
    for handler in module.handlers:
        for site in sites(handler.function):
            for member in members(inference.value(site.node.func, site.scope)):
                if not isinstance(member, Bound) or not isinstance(member.receiver, Class):
                    continue
                made = inference.value(site.node, site.scope)
                builds = any(instance.cls is member.receiver for instance in instances(made))
                given = any(
                    is_session(inference.value(argument, site.scope), inference) for argument in arguments(site.node)
                )
                if builds and given:
                    yield BuiltService(site.node, handler.function.name, member.receiver.name)


def scheme_replacements(module: ModuleFacts) -> Iterator[ast.Call]:
    """The `replace` calls of a module that exchange the scheme of a database URL."""
    for site in module.sites:
        called = site.node.func
        if isinstance(called, ast.Attribute) and called.attr == "replace" and len(site.node.args) >= 2:
            texts = [a.value for a in site.node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if len(texts) == 2 and all(text.startswith(SCHEMES) or f"{text}:" in SCHEMES for text in texts):
                yield site.node


class HandlerQuery(NamedTuple):
    """The first statement that a handler runs itself."""

    node: ast.Call
    handler: str
    call: str


def queries_in_handlers(module: ModuleFacts) -> Iterator[HandlerQuery]:
    """The handlers of a module that query the database themselves."""
    for handler in module.handlers:
        for operation in module.project.effects.operations(handler.function):
            if is_data_access(operation, module.project):
                yield HandlerQuery(
                    operation.site.node, handler.function.name, f"{ast.unparse(operation.site.node.func)}()"
                )
                break


class DoubleCommit(NamedTuple):
    """A commit of a session that its provider commits."""

    node: ast.Call
    service: str
    provider: str


def double_commits(module: ModuleFacts) -> Iterator[DoubleCommit]:
    """The commits in a module of sessions that come from a provider which commits."""
    project = module.project
    for function in module.module.functions:
        if yields_session(function, project.inference):
            continue
        for operation in project.effects.operations(function):
            if operation.method == "commit":
                provider = _committing_provider(operation, function, project)
                if provider is not None:
                    yield DoubleCommit(operation.site.node, function.qualname, provider.name)


def _committing_provider(operation: Operation, function: Function, project: ProjectFacts) -> Function | None:
    """The provider that a session comes from: by a parameter, or by the constructor that stored it."""
    receiver = operation.site.node.func
    if not isinstance(receiver, ast.Attribute):
        return None
    for binding in _origins(receiver.value, function, project):
        for provider in providers_of(binding, project):
            if yields_session(provider, project.inference):
                if SessionProvider(provider, project).commits_after_yield:
                    return provider
    return None


def _origins(node: ast.expr, function: Function, project: ProjectFacts) -> Iterator[Binding]:
    if isinstance(node, ast.Name):
        yield from (b for b in function.scope.bindings.get(node.id, ()) if b.kind is Kind.PARAMETER)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and function.owner is not None:
        for store in function.owner.instance_stores.get(node.attr, ()):
            if isinstance(store.value, ast.Name):
                yield from (b for b in store.scope.bindings.get(store.value.id, ()) if b.kind is Kind.PARAMETER)


class HardDeletion(NamedTuple):
    """A real deletion of rows that are made to be marked."""

    node: ast.Call
    cls: str
    column: str


def hard_deletions(module: ModuleFacts) -> Iterator[HardDeletion]:
    """The deletions in a module of models that have a column for it."""
    inference = module.project.inference
    for site in module.sites:
        if not site.node.args:
            continue
        called = inference.value(site.node.func, site.scope)
        deleted = inference.value(site.node.args[0], site.scope)
        if called == External("sqlalchemy.delete"):
            classes = [member for member in members(deleted) if isinstance(member, Class)]
        elif isinstance(called, Method) and called.name == "delete" and is_session(called.receiver, inference):
            classes = [instance.cls for instance in instances(deleted) if isinstance(instance.cls, Class)]
            classes = classes or _loaded_classes(site, module.project)
        else:
            continue
        for cls in classes:
            column = _soft_delete_column(cls, module.project)
            if column is not None:
                yield HardDeletion(site.node, cls.name, column)


def _loaded_classes(site: Site, project: ProjectFacts) -> list[Class]:
    """The class of the object that a `session.delete` is given, where that session loaded it."""
    session = site.node.func.value if isinstance(site.node.func, ast.Attribute) else site.node.func
    loaded = Loading([ast.unparse(session)], project, frozenset()).of(site.node.args[0], site.scope)
    return [] if loaded is None else [loaded.cls]


def _soft_delete_column(cls: Class, project: ProjectFacts) -> str | None:
    for base in project.inference.linearized(cls):
        if isinstance(base, Class):
            for name in SOFT_DELETE:
                if name in base.scope.bindings:
                    return name
    return None
