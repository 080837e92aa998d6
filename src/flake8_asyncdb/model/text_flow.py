"""Follows strings through assignments, branches, replacements and the functions of the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from flake8_asyncdb.model.answers import Answers
from flake8_asyncdb.model.flow import TRIES
from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Module
from flake8_asyncdb.model.scopes import Binding, Kind, Scope
from flake8_asyncdb.model.texts import (
    MAX_TEXTS,
    UNKNOWN_TEXT,
    Text,
    Texts,
    condition,
    joined,
    limited,
    replaced,
    with_driver,
)
from flake8_asyncdb.model.values import Bound, External, Instance, Tri, Value, instances, members

MAX_VARIANTS = 50
"""How many different sets of arguments one function is followed for."""

Environment = dict[str, Texts]
"""What the names, plain or dotted, can be at one place."""

_SAME_TEXT = frozenset(
    """strip rstrip lstrip render_as_string unicode_string get_secret_value encoded_string
    update_query_dict update_query_string human_repr""".split()
)
_SAME_TEXT_CALLS = frozenset({"builtins.str", "sqlalchemy.make_url", "sqlalchemy.engine.make_url", "pathlib.Path"})
_DEFAULT_CALLS = frozenset(
    {"os.getenv", "os.environ.get", "os.environ.setdefault", "decouple.config", "environs.Env.str"}
)


@dataclass(slots=True)
class Run:
    """One run through a body: what is known before each statement that is reached, at the end, and what it returns."""

    before: dict[ast.stmt, Environment] = field(default_factory=dict)
    after: Environment | None = None
    returned: Texts = UNKNOWN_TEXT


class TextEvaluator:
    """What the strings of a project can be where they are used."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._once = Answers(Run(), Run()).once
        self._variants: dict[Scope, set[frozenset[tuple[str, Texts]]]] = {}

    def at(self, expression: ast.expr, scope: Scope) -> Texts:
        """What `expression` can be at the place where it stands; unknown where the code is too deep to follow."""
        try:
            return self._at(expression, scope)
        except RecursionError:
            return UNKNOWN_TEXT

    def _at(self, expression: ast.expr, scope: Scope) -> Texts:
        index = scope.module.index
        chain: list[ast.AST] = [expression]
        while not isinstance(chain[-1], ast.stmt) and chain[-1] is not scope.owner.node:
            chain.append(index.parents[chain[-1]])
        env = self._run(scope.owner, {}).before.get(chain[-1]) if isinstance(chain[-1], ast.stmt) else {}
        if env is None:
            return UNKNOWN_TEXT
        for outer, inner in pairwise(reversed(chain)):
            if isinstance(outer, ast.IfExp) and inner is not outer.test:
                env = self._assume(outer.test, env, scope, inner is outer.body)
        return limited(self._evaluate(expression, env, scope))

    # -- statements

    def _run(self, scope: Scope, given: Environment) -> Run:
        """The run of a scope's body that starts with these names given."""
        arguments = frozenset(given.items())
        variants = self._variants.setdefault(scope, set())
        if len(variants) >= MAX_VARIANTS and arguments not in variants:
            return Run()
        variants.add(arguments)
        return self._once((scope, arguments), lambda: self._ran(scope, given))

    def _ran(self, scope: Scope, given: Environment) -> Run:
        run = Run()
        body = getattr(scope.node, "body", [])
        if isinstance(body, list):
            run.after = self._block(body, given, scope, run)
            run.returned = self._returned(scope, given, run)
        return run

    def _returned(self, scope: Scope, given: Environment, run: Run) -> Texts:
        """What its `return` statements give, those left out that the arguments rule out."""
        found: list[Texts] = []
        for node in scope.returns:
            env = run.before.get(node)
            if node.value is not None and env is not None and all(env.get(name, UNKNOWN_TEXT) for name in given):
                found.append(self._evaluate(node.value, env, scope))
        return limited(frozenset().union(*found))

    def _block(self, body: list[ast.stmt], env: Environment | None, scope: Scope, run: Run) -> Environment | None:
        """The environment after a block; None when it is left before its end."""
        for statement in body:
            if env is None:
                return None
            run.before[statement] = _either(run.before.get(statement), env) or env
            env = self._after(statement, env, scope, run)
        return env

    def _after(self, statement: ast.stmt, env: Environment, scope: Scope, run: Run) -> Environment | None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                return self._assigned(targets, value, env, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return self._assigned([target], value, env, scope)
            case ast.AugAssign(target=target, op=ast.Add(), value=value):
                key = _key(target)
                if key:
                    old = self._evaluate(target, env, scope)
                    return {**env, key: joined(old, self._evaluate(value, env, scope))}
            case ast.If():
                return self._after_if(statement, env, scope, run)
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                return None
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                names = [item.optional_vars for item in items if item.optional_vars is not None]
                return self._block(body, _forgotten(names, env), scope, run)
            case ast.For(target=target, body=body) | ast.AsyncFor(target=target, body=body):
                after = self._after_each(statement, env, scope, run)
                if after is None:
                    after = _either(env, self._block(body, _forgotten([target], env), scope, run))
                return self._block(statement.orelse, after, scope, run)
            case ast.While(body=body, orelse=orelse):
                return self._block(orelse, _either(env, self._block(body, env, scope, run)), scope, run)
            case ast.Match(cases=cases):
                after = None if _matches_all(cases[-1]) else env
                for case in cases:
                    after = _either(after, self._block(case.body, _captured(case.pattern, env), scope, run))
                return after
        if isinstance(statement, TRIES):
            return self._after_try(statement, env, scope, run)  # type: ignore[arg-type]
        return env

    def _after_each(self, loop: ast.For | ast.AsyncFor, env: Environment, scope: Scope, run: Run) -> Environment | None:
        """After a loop over strings written out, one by one; None for another loop, and for one that may be left."""
        match loop:
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=items) | ast.List(elts=items)):
                if len(items) > MAX_TEXTS or _holds_loop(loop.body):
                    return None
                after: Environment | None = env
                for item in items:
                    if after is not None:
                        each = {**after, name: self._evaluate(item, after, scope)}
                        after = self._block(loop.body, each, scope, run)
                return after
        return None

    def _after_if(self, statement: ast.If, env: Environment, scope: Scope, run: Run) -> Environment | None:
        """After an `if` with all its `elif`, of which there may be more than Python's stack is deep."""
        after: Environment | None = None
        while True:
            run.before[statement] = env
            taken, other = self._split(statement.test, env, scope)
            feasible = self._feasible(statement.test, env, scope)
            if feasible is not Tri.NO:
                after = _either(after, self._block(statement.body, taken, scope, run))
            if feasible is Tri.YES:
                return after
            match statement.orelse:
                case [ast.If() as following]:
                    statement, env = following, other
                case orelse:
                    return _either(after, self._block(orelse, other, scope, run))

    def _after_try(self, statement: ast.Try, env: Environment, scope: Scope, run: Run) -> Environment | None:
        tried = self._block(statement.body, env, scope, run)
        after = self._block(statement.orelse, tried, scope, run)
        for handler in statement.handlers:
            after = _either(after, self._block(handler.body, _either(env, tried), scope, run))
        ended = self._block(statement.finalbody, env if after is None else after, scope, run)
        return None if after is None else ended

    def _assigned(self, targets: list[ast.expr], value: ast.expr, env: Environment, scope: Scope) -> Environment:
        texts = self._evaluate(value, env, scope)
        for target in targets:
            key = _key(target)
            env = {**env, key: texts} if key else _forgotten([target], env)
        return env

    # -- conditions

    def _split(self, test: ast.expr, env: Environment, scope: Scope) -> tuple[Environment, Environment]:
        """The environments in which a condition holds and does not."""
        if isinstance(test, ast.NamedExpr):
            env = self._assigned([test.target], test.value, env, scope)
        return self._assume(test, env, scope, True), self._assume(test, env, scope, False)

    def _assume(self, test: ast.expr, env: Environment, scope: Scope, truth: bool) -> Environment:
        test = self._named_test(test, scope)
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._assume(operand, env, scope, not truth)
            case ast.Compare(left=left, ops=[ast.NotIn() | ast.NotEq() as op], comparators=others):
                positive = ast.Compare(left, [ast.In() if isinstance(op, ast.NotIn) else ast.Eq()], others)
                return self._assume(positive, env, scope, not truth)
            case ast.BoolOp(op=op, values=values):
                if isinstance(op, ast.And) is truth:
                    for value in values:
                        env = self._assume(value, env, scope, truth)
                return env
        tested = condition(test)
        key = None if tested is None else _key(tested.subject)
        if tested is None or key is None:
            return env
        return {**env, key: tested.narrowed(self._evaluate(tested.subject, env, scope), truth)}

    def _feasible(self, test: ast.expr, env: Environment, scope: Scope) -> Tri:
        tested = condition(self._named_test(test, scope))
        if tested is None:
            return Tri.UNKNOWN
        answers = {tested.answer(text) for text in self._evaluate(tested.subject, env, scope)}
        return answers.pop() if len(answers) == 1 else Tri.UNKNOWN

    def _named_test(self, test: ast.expr, scope: Scope) -> ast.expr:
        """The condition that a name such as `is_sqlite` stands for, or with what `backend` stands for in it."""
        named = self._assigned_once(test, scope)
        if named is not None and condition(named) is not None:
            test = named
        if isinstance(test, ast.Compare):
            match self._assigned_once(test.left, scope):
                case ast.Call(func=ast.Attribute(attr="get_backend_name" | "get_dialect")) as backend:
                    return ast.Compare(backend, test.ops, test.comparators)
        return test

    def _assigned_once(self, node: ast.expr, scope: Scope) -> ast.expr | None:
        """What the one assignment of a name gives it."""
        bindings = self.inference.find_bindings(node.id, scope) if isinstance(node, ast.Name) else []
        return bindings[0].value if len(bindings) == 1 and bindings[0].kind is Kind.ASSIGNMENT else None

    # -- expressions

    def _evaluate(self, node: ast.expr, env: Environment, scope: Scope) -> Texts:
        key = _key(node)
        if key is not None and key in env:
            return env[key]
        match node:
            case ast.Constant(value=str(text)):
                return frozenset({Text(text)})
            case ast.JoinedStr(values=values):
                return self._formatted(values, env, scope)
            case ast.BinOp(op=ast.Add()):
                return self._sum(node, env, scope)
            case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(text))):
                return frozenset({Text(text.partition("%")[0], exact=False)})
            case ast.IfExp(test=test, body=body, orelse=orelse):
                taken, other = self._split(test, env, scope)
                feasible = self._feasible(test, env, scope)
                texts: Texts = frozenset()
                if feasible is not Tri.NO:
                    texts |= self._evaluate(body, taken, scope)
                if feasible is not Tri.YES:
                    texts |= self._evaluate(orelse, other, scope)
                return limited(texts)
            case ast.BoolOp(op=ast.Or(), values=values):
                return limited(frozenset().union(*(self._evaluate(value, env, scope) for value in values)))
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self._evaluate(value, env, scope)
            case ast.Call():
                return self._called(node, env, scope)
            case ast.Name(id=name):
                return self._named(name, scope)
            case ast.Attribute(value=base, attr=name):
                return self._attribute(self.inference.value(base, scope), name)
        return UNKNOWN_TEXT

    def _sum(self, node: ast.expr, env: Environment, scope: Scope) -> Texts:
        terms: list[ast.expr] = []
        while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            terms.append(node.right)
            node = node.left
        texts = self._evaluate(node, env, scope)
        for term in reversed(terms):
            texts = joined(texts, self._evaluate(term, env, scope))
        return texts

    def _formatted(self, values: list[ast.expr], env: Environment, scope: Scope) -> Texts:
        texts: Texts = frozenset({Text("")})
        for value in values:
            inner = value.value if isinstance(value, ast.FormattedValue) else value
            plain = not isinstance(value, ast.FormattedValue) or (value.format_spec is None and value.conversion == -1)
            texts = joined(texts, self._evaluate(inner, env, scope) if plain else UNKNOWN_TEXT)
        return limited(texts)

    def _named(self, name: str, scope: Scope) -> Texts:
        bindings = self.inference.find_bindings(name, scope)
        if bindings and bindings[0].scope.owner is scope.owner:
            bindings = [binding for binding in bindings if binding.kind in (Kind.PARAMETER, Kind.IMPORT)]
        return self._bindings(bindings)

    def _bindings(self, bindings: list[Binding]) -> Texts:
        origins = list(self._origins(bindings))
        return limited(frozenset().union(*(UNKNOWN_TEXT if b is None else self._binding(b) for b in origins)))

    def _origins(self, bindings: list[Binding]) -> Iterator[Binding | None]:
        """The bindings behind those that import them; None for one that lies outside the project."""
        pending, seen = list(bindings), set(bindings)
        for binding in pending:
            if binding.kind is not Kind.IMPORT:
                yield binding
                continue
            node, alias = binding.statement, binding.node
            origin: Value | None = None
            if isinstance(node, ast.ImportFrom) and isinstance(alias, ast.alias):
                name = "." * node.level + (node.module or "")
                origin = self.inference.project.resolve_import(name, binding.scope.module)
                if isinstance(origin, Module) and alias.name in origin.scope.bindings:
                    following = [each for each in origin.scope.bindings[alias.name] if each not in seen]
                    seen.update(following)
                    pending += following
                    continue
            yield None

    def _binding(self, binding: Binding) -> Texts:
        scope = binding.scope
        if binding.kind is Kind.ASSIGNMENT and binding.value is not None and not binding.path:
            if isinstance(scope.node, ast.ClassDef):
                return self._class_default(binding)
            if isinstance(scope.node, ast.Module) and len(scope.bindings.get(binding.name, [])) > 1:
                return (self._run(scope, {}).after or {}).get(binding.name, UNKNOWN_TEXT)
            return self._at(binding.value, scope)
        if binding.kind is Kind.PARAMETER and binding.value is not None and scope.parent is not None:
            return self._at(binding.value, scope.parent) | UNKNOWN_TEXT
        return UNKNOWN_TEXT

    def _attribute(self, base: Value, name: str) -> Texts:
        found: list[Texts] = []
        for member in members(base):
            if isinstance(member, Module):
                found.append(self._bindings(member.scope.bindings.get(name, [])))
            elif isinstance(member, Class):
                found.append(self._class_text(member, name))
            elif isinstance(member, Instance) and isinstance(member.cls, Class):
                found.append(self._class_text(member.cls, name))
            else:
                return UNKNOWN_TEXT
        return limited(frozenset().union(*found)) if found else UNKNOWN_TEXT

    def _class_text(self, cls: Class, name: str) -> Texts:
        for base in self.inference.linearized(cls):
            if not isinstance(base, Class):
                continue
            if name in base.methods:
                method = base.methods[name]
                is_own = base is cls and self.inference.is_property(method)
                return self._run(method.scope, {}).returned if is_own else UNKNOWN_TEXT
            stores = base.instance_stores.get(name)
            if stores:
                return self._bindings(stores)
            if name in base.scope.bindings:
                return self._bindings(base.scope.bindings[name])
        return UNKNOWN_TEXT

    def _class_default(self, binding: Binding) -> Texts:
        value, scope = binding.value, binding.scope
        assert value is not None and isinstance(scope.node, ast.ClassDef)
        if _is_validated(binding.name, scope.node):
            return UNKNOWN_TEXT
        texts = self._field_default(value, scope)
        bases = self.inference.linearized(scope.module.class_(scope.node))
        return texts if all(isinstance(base, Class) for base in bases) else texts | UNKNOWN_TEXT

    def _field_default(self, value: ast.expr, scope: Scope) -> Texts:
        if isinstance(value, ast.Call):
            called = self.inference.value(value.func, scope)
            if isinstance(called, External) and called.name.rpartition(".")[2] in ("Field", "field"):
                for node in [*value.args[:1], *(k.value for k in value.keywords if k.arg == "default")]:
                    return self._at(node, scope)
                return UNKNOWN_TEXT
        return self._at(value, scope)

    # -- calls

    def _called(self, node: ast.Call, env: Environment, scope: Scope) -> Texts:
        if isinstance(node.func, ast.Attribute):
            on_text = self._method(node, node.func, env, scope)
            if on_text is not None:
                return on_text
        function = self.inference.value(node.func, scope)
        if isinstance(function, External):
            return self._external(function.name, node, env, scope)
        if isinstance(function, Bound):
            return self._first_party(function, node, env, scope)
        if any(instance.cls == External("starlette.config.Config") for instance in instances(function)):
            return self._or_default(node, env, scope)
        return UNKNOWN_TEXT

    def _method(self, node: ast.Call, function: ast.Attribute, env: Environment, scope: Scope) -> Texts | None:
        name, subject = function.attr, function.value
        if name == "replace" and len(node.args) >= 2:
            old, new = (self._evaluate(argument, env, scope) for argument in node.args[:2])
            return limited(replaced(self._evaluate(subject, env, scope), old, new))
        if name == "set":
            drivers = [k.value for k in node.keywords if k.arg == "drivername"]
            texts = self._evaluate(subject, env, scope)
            return with_driver(texts, self._evaluate(drivers[0], env, scope)) if drivers else texts
        if name in ("create", "build"):
            schemes = [k.value for k in node.keywords if k.arg in ("drivername", "scheme")] or node.args[:1]
            if schemes and isinstance(self.inference.value(subject, scope), External):
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                rest: Texts = frozenset({Text("://", exact=False)})
                if "database" in given and not given.keys() & {"host", "username"}:
                    rest = joined(frozenset({Text(":///")}), self._evaluate(given["database"], env, scope))
                return joined(self._evaluate(schemes[0], env, scope), rest)
        if name == "strip" and not node.args:
            texts = self._evaluate(subject, env, scope)
            return frozenset(replace(t, prefix=t.prefix.strip() if t.exact else t.prefix.lstrip()) for t in texts)
        if name in _SAME_TEXT:
            return self._evaluate(subject, env, scope)
        if name == "format":
            return frozenset(
                replace(text, prefix=text.prefix.partition("{")[0], exact=False)
                for text in self._evaluate(subject, env, scope)
            )
        return None

    def _external(self, name: str, node: ast.Call, env: Environment, scope: Scope) -> Texts:
        if name in _DEFAULT_CALLS:
            return self._or_default(node, env, scope)
        last = name.rpartition(".")[2]
        if node.args and (
            name in _SAME_TEXT_CALLS or last in ("URL", "DatabaseURL", "SecretStr") or last.endswith("Dsn")
        ):
            return self._evaluate(node.args[0], env, scope)
        return UNKNOWN_TEXT

    def _or_default(self, node: ast.Call, env: Environment, scope: Scope) -> Texts:
        defaults = node.args[1:2] or [k.value for k in node.keywords if k.arg == "default"]
        return (self._evaluate(defaults[0], env, scope) | UNKNOWN_TEXT) if defaults else UNKNOWN_TEXT

    def _first_party(self, called: Bound, node: ast.Call, env: Environment, scope: Scope) -> Texts:
        function = called.function
        if function.is_generator:
            return UNKNOWN_TEXT
        positional = [p.name for p in function.parameters]
        if called.receiver is not None and positional:
            positional = positional[1:]
        given: Environment = {
            parameter.name: self._at(parameter.value, function.outer)
            for parameter in function.parameters
            if parameter.value is not None
        }
        for name, argument in zip(positional, node.args, strict=False):
            given[name] = self._evaluate(argument, env, scope)
        for keyword in node.keywords:
            if keyword.arg is not None:
                given[keyword.arg] = self._evaluate(keyword.value, env, scope)
        return self._run(function.scope, given).returned


def _holds_loop(body: list[ast.stmt]) -> bool:
    return any(isinstance(node, ast.For | ast.AsyncFor | ast.While) for part in body for node in ast.walk(part))


def _key(node: ast.expr) -> str | None:
    """A name for what a plain name or dotted name refers to."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def _matches_all(case: ast.match_case) -> bool:
    """Whether nothing gets past an arm of a `match`."""
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None


def _captured(pattern: ast.pattern, env: Environment) -> Environment:
    """The environment in an arm of a `match`, without knowledge of the names that its pattern binds."""
    names = [node.name for node in ast.walk(pattern) if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name]
    return {**env, **dict.fromkeys(names, UNKNOWN_TEXT)}


def _is_validated(name: str, cls: ast.ClassDef) -> bool:
    """Whether a pydantic validator of the class may change a field."""
    calls = [
        decorator
        for node in cls.body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and "validator" in ast.unparse(decorator.func)
    ]
    texts = [a.value for call in calls for a in call.args if isinstance(a, ast.Constant)]
    return name in texts or "*" in texts or any("model" in ast.unparse(call.func) for call in calls)


def _forgotten(targets: list[ast.expr], env: Environment) -> Environment:
    """The environment without knowledge of the names in assignment targets."""
    names = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return {**env, **dict.fromkeys(names, UNKNOWN_TEXT)}


def _either(left: Environment | None, right: Environment | None) -> Environment | None:
    """What is known where two ways meet."""
    if left is None or right is None:
        return right if left is None else left
    names = {**left, **right}
    return {name: limited(left.get(name, UNKNOWN_TEXT) | right.get(name, UNKNOWN_TEXT)) for name in names}
