"""What is known of a string before the program runs: how it begins, on every path that reaches a place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from flake8_asyncdb.model.inference import Inference
from flake8_asyncdb.model.project import Class, Function, Module
from flake8_asyncdb.model.scopes import Binding, Kind, Scope
from flake8_asyncdb.model.values import Bound, External, Instance, Tri, Value, instances, members

MAX_CALLS = 6
MAX_TEXTS = 12


@dataclass(frozen=True, slots=True)
class Text:
    """A string that begins with `prefix` and, if `exact`, ends there."""

    prefix: str
    exact: bool = True

    def __add__(self, other: Text) -> Text:
        return Text(self.prefix + other.prefix, other.exact) if self.exact else self

    def starts_with(self, start: str) -> Tri:
        """Whether it surely begins with `start`, surely does not, or may."""
        if self.prefix.startswith(start):
            return Tri.YES
        return Tri.UNKNOWN if not self.exact and start.startswith(self.prefix) else Tri.NO

    def contains(self, part: str) -> Tri:
        """Whether `part` surely occurs in it."""
        if part in self.prefix:
            return Tri.YES
        return Tri.NO if self.exact else Tri.UNKNOWN


ANY = Text("", exact=False)
Texts = frozenset[Text]
UNKNOWN_TEXT: Texts = frozenset({ANY})
Environment = dict[str, Texts]
_SAME_TEXT = frozenset(
    """strip rstrip lstrip render_as_string unicode_string get_secret_value encoded_string
    update_query_dict update_query_string human_repr""".split()
)
_SAME_TEXT_CALLS = frozenset({"builtins.str", "sqlalchemy.make_url", "sqlalchemy.engine.make_url", "pathlib.Path"})
_ENVIRONMENT_CALLS = frozenset({"os.getenv", "os.environ.get", "os.environ.setdefault"})


class TextEvaluator:
    """Follows strings through assignments, branches, replacements and first-party functions."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._depth = 0

    def at(self, expression: ast.expr, scope: Scope) -> Texts:
        """What `expression` can be at the place where it stands."""
        return self._limit(self._evaluate(expression, self._environment_at(expression, scope), scope))

    # -- statements

    def _environment_at(self, node: ast.AST, scope: Scope) -> Environment:
        index = scope.module.index
        chain: list[ast.AST] = []
        current: ast.AST | None = node
        top = scope.owner.node
        while current is not None and current is not top:
            chain.append(current)
            current = index.parents.get(current)
        body = getattr(top, "body", [])
        if not isinstance(body, list):
            return {}
        reached = self._run_to(body, {}, scope.owner, chain) or {}
        for inner, outer in reversed(list(pairwise(chain))):
            if isinstance(outer, ast.IfExp) and inner is not outer.test:
                reached = self._assume(outer.test, reached, scope, inner is outer.body)
        return reached

    def _run_to(self, body: list[ast.stmt], env: Environment, scope: Scope, chain: list[ast.AST]) -> Environment | None:
        """The environment before the statement of `body` that holds the node at the start of `chain`."""
        current: Environment | None = env
        for statement in body:
            if current is None:
                return None
            if statement not in chain:
                current = self._run(statement, current, scope)
                continue
            if isinstance(statement, ast.If):
                taken, other = self._split(statement.test, current, scope)
                if any(child in chain for child in statement.body):
                    return self._run_to(statement.body, taken, scope, chain)
                if any(child in chain for child in statement.orelse):
                    return self._run_to(statement.orelse, other, scope, chain)
                return current
            if isinstance(statement, ast.With | ast.AsyncWith):
                current = _forgotten([i.optional_vars for i in statement.items if i.optional_vars is not None], current)
            elif isinstance(statement, ast.For | ast.AsyncFor):
                current = _forgotten([statement.target], current)
            for block in _blocks(statement):
                if any(child in chain for child in block):
                    return self._run_to(block, current, scope, chain)
            return current
        return current

    def _run(self, statement: ast.stmt, env: Environment, scope: Scope) -> Environment | None:
        """The environment after a statement; None when it leaves the block."""
        match statement:
            case ast.Assign(targets=targets, value=value):
                return self._assigned(targets, value, env, scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return self._assigned([target], value, env, scope)
            case ast.AugAssign(target=target, op=ast.Add(), value=value):
                key = _key(target)
                if key:
                    old = self._evaluate(target, env, scope)
                    return {**env, key: _concat(old, self._evaluate(value, env, scope))}
            case ast.If(test=test, body=body, orelse=orelse):
                taken, other = self._split(test, env, scope)
                feasible = self._feasible(test, env, scope)
                after_taken = self._run_block(body, taken, scope) if feasible is not Tri.NO else None
                after_other = self._run_block(orelse, other, scope) if feasible is not Tri.YES else None
                return _join(after_taken, after_other)
            case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
                return None
            case ast.Try(body=body, orelse=orelse, finalbody=finalbody):
                after = self._run_block([*body, *orelse], env, scope)
                for handler in statement.handlers:
                    after = _join(after, self._run_block(handler.body, env, scope))
                return after if after is None else self._run_block(finalbody, after, scope)
            case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
                names = [item.optional_vars for item in items if item.optional_vars is not None]
                return self._run_block(body, _forgotten(names, env), scope)
            case ast.For(target=target, body=body) | ast.AsyncFor(target=target, body=body):
                return _join(env, self._run_block(body, _forgotten([target], env), scope))
            case ast.While(body=body):
                return _join(env, self._run_block(body, env, scope))
            case ast.Match(cases=cases):
                after = env
                for case in cases:
                    after = _join(after, self._run_block(case.body, env, scope)) or env
                return after
        return env

    def _assigned(self, targets: list[ast.expr], value: ast.expr, env: Environment, scope: Scope) -> Environment:
        texts = self._evaluate(value, env, scope)
        for target in targets:
            key = _key(target)
            env = {**env, key: texts} if key else _forgotten([target], env)
        return env

    def _run_block(self, body: list[ast.stmt], env: Environment, scope: Scope) -> Environment | None:
        current: Environment | None = env
        for statement in body:
            if current is None:
                return None
            current = self._run(statement, current, scope)
        return current

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
        condition = _condition(test)
        if condition is None:
            return env
        subject, wanted, how = condition
        key = _key(subject)
        if key is None:
            return env
        texts = self._evaluate(subject, env, scope)
        return {**env, key: frozenset(_narrowed(texts, wanted, how, truth))}

    def _feasible(self, test: ast.expr, env: Environment, scope: Scope) -> Tri:
        condition = _condition(self._named_test(test, scope))
        if condition is None:
            return Tri.UNKNOWN
        subject, wanted, how = condition
        texts = self._evaluate(subject, env, scope)
        answers = {_answer(text, wanted, how) for text in texts}
        return answers.pop() if len(answers) == 1 else Tri.UNKNOWN

    def _named_test(self, test: ast.expr, scope: Scope) -> ast.expr:
        """The condition behind a name such as `is_sqlite`, where one assignment says it."""
        if isinstance(test, ast.Name):
            bindings = self.inference.find_bindings(test.id, scope)
            if len(bindings) == 1 and bindings[0].kind is Kind.ASSIGNMENT and bindings[0].value is not None:
                if _condition(bindings[0].value) is not None:
                    return bindings[0].value
        return test

    # -- expressions

    def _evaluate(self, node: ast.expr, env: Environment, scope: Scope) -> Texts:
        key = _key(node)
        if key is not None and key in env:
            return env[key]
        match node:
            case ast.Constant(value=str(text)):
                return frozenset({Text(text)})
            case ast.JoinedStr(values=values):
                return self._joined(values, env, scope)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return _concat(self._evaluate(left, env, scope), self._evaluate(right, env, scope))
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
                return self._limit(texts)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._limit(frozenset().union(*(self._evaluate(value, env, scope) for value in values)))
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self._evaluate(value, env, scope)
            case ast.Call():
                return self._called(node, env, scope)
            case ast.Name(id=name):
                return self._named(name, scope)
            case ast.Attribute(value=base, attr=name):
                return self._attribute(self.inference.value(base, scope), name)
        return UNKNOWN_TEXT

    def _joined(self, values: list[ast.expr], env: Environment, scope: Scope) -> Texts:
        texts: Texts = frozenset({Text("")})
        for value in values:
            inner = value.value if isinstance(value, ast.FormattedValue) else value
            plain = not isinstance(value, ast.FormattedValue) or (value.format_spec is None and value.conversion == -1)
            texts = _concat(texts, self._evaluate(inner, env, scope) if plain else UNKNOWN_TEXT)
        return self._limit(texts)

    def _named(self, name: str, scope: Scope) -> Texts:
        bindings = self.inference.find_bindings(name, scope)
        if bindings and bindings[0].scope.owner is scope.owner:
            bindings = [binding for binding in bindings if binding.kind in (Kind.PARAMETER, Kind.IMPORT)]
        return self._bindings(bindings)

    def _bindings(self, bindings: list[Binding]) -> Texts:
        if not bindings or self._depth >= MAX_CALLS:
            return UNKNOWN_TEXT
        self._depth += 1
        try:
            return self._limit(frozenset().union(*(self._binding(binding) for binding in bindings)))
        finally:
            self._depth -= 1

    def _binding(self, binding: Binding) -> Texts:
        scope = binding.scope
        if binding.kind is Kind.ASSIGNMENT and binding.value is not None and not binding.path:
            if isinstance(scope.node, ast.ClassDef):
                return self._class_default(binding)
            if isinstance(scope.node, ast.Module) and len(scope.bindings.get(binding.name, [])) > 1:
                return self._at_end(binding.name, scope)
            return self.at(binding.value, scope)
        if binding.kind is Kind.PARAMETER and binding.value is not None and scope.parent is not None:
            return self.at(binding.value, scope.parent) | UNKNOWN_TEXT
        if binding.kind is Kind.IMPORT:
            return self._imported(binding)
        return UNKNOWN_TEXT

    def _at_end(self, name: str, scope: Scope) -> Texts:
        """What a module-level name is once the module has run."""
        body = getattr(scope.node, "body", [])
        env = self._run_block(body, {}, scope) or {}
        return env.get(name, UNKNOWN_TEXT)

    def _imported(self, binding: Binding) -> Texts:
        node, alias = binding.statement, binding.node
        if not isinstance(node, ast.ImportFrom) or not isinstance(alias, ast.alias):
            return UNKNOWN_TEXT
        origin = self.inference.project.resolve_import("." * node.level + (node.module or ""), binding.scope.module)
        return self._attribute(origin, alias.name) if isinstance(origin, Module) else UNKNOWN_TEXT

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
        return self._limit(frozenset().union(*found)) if found else UNKNOWN_TEXT

    def _class_text(self, cls: Class, name: str) -> Texts:
        for base in self.inference.linearized(cls):
            if not isinstance(base, Class):
                continue
            if name in base.methods:
                method = base.methods[name]
                is_own = base is cls and self.inference.is_property(method)
                return self._returned(method, {}) if is_own else UNKNOWN_TEXT
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
                    return self.at(node, scope)
                return UNKNOWN_TEXT
        return self.at(value, scope)

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
            return self._limit(_replaced(self._evaluate(subject, env, scope), old, new))
        if name == "set":
            drivers = [k.value for k in node.keywords if k.arg == "drivername"]
            texts = self._evaluate(subject, env, scope)
            return _with_driver(texts, self._evaluate(drivers[0], env, scope)) if drivers else texts
        if name in ("create", "build"):
            schemes = [k.value for k in node.keywords if k.arg in ("drivername", "scheme")] or node.args[:1]
            if schemes and isinstance(self.inference.value(subject, scope), External):
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                rest: Texts = frozenset({Text("://", exact=False)})
                if "database" in given and not given.keys() & {"host", "username"}:
                    rest = _concat(frozenset({Text(":///")}), self._evaluate(given["database"], env, scope))
                return _concat(self._evaluate(schemes[0], env, scope), rest)
        if name == "strip" and not node.args:
            texts = self._evaluate(subject, env, scope)
            return frozenset(Text(t.prefix.strip() if t.exact else t.prefix.lstrip(), t.exact) for t in texts)
        if name in _SAME_TEXT:
            return self._evaluate(subject, env, scope)
        if name == "format":
            return frozenset(
                Text(text.prefix.partition("{")[0], exact=False) for text in self._evaluate(subject, env, scope)
            )
        return None

    def _external(self, name: str, node: ast.Call, env: Environment, scope: Scope) -> Texts:
        if name in _ENVIRONMENT_CALLS:
            return self._or_default(node, env, scope)
        if name in ("decouple.config", "environs.Env.str"):
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
        positional = [p.name for p in function.parameters]
        if called.receiver is not None and positional:
            positional = positional[1:]
        given: Environment = {
            parameter.name: self.at(parameter.value, function.outer)
            for parameter in function.parameters
            if parameter.value is not None
        }
        for name, argument in zip(positional, node.args, strict=False):
            given[name] = self._evaluate(argument, env, scope)
        for keyword in node.keywords:
            if keyword.arg is not None:
                given[keyword.arg] = self._evaluate(keyword.value, env, scope)
        return self._returned(function, given)

    def _returned(self, function: Function, given: Environment) -> Texts:
        """What a function returns for these arguments."""
        if self._depth >= MAX_CALLS or function.is_generator:
            return UNKNOWN_TEXT
        self._depth += 1
        try:
            found: list[Texts] = []
            for node in function.scope.returns:
                if node.value is None:
                    continue
                chain = list(_upwards(node, function))
                env = self._run_to(function.node.body, given, function.scope, chain)
                if env is not None and all(env.get(name, UNKNOWN_TEXT) for name in given):
                    found.append(self._evaluate(node.value, env, function.scope))
            return self._limit(frozenset().union(*found)) if found else UNKNOWN_TEXT
        finally:
            self._depth -= 1

    @staticmethod
    def _limit(texts: Texts) -> Texts:
        return texts if 0 < len(texts) <= MAX_TEXTS else UNKNOWN_TEXT


def _upwards(node: ast.AST, function: Function) -> Iterator[ast.AST]:
    current: ast.AST | None = node
    while current is not None and current is not function.node:
        yield current
        current = function.module.index.parents.get(current)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body
    for case in getattr(statement, "cases", []):
        yield case.body


def _key(node: ast.expr) -> str | None:
    """A name for what a plain name or dotted name refers to."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


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


def _concat(left: Texts, right: Texts) -> Texts:
    return frozenset(a + b for a in left for b in right)


def _join(left: Environment | None, right: Environment | None) -> Environment | None:
    if left is None or right is None:
        return right if left is None else left
    joined = {name: left[name] | right[name] for name in left.keys() & right.keys()}
    for name in left.keys() ^ right.keys():
        joined[name] = left.get(name, right.get(name, UNKNOWN_TEXT)) | UNKNOWN_TEXT
    return joined


def _condition(test: ast.expr) -> tuple[ast.expr, tuple[str, ...], str] | None:
    """The subject, the texts and the kind of a test such as `url.startswith("sqlite")`."""
    match test:
        case ast.Call(func=ast.Attribute(value=subject, attr="startswith"), args=[argument]):
            wanted = _strings(argument)
            return (_unwrapped(subject), wanted, "start") if wanted else None
        case ast.Compare(left=ast.Constant(value=str(text)), ops=[ast.In()], comparators=[subject]):
            return _unwrapped(subject), (text,), "part"
        case ast.Compare(left=subject, ops=[ast.Eq()], comparators=[ast.Constant(value=str(text))]):
            if isinstance(subject, ast.Call) and isinstance(subject.func, ast.Attribute):
                if subject.func.attr in ("get_backend_name", "get_dialect"):
                    return _unwrapped(subject.func.value), (text,), "start"
            if isinstance(subject, ast.Attribute) and subject.attr in ("drivername", "scheme"):
                return _unwrapped(subject.value), (f"{text}:",), "start"
            return _unwrapped(subject), (text,), "equal"
    return None


def _unwrapped(subject: ast.expr) -> ast.expr:
    """The URL in `str(url)`, `url.lower()` or `make_url(url)`."""
    match subject:
        case ast.Call(func=ast.Name(id="str" | "make_url"), args=[inner]):
            return _unwrapped(inner)
        case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "strip" | "get_secret_value")):
            return _unwrapped(inner)
    return subject


def _strings(node: ast.expr) -> tuple[str, ...]:
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    found = tuple(n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return found if len(found) == len(nodes) else ()


def _answer(text: Text, wanted: tuple[str, ...], how: str) -> Tri:
    if how == "start":
        answers = {text.starts_with(start) for start in wanted}
    elif how == "part":
        answers = {text.contains(part) for part in wanted}
    else:
        answers = {Tri.YES if text.exact and text.prefix == w else text.starts_with(w) for w in wanted}
        answers = {Tri.UNKNOWN if a is Tri.YES and not text.exact else a for a in answers}
    if Tri.YES in answers:
        return Tri.YES
    return Tri.NO if answers == {Tri.NO} else Tri.UNKNOWN


def _narrowed(texts: Texts, wanted: tuple[str, ...], how: str, truth: bool) -> Iterator[Text]:
    for text in texts:
        answer = _answer(text, wanted, how)
        if answer is Tri.UNKNOWN:
            if truth and (how != "part" or not text.prefix):
                yield from (Text(each, exact=how == "equal") for each in wanted)
            else:
                yield text
        elif (answer is Tri.YES) is truth:
            yield text


def _replaced(texts: Texts, old: Texts, new: Texts) -> Texts:
    if len(old) != 1 or len(new) != 1:
        return UNKNOWN_TEXT
    (before,), (after,) = old, new
    if not before.exact:
        return UNKNOWN_TEXT
    found = set()
    for text in texts:
        if not before.prefix or before.prefix not in text.prefix:
            found.add(text if text.exact or text.prefix else ANY)
        elif after.exact:
            found.add(Text(text.prefix.replace(before.prefix, after.prefix), text.exact))
        else:
            head = text.prefix.partition(before.prefix)[0]
            found.add(Text(head + after.prefix, exact=False))
    return frozenset(found)


def _with_driver(texts: Texts, drivers: Texts) -> Texts:
    found = set()
    for text in texts:
        _, separator, rest = text.prefix.partition("://")
        for driver in drivers:
            if driver.exact:
                tail = Text(rest, text.exact) if separator else ANY
                found.add(Text(f"{driver.prefix}://") + tail)
            else:
                found.add(ANY)
    return frozenset(found)
