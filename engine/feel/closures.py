"""Turns a tree into closures: compiled at once, complete, and able to explain every null. See ``codegen`` for speed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from typing import Any

from engine.feel import tree as t
from engine.feel.builtins import REGISTRY
from engine.feel.calls import Machine
from engine.feel.compare import COMPARE, any_of, both, greater_equal, less_equal, matches, reason
from engine.feel.conform import instance_of
from engine.feel.faults import Unfit
from engine.feel.ops import ARITHMETIC, MISSING, negate, path
from engine.feel.temporal import parse_any
from engine.feel.values import Entries, Function, Range, adopt, kind_of

Code = Callable[["Env"], Any]


class Env:
    """One level of names; ``up`` is the level around it."""

    __slots__ = ("raw", "run", "up", "vars")

    def __init__(self, names: Mapping[str, Any], up: Env | None, run: Machine, raw: bool = False) -> None:
        self.raw = raw  # the names are the host's, to be taken in when they are read
        self.vars = names
        self.up = up
        self.run = run

    def find(self, name: str) -> Any:
        """The value of a name, innermost first; MISSING if nobody knows it."""
        here: Env | None = self
        while here is not None:
            value = here.vars.get(name, MISSING)
            if value is not MISSING:
                return adopt(value) if here.raw else value
            here = here.up
        return MISSING


def build(node: t.Node) -> Code:
    """The closure of a node."""
    return _BUILDERS[type(node)](node)


def _literal(node: t.Literal) -> Code:
    value = node.value
    return lambda env: value


def _at(node: t.At) -> Code:
    try:
        value: Any = parse_any(node.text)
    except Unfit as error:
        why, pos = error.reason, node.pos

        def wrong(env: Env) -> None:
            env.run.note(pos, why)

        return wrong
    return lambda env: value


def _name(node: t.Name) -> Code:
    name, pos = node.name, node.pos
    fallback = REGISTRY.get(name)
    growing = name == "partial"

    def find(env: Env) -> Any:
        value = env.find(name)
        if value is not MISSING:
            if growing and type(value) is list:  # the list a loop is still filling: a copy of it so far
                env.run.made(value)
                return value[:]
            return value
        if fallback is None:
            env.run.note(pos, f"there is no '{name}' here")
        return fallback

    return find


def _neg(node: t.Neg) -> Code:
    inner, pos = build(node.operand), node.pos

    def run(env: Env) -> Any:
        value = inner(env)
        out = negate(value)
        if out is None:
            env.run.note(pos, f"'-' needs a number or a duration, not {kind_of(value)}")
        return out

    return run


def _chain(node: t.Chain) -> Code:
    first = build(node.first)
    rest = tuple((op, ARITHMETIC[op], build(part), part.pos) for op, part in node.rest)

    def run(env: Env) -> Any:
        left = first(env)
        for op, function, part, pos in rest:
            right = part(env)
            try:
                out = function(left, right)
                why = ""
            except Unfit as error:
                out, why = None, error.reason
            except DecimalException:
                out, why = None, "the number is out of range"
            if type(out) is str:
                env.run.made(out)
            elif out is None and env.run.notes is not None:
                env.run.note(pos, f"'{op}': {why or f'{kind_of(left)} and {kind_of(right)} do not fit'}")
            left = out
        return left

    return run


def _compare(node: t.Compare) -> Code:
    left, right, op, pos = build(node.left), build(node.right), node.op, node.pos
    function = COMPARE[op]

    def run(env: Env) -> Any:
        one, other = left(env), right(env)
        env.run.read(one)
        out = function(one, other)
        if out is None and env.run.notes is not None:
            env.run.note(pos, reason(op, one, other))
        return out

    return run


def _logic(node: t.Logic) -> Code:
    items = tuple((build(item), item.pos) for item in node.items)
    decisive = node.op == "or"
    op = node.op

    def run(env: Env) -> Any:
        out: bool | None = not decisive
        for item, pos in items:
            value = item(env)
            if value is decisive:
                return decisive
            if type(value) is not bool:
                out = None
                if env.run.notes is not None:
                    env.run.note(pos, f"'{op}' needs true or false, not {kind_of(value)}")
        return out

    return run


def _between(node: t.Between) -> Code:
    value, low, high, pos = build(node.value), build(node.low), build(node.high), node.pos

    def run(env: Env) -> Any:
        here, least, most = value(env), low(env), high(env)
        out = both(greater_equal(here, least), less_equal(here, most))
        if out is None and env.run.notes is not None:
            env.run.note(pos, f"'between' cannot compare {kind_of(here)} with {kind_of(least)} and {kind_of(most)}")
        return out

    return run


def _interval(node: t.Interval) -> Code:
    low, high, low_in, high_in, pos = build(node.low), build(node.high), node.low_in, node.high_in, node.pos

    def run(env: Env) -> Any:
        least, most = low(env), high(env)
        if least is None or most is None or less_equal(least, most) is not True:
            env.run.note(pos, f"a range from {kind_of(least)} to {kind_of(most)} cannot be made")
            return None
        return Range(least, most, low_in, high_in)

    return run


_ONE_END = {"<": (False, False), "<=": (False, True), ">": (False, False), ">=": (True, False)}


def _test(node: t.Test) -> Code:
    """A test on its own is a range with one end (``(< 5)``), or the value it equals."""
    inner, op, pos = build(node.operand), node.op, node.pos

    def run(env: Env) -> Any:
        value = inner(env)
        if value is None or op == "!=":
            env.run.note(pos, f"'{op}' alone is not a value")
            return None
        if op == "=":
            return Range(value, value, True, True)
        low_in, high_in = _ONE_END[op]
        return Range(None, value, low_in, high_in) if op[0] == "<" else Range(value, None, low_in, high_in)

    return run


Tester = Callable[["Env", Any], "bool | None"]


def build_test(node: t.Node) -> Tester:
    """A unary test as a function of the scope and the value tested."""
    if isinstance(node, t.Test):
        return _operator_test(node)
    if isinstance(node, t.Interval):
        return _interval_test(node)
    inner = build(node)
    asks = any(isinstance(part, t.Name) and part.name == "?" for part in t.walk(node))
    boolean = isinstance(node, t.Compare | t.Logic | t.Between | t.In | t.Quantified | t.InstanceOf)
    literal_null = isinstance(node, t.Literal) and node.value is None

    def run(env: Env, value: Any) -> bool | None:
        test = inner(Env({"?": value}, env, env.run))
        if asks:
            if type(test) is bool:
                return test
            if test is None:
                return None
        if test is None and not literal_null:
            return value is None or None
        if type(test) is bool and (boolean or type(value) is not bool):
            return test if boolean else (False if value is None else test or None)
        env.run.read(test)
        return matches(value, test)

    return run


def _interval_test(node: t.Interval) -> Tester:
    """``value in [low..high]`` is ``value >= low and value <= high``, whatever the ends are (10.3.2.13)."""
    low, high, pos = build(node.low), build(node.high), node.pos
    above, below = COMPARE[">=" if node.low_in else ">"], COMPARE["<=" if node.high_in else "<"]

    def run(env: Env, value: Any) -> bool | None:
        inner = Env({"?": value}, env, env.run)
        least, most = low(inner), high(inner)
        if type(value) is Range and least is not None and most is not None:
            return matches(value, Range(least, most, node.low_in, node.high_in))
        out = both(above(value, least), below(value, most))
        if out is None and env.run.notes is not None:
            env.run.note(pos, f"whether a {kind_of(value)} lies from {kind_of(least)} to {kind_of(most)} is not known")
        return out

    return run


def _operator_test(node: t.Test) -> Tester:
    inner, op, pos = build(node.operand), node.op, node.pos
    function = COMPARE[op]

    def run(env: Env, value: Any) -> bool | None:
        other = inner(Env({"?": value}, env, env.run))
        env.run.read(other)
        out = function(value, other)
        if out is None and env.run.notes is not None:
            env.run.note(pos, reason(op, value, other))
        return out

    return run


def _in(node: t.In) -> Code:
    inner, pos = build(node.value), node.pos
    tests = tuple(build_test(test) for test in node.tests)

    def run(env: Env) -> Any:
        value = inner(env)
        out = tests[0](env, value) if len(tests) == 1 else any_of(test(env, value) for test in tests)
        if out is None and env.run.notes is not None:
            env.run.note(pos, f"'in': whether the {kind_of(value)} fits cannot be said")
        return out

    return run


def _if(node: t.If) -> Code:
    branches = tuple((build(test), build(then)) for test, then in node.branches)
    other = build(node.other)

    def run(env: Env) -> Any:
        for test, then in branches:
            if test(env) is True:
                return then(env)
        return other(env)

    return run


def _list(node: t.ListOf) -> Code:
    items = tuple(build(item) for item in node.items)
    if len(items) < 8:
        return lambda env: [item(env) for item in items]

    def run(env: Env) -> Any:
        out = [item(env) for item in items]
        env.run.made(out)
        return out

    return run


def _context(node: t.Context) -> Code:
    entries = tuple((key, build(value)) for key, value in node.entries)
    twice = len({key for key, _ in entries}) < len(entries)
    pos = node.pos

    def run(env: Env) -> Any:
        out = Entries()
        if twice:
            env.run.note(pos, "a key is given twice")
            return None
        inner = Env(out, env, env.run)
        for key, value in entries:
            out[key] = value(inner)
        env.run.step(len(entries) >> 2)
        return out

    return run


def _path(node: t.Path) -> Code:
    source, name, pos = build(node.source), node.name, node.pos

    def run(env: Env) -> Any:
        value = source(env)
        out = path(value, name)
        if out is MISSING:
            env.run.note(pos, f"a {kind_of(value)} has no '{name}'")
            return None
        if type(value) is list:
            env.run.made(out)
        return out

    return run


def _instance(node: t.InstanceOf) -> Code:
    inner, kind, pos = build(node.value), node.type, node.pos

    def run(env: Env) -> Any:
        value = inner(env)
        env.run.read(value)
        out = instance_of(value, kind)
        if out is None:
            env.run.note(pos, f"there is no type '{kind}'")
        return out

    return run


def _call(node: t.Call) -> Code:
    function = _callee(node)
    args = tuple(build(arg) for arg in node.args)
    names, pos = node.names, node.pos
    label = node.function.name if isinstance(node.function, t.Name) else "the function"

    def run(env: Env) -> Any:
        target = function(env)
        values = [arg(env) for arg in args]
        try:
            return env.run.call(target, values, names)
        except Unfit as error:
            env.run.note(pos, f"{label}: {error.reason}" if target is not None else f"there is no function '{label}'")
            return None

    return run


def _callee(call: t.Call) -> Code:
    """What is called: a variable that is no function does not hide a built-in of its name."""
    node = call.function
    if not isinstance(node, t.Name) or node.name not in REGISTRY:
        return build(node)
    name, fallback = node.name, REGISTRY[node.name]
    if call.builtin:
        return lambda env: fallback

    def find(env: Env) -> Any:
        value = env.find(name)
        return value if type(value) is Function else fallback

    return find


def _unary_tests(node: t.UnaryTests) -> Code:
    """Takes the tested value from the scope's ``?``."""
    tests = tuple(build_test(test) for test in node.tests)
    negated = node.negated

    def run(env: Env) -> Any:
        value = env.find("?")
        if value is MISSING:
            value = None
        if not tests:
            return True
        out = tests[0](env, value) if len(tests) == 1 else any_of(test(env, value) for test in tests)
        return out if not negated or out is None else not out

    return run


_BUILDERS: dict[type, Callable[[Any], Code]] = {
    t.Literal: _literal,
    t.At: _at,
    t.Name: _name,
    t.Neg: _neg,
    t.Chain: _chain,
    t.Compare: _compare,
    t.Logic: _logic,
    t.Between: _between,
    t.Interval: _interval,
    t.Test: _test,
    t.In: _in,
    t.If: _if,
    t.ListOf: _list,
    t.Context: _context,
    t.Path: _path,
    t.InstanceOf: _instance,
    t.Call: _call,
    t.UnaryTests: _unary_tests,
}


def register(kind: type, builder: Callable[[Any], Code]) -> None:
    """Add a builder: ``loops`` does for what binds names."""
    _BUILDERS[kind] = builder


__all__ = ["Code", "Decimal", "Env", "build", "build_test", "register"]
