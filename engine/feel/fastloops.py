"""Rules of the generator for what binds names (for, some, every, filters) and for tests (in, unary tests)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import tree as t
from engine.feel.codegen import Generator, assemble, compare, inside, rule
from engine.feel.emit import Scope, Unsupported, Val

MAX_LOOPS = 12  # Python's own limit of nested blocks is 20


def _loop(g: Generator, iterators: tuple[tuple[str, t.Node], ...], at: int, body: Callable[[], None]) -> None:
    """Nested ``for`` lines for the iterators, then the body."""
    if at == len(iterators):
        body()
        return
    name, node = iterators[at]
    g.machine = True
    if isinstance(node, t.Span):
        source = f"span({g.value(node.low).code}, {g.value(node.high).code}, m)"
    else:
        source = f"domain({g.value(node).code}, m)"
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
    g.scope = Scope(outer, {"partial": Val(f"{out}[:]")})

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


def _filter(g: Generator, node: t.Filter) -> Val:
    source = g.value(node.source)
    if isinstance(node.condition, t.Literal) and isinstance(node.condition.value, Decimal):
        return Val(f"pick({source.code}, {g.const(node.condition.value).code})")
    if isinstance(node.condition, t.Neg) and isinstance(node.condition.operand, t.Literal):
        inner = node.condition.operand.value
        if isinstance(inner, Decimal):
            return Val(f"pick({source.code}, {g.const(-inner).code})")
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
        g.line(f"{names} = entries({item})")
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
