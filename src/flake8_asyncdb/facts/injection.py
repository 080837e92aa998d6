"""Route handlers, dependencies and the other functions that FastAPI runs on the event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from flake8_asyncdb import syntax
from flake8_asyncdb.facts.options import Options
from flake8_asyncdb.facts.providers import (
    SessionProvider,
    is_function_scoped,
    is_made_session,
    is_plain_generator,
    provider_functions,
)
from flake8_asyncdb.facts.sessions import is_session
from flake8_asyncdb.model import api, scopes
from flake8_asyncdb.model.effects import sites
from flake8_asyncdb.model.inference import ROUTE_METHODS, Inference
from flake8_asyncdb.model.project import Class, Function, Module
from flake8_asyncdb.model.scopes import Binding, last_word, parameters
from flake8_asyncdb.model.values import UNKNOWN, Bound, External, Instance, Site, Tri, Value, instances, members, union

if TYPE_CHECKING:
    from flake8_asyncdb.facts import ProjectFacts

ROUTERS = (api.FASTAPI, api.ROUTER, api.STARLETTE, "starlette.routing.Router")
ADD_ROUTE = frozenset({"add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route"})
OTHER_FRAMEWORKS = frozenset(
    """flask quart sanic bottle aiohttp litestar falcon requests httpx typer click redis django celery
    tornado pyramid robyn""".split()
)
STREAMS = ("StreamingResponse", "FileResponse", "EventSourceResponse")
STREAMING_LIBRARIES = ("fastapi", "starlette", "sse_starlette")
DISPATCHERS = ("starlette.middleware.base.BaseHTTPMiddleware", "fastapi.middleware.base.BaseHTTPMiddleware")


class Handler(NamedTuple):
    """A function registered for a path."""

    function: Function
    method: str

    @property
    def is_websocket(self) -> bool:
        """Whether it serves a websocket."""
        return "websocket" in self.method


def handlers(module: Module, project: ProjectFacts) -> Iterator[Handler]:
    """The route handlers that a module defines or registers."""
    found: dict[Function, Handler] = {}
    for function in module.functions:
        for node in function.node.decorator_list:
            if isinstance(node, ast.Call) and _is_route(node, function, project):
                assert isinstance(node.func, ast.Attribute)
                found.setdefault(function, Handler(function, node.func.attr))
    for handler in _registered(module, project):
        found.setdefault(handler.function, handler)
    yield from found.values()


def _is_route(node: ast.Call, function: Function, project: ProjectFacts) -> bool:
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in ROUTE_METHODS:
        return False
    answer = is_router(project.inference.value(node.func.value, function.outer), project)
    return answer is Tri.YES or (answer is Tri.UNKNOWN and _has_path(node))


def is_router(value: Value, project: ProjectFacts) -> Tri:
    """Whether a value is an application or a router."""
    answer = project.inference.is_instance(value, *ROUTERS)
    if answer is Tri.NO:
        for instance in instances(value):
            foreign = isinstance(instance.cls, External)
            if foreign and instance.cls.name.partition(".")[0] not in OTHER_FRAMEWORKS:
                return Tri.UNKNOWN
    return answer


def _has_path(node: ast.Call) -> bool:
    path = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "path"), None)
    return isinstance(path, ast.Constant) and isinstance(path.value, str) and path.value[:1] in ("", "/")


def _registered(module: Module, project: ProjectFacts) -> Iterator[Handler]:
    """Handlers of `app.get(path)(fn)` and `app.add_api_route(path, fn)`."""
    for site in project.module(module).sites:
        called = site.node.func
        if isinstance(called, ast.Call) and isinstance(called.func, ast.Attribute) and site.node.args:
            if called.func.attr in ROUTE_METHODS and _has_path(called):
                yield from _named(site.node.args[0], site, called.func.attr, project)
        elif isinstance(called, ast.Attribute) and called.attr in ADD_ROUTE:
            if is_router(project.inference.value(called.value, site.scope), project) is not Tri.NO:
                endpoint = Options(site, project.inference).get("endpoint", 1)
                if endpoint.node is not None:
                    yield from _named(endpoint.node, site, called.attr, project)


def _named(node: ast.expr, site: Site, method: str, project: ProjectFacts) -> Iterator[Handler]:
    for value in members(project.inference.value(node, site.scope)):
        if isinstance(value, Bound):
            yield Handler(value.function, method)


class Injection:
    """One `Depends` or `Security` and what it calls."""

    def __init__(self, site: Site, provider: Value, project: ProjectFacts) -> None:
        self.site = site
        self.provider = provider
        self.project = project

    @property
    def node(self) -> ast.Call:
        return self.site.node

    @property
    def argument(self) -> ast.expr | None:
        """What stands in the parentheses."""
        return Options(self.site, self.project.inference).get("dependency", 0).node

    @property
    def provider_text(self) -> str:
        """The provider as it should be named: without a call."""
        node = self.argument
        if isinstance(node, ast.Call):
            node = node.func
        return ast.unparse(node) if node is not None else "..."

    @property
    def argument_text(self) -> str:
        """The argument as the code writes it, without inner arguments."""
        return f"{self.provider_text}()" if isinstance(self.argument, ast.Call) else self.provider_text

    @property
    def is_called(self) -> bool:
        """Whether it is given a session or a running generator of one, because the provider was called."""
        if not isinstance(self.argument, ast.Call):
            return False
        found = members(self.provider)
        return bool(found) and all(is_made_session(member, self.project.inference) for member in found)

    @property
    def is_factory(self) -> bool:
        """Whether it is given a session factory."""
        return self.project.inference.is_instance(self.provider, api.SESSIONMAKER, api.ASYNC_SESSIONMAKER) is Tri.YES

    @property
    def commits_late(self) -> bool:
        """Whether its provider commits when the response has been sent."""
        if is_function_scoped(self.site, self.project) or self._is_committed_by_hand:
            return False
        return any(
            is_plain_generator(function, self.project.inference)
            and SessionProvider(function, self.project).commits_after_yield
            for function in provider_functions(self.provider, self.project)
        )

    @property
    def _is_committed_by_hand(self) -> bool:
        """Whether the function that takes it commits it itself."""
        module = self.site.module
        around: ast.AST | None = self.site.node
        while around is not None and not scopes.is_function(around):
            around = module.index.parents.get(around)
        if around is None:
            return False
        function = module.function(around)
        taken = {
            binding.name
            for binding in function.parameters
            for given in (binding.value, binding.annotation)
            if given is not None and module.index.is_inside(self.site.node, given)
        }
        commits = [call.func for call in function.scope.calls if isinstance(call.func, ast.Attribute)]
        return any(func.attr == "commit" and ast.unparse(func.value) in taken for func in commits)

    def functions(self) -> Iterator[Function]:
        """The functions that FastAPI runs for it."""
        yield from provider_functions(self.provider, self.project)


def injections(module: Module, project: ProjectFacts) -> Iterator[Injection]:
    """The `Depends(...)` calls of a module."""
    for site in project.module(module).calls_to(api.DEPENDS, api.SECURITY):
        depends = project.inference.value(site.node, site.scope)
        for instance in instances(depends):
            provider = project.inference.provider(instance)
            if Options(site, project.inference).get("dependency", 0).is_absent:
                provider = _annotated_class(site, project)
            yield Injection(site, provider, project)


def _annotated_class(site: Site, project: ProjectFacts) -> Value:
    """The class that stands beside a `Depends()` without argument: in its `Annotated`, or as the parameter's type."""
    parents = site.module.index.parents
    around = parents.get(site.node)
    annotation: ast.expr | None = None
    if isinstance(around, ast.Tuple) and isinstance(parents.get(around), ast.Subscript):
        annotation = around.elts[0]
    elif isinstance(around, ast.arguments):
        annotation = next((arg.annotation for arg, default in parameters(around) if default is site.node), None)
    if annotation is None:
        return UNKNOWN
    return union([instance.cls for instance in instances(project.inference.annotation(annotation, site.scope))])


class Provision(NamedTuple):
    """A parameter that FastAPI fills."""

    binding: Binding
    depends: Instance
    value: Value


def provisions(function: Function, project: ProjectFacts) -> Iterator[Provision]:
    """The parameters of a function that a `Depends` fills."""
    for binding in function.parameters:
        depends = project.inference.injected(binding)
        if depends is not None:
            yield Provision(binding, depends, project.inference.bound(binding))


def middleware(module: Module, project: ProjectFacts) -> Iterator[Function]:
    """Functions decorated with `@app.middleware("http")`, `dispatch` methods, and ASGI `__call__` methods."""
    for function in module.functions:
        for node in function.node.decorator_list:
            called = node.func if isinstance(node, ast.Call) else node
            if isinstance(called, ast.Attribute) and called.attr == "middleware":
                if is_router(project.inference.value(called.value, function.outer), project) is not Tri.NO:
                    yield function
    for cls in module.classes:
        dispatch = cls.methods.get("dispatch")
        if dispatch and project.inference.is_subclass(cls, *DISPATCHERS) is Tri.YES:
            yield dispatch
        call = cls.methods.get("__call__")
        if call and [p.name for p in call.parameters[1:]] == ["scope", "receive", "send"]:
            yield call


class HandlerBody:
    """What a handler's own body does, for the rules that look at it as a whole."""

    def __init__(self, handler: Handler, project: ProjectFacts) -> None:
        self.handler = handler
        self.function = handler.function
        self.project = project

    @cached_property
    def streams(self) -> Tri:
        """Whether it answers with a stream or a file; unknown where only a name says so."""
        if self.function.is_generator:
            return Tri.YES
        answers = list(self._named())
        for node in self.function.scope.returns:
            if node.value is not None:
                value = self.project.inference.value(node.value, self.function.module.index.scope_at(node))
                answers += [_is_stream(instance.cls, self.project) for instance in instances(value)]
        for site in sites(self.function):
            made = self.project.inference.value(site.node, site.scope)
            answers += [_is_stream(instance.cls, self.project) for instance in instances(made)]
            answers.append(Tri.UNKNOWN if last_word(site.node.func) in STREAMS else Tri.NO)
        return Tri.YES if Tri.YES in answers else Tri.UNKNOWN if Tri.UNKNOWN in answers else Tri.NO

    def _named(self) -> Iterator[Tri]:
        """What the names say that its annotation and its decorators call like a stream; one of several says little."""
        returns = self.function.node.returns
        annotated = list(_walk(returns)) if returns is not None else []
        for parts in (annotated, *(list(ast.walk(node)) for node in self.function.node.decorator_list)):
            is_one_of_several = any(isinstance(part, ast.BinOp) or last_word(part) == "Union" for part in parts)
            for part in parts:
                if isinstance(part, ast.expr) and last_word(part) in STREAMS:
                    yield Tri.UNKNOWN if is_one_of_several else self._names_stream(part)

    def _names_stream(self, node: ast.expr) -> Tri:
        answer = _is_stream(self.project.inference.value(node, self.function.outer), self.project)
        return Tri.YES if answer is Tri.YES else Tri.UNKNOWN


def _walk(node: ast.expr) -> Iterator[ast.AST]:
    """The nodes of an expression, string annotations included."""
    for part in ast.walk(node):
        text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else None
        parsed = syntax.parse_expression(text) if text else None
        yield from ast.walk(parsed) if parsed is not None else (part,)


class OwnSession(NamedTuple):
    """A call in a handler that opens a session."""

    node: ast.Call
    text: str


def own_sessions(body: HandlerBody) -> Iterator[OwnSession]:
    """The sessions that a handler opens, unless it opens them briefly and awaits something else outside.

    One that it gets by driving a provider by hand is a finding of its own.
    """
    inference = body.project.inference
    parents = body.function.module.index.parents
    driven = [each.node for each in body.project.module(body.function.module).hand_driven_providers]
    opened = [
        site
        for site in sites(body.function)
        if site.node not in driven
        and inference.value(site.node.func, site.scope) not in CLOSERS
        and _opens_session(inference.value(site.node, site.scope), inference)
    ]
    blocks = [block for site in opened if (block := _with_around(site.node, parents)) is not None]
    names = {name for site in opened if (name := _assigned_name(site.node, parents)) is not None}
    if (blocks or names) and _awaits_outside(body.function, blocks, names):
        return
    for site in opened:
        yield OwnSession(site.node, f"{ast.unparse(site.node.func)}()")


def _opens_session(made: Value, inference: Inference) -> bool:
    """Whether a call makes a session, or something that yields a new one when it is entered."""
    for instance in instances(made):
        entered = instance.args[0] if instance.cls in CONTEXT_CLASSES and instance.args else instance
        if (instance.site is not None or instance.cls in CONTEXT_CLASSES) and is_session(entered, inference):
            return True
    return False


def _with_around(node: ast.Call, parents: dict[ast.AST, ast.AST]) -> ast.AST | None:
    item = parents.get(node)
    return parents.get(item) if isinstance(item, ast.withitem) else None


def _assigned_name(node: ast.Call, parents: dict[ast.AST, ast.AST]) -> str | None:
    statement = parents.get(node)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else None


def _awaits_outside(function: Function, blocks: list[ast.AST], names: set[str]) -> bool:
    """Whether something is awaited outside the sessions' blocks that does not involve a session."""
    index = function.module.index
    return any(
        not any(index.is_inside(node, block) for block in blocks)
        and not any(isinstance(part, ast.Name) and part.id in names for part in ast.walk(node))
        for node in function.scope.awaits
    )


CLOSERS = (External("contextlib.closing"), External("contextlib.aclosing"))
CONTEXT_CLASSES = (External(api.CONTEXT_MANAGER), External(api.ASYNC_CONTEXT_MANAGER))


def _is_stream(cls: Value, project: ProjectFacts) -> Tri:
    """Whether a class is one of the streaming responses; unknown for a library's class that is called like one."""
    classes = project.inference.linearized(cls) if isinstance(cls, Class) else [cls]
    names = [base.name for base in classes if isinstance(base, External) and base.name.rpartition(".")[2] in STREAMS]
    if any(name.partition(".")[0] in STREAMING_LIBRARIES for name in names):
        return Tri.YES
    return Tri.UNKNOWN if names else Tri.NO
