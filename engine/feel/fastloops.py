"""Rules of the generator for what binds names (for, some, every, filters) and for tests (in, unary tests)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import tree as t
from engine.feel.codegen import Generator, assemble, compare, inside, rule
from engine.feel.emit import Scope, Unsupported, Val

MAX_LOOPS = 12  # Python's own limit of nested blocks is 20


def _source(g: Generator, node: t.Node) -> str:
    """The code of what a loop goes through; a short span of numbers in the text is a constant."""
    if not isinstance(node, t.Span):
        return f"domain({g.value(node).code}, m)"
    low, high = _whole(node.low), _whole(node.high)
    if low is not None and high is not None and abs(high - low) <= 64:
        step = 1 if low <= high else -1
        return g.const(tuple(map(Decimal, range(low, high + step, step)))).code
    return f"span({g.value(node.low).code}, {g.value(node.high).code}, m)"


def _loop(g: Generator, iterators: tuple[tuple[str, t.Node], ...], at: int, body: Callable[[], None]) -> None:
    """Nested ``for`` lines for the iterators, then the body."""
    if at == len(iterators):
        body()
        return
    name, node = iterators[at]
    g.machine = True
    source = _source(g, node)
    g.loops += 1
    if g.loops > MAX_LOOPS:
        raise Unsupported
    temp = g.fresh()
    outer = g.scope
    with g.block(f"for {temp} in {source}:"):
        _count(g)
        g.scope = Scope(outer, {name: Val(temp, simple=True)})
        _loop(g, iterators, at + 1, body)
    g.scope = outer
    g.loops -= 1


def _count(g: Generator) -> None:
    """One step of the bounds."""
    g.line("m.left -= 1")
    g.line("if m.left < 0: m.refill()")


def _for(g: Generator, node: t.For) -> Val:
    out = g.fresh()
    g.line(f"{out} = []")
    outer = g.scope
    g.scope = Scope(outer, {"partial": Val(f"m.copied({out})")})

    def body() -> None:
        value = g.native(g.gen(node.body))
        g.line(f"{out}.append({value.code})")

    _loop(g, node.iterators, 0, body)
    g.scope = outer
    return Val(out, simple=True)


def _quantified(g: Generator, node: t.Quantified) -> Val:
    """Stops by an exception-free trick: a flag that each level of the loop looks at."""
    out = g.fresh()
    decisive = "True" if node.kind == "some" else "False"
    g.line(f"{out} = {'False' if node.kind == 'some' else 'True'}")
    if len(node.iterators) != 1:
        raise Unsupported

    def body() -> None:
        value = g.atom(g.gen(node.body))
        with g.block(f"if {value.code} is {decisive}:"):
            g.line(f"{out} = {decisive}")
            g.line("break")
        with g.block(f"if type({value.code}) is not Bool:"):
            g.line(f"{out} = None")

    _loop(g, node.iterators, 0, body)
    return Val(out, "bool", simple=True)


def _whole(node: t.Node) -> int | None:
    """A whole number written in the text."""
    if isinstance(node, t.Neg):
        inner = _whole(node.operand)
        return None if inner is None else -inner
    if isinstance(node, t.Literal) and type(node.value) is Decimal and abs(node.value) < 10**9:
        return int(node.value) if node.value == int(node.value) else None
    return None


def _filter(g: Generator, node: t.Filter) -> Val:
    source = g.value(node.source)
    index = _whole(node.condition)
    if index is not None:
        return Val(f"pick({source.code}, {index})")
    g.loops += 1
    if g.loops > MAX_LOOPS:
        raise Unsupported
    g.machine = True
    items, item, names, out = g.fresh(), g.fresh(), g.fresh(), g.fresh()
    g.line(f"{items} = listed({source.code})")
    g.line(f"if not {items}: raise Slow")  # an empty list: the closures know whether a position was meant
    g.line(f"{out} = []")
    outer = g.scope
    with g.block(f"for {item} in {items}:"):
        _count(g)
        g.line(f"{names} = {item} if type({item}) is Dict else entries({item})")
        g.scope = Scope(outer, {"item": Val(item, simple=True)}, item=names)
        keep = g.atom(g.gen(node.condition))
        with g.block(f"if {keep.code} is True:"):
            g.line(f"{out}.append({item})")
        if keep.kind != "bool":
            with g.block(f"elif type({keep.code}) is not Bool:"):
                g.line("raise Slow")
    g.scope = outer
    g.loops -= 1
    return Val(out, simple=True)


def _in(g: Generator, node: t.In) -> Val:
    return tests(g, g.atom(g.gen(node.value)), node.tests)


def tests(g: Generator, value: Val, nodes: tuple[t.Node, ...]) -> Val:
    """Whether the value fits one of the tests."""
    literals = [node.value for node in nodes if isinstance(node, t.Literal)]
    if len(nodes) > 1 and len(literals) == len(nodes):
        kinds = {type(literal) for literal in literals}
        if kinds <= {str} or kinds <= {Decimal}:
            return _among(g, value, literals)
    first = _test(g, value, nodes[0])
    if len(nodes) == 1:
        return first
    out = g.fresh()
    g.line(f"{out} = {first.code}")
    for node in nodes[1:]:
        with g.block(f"if {out} is not True:"):
            other = g.atom(_test(g, value, node))
            g.line(f"{out} = {other.code} if {out} is False or {other.code} is True else None")
    return Val(out, "bool", simple=True)


def _among(g: Generator, value: Val, literals: list[Any]) -> Val:
    """One of several literals of one kind."""
    value = g.native(value)
    kind = "Str" if isinstance(literals[0], str) else "Dec"
    some = g.const(frozenset(literals)).code
    rest = f"any_of([equal({value.code}, k) for k in {some}])"
    return Val(f"({value.code} in {some} if type({value.code}) is {kind} else {rest})", "bool")


_CERTAIN = (t.Compare, t.Logic, t.Between, t.In, t.Quantified, t.InstanceOf)


def _test(g: Generator, value: Val, node: t.Node) -> Val:
    """One positive unary test. Mirrors ``closures.build_test``."""
    outer = g.scope
    g.scope = Scope(outer, {"?": value})
    try:
        if isinstance(node, t.Test):
            return compare(g, node.op, value, g.gen(node.operand))
        if isinstance(node, t.Literal) and isinstance(node.value, str | Decimal):
            return compare(g, "=", value, g.gen(node))
        asks = any(isinstance(part, t.Name) and part.name == "?" for part in t.walk(node))
        if isinstance(node, t.Interval):
            return _span(g, value, node)
        if isinstance(node, t.Literal) and node.value is None:
            raise Unsupported
        test = g.value(node)
        boolean = isinstance(node, _CERTAIN)
        value = g.native(value)
        return Val(f"unary({value.code}, {test.code}, {asks}, {boolean})", "bool")
    finally:
        g.scope = outer


def _span(g: Generator, value: Val, node: t.Interval) -> Val:
    low, high = g.native(g.atom(g.gen(node.low))), g.native(g.atom(g.gen(node.high)))
    value = g.native(value)
    if low.fixed and high.fixed and low.kind == high.kind == "number":
        return inside(value, low, high, node.low_in, node.high_in)
    return Val(f"within({value.code}, {low.code}, {high.code}, {node.low_in}, {node.high_in})", "bool")


rule(t.For, _for)
rule(t.Quantified, _quantified)
rule(t.Filter, _filter)
rule(t.In, _in)


def generate_tests(node: t.UnaryTests) -> Callable[..., Any] | None:
    """``quick(q, scope)`` for unary tests, or None where the closures keep the work."""
    g = Generator()
    try:
        if not node.tests:
            return lambda value, scope: True
        value = tests(g, Val("q", simple=True, raw=True), node.tests)
        value = g.atom(value)
        if node.negated:
            g.line(f"return not {value.code} if type({value.code}) is Bool else None")
        else:
            g.line(f"return {value.code}")
        return assemble(g, "q, scope")
    except (Unsupported, RecursionError, MemoryError):
        return None
