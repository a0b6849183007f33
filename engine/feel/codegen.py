"""Writes a checked tree as Python code for programs that run often; the closures stay the reference.

Generated code holds names and constants as ``t1``, ``k1``: no text of a model becomes code. It takes the quick way for
the kinds of values it expects and leaves everything else to ``fasthelp`` or, by an exception, to the closures.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import CodeType, FunctionType
from typing import Any

from engine.domain.errors import ExpressionError
from engine.feel import tree as t
from engine.feel.bounds import Limits
from engine.feel.builtins import REGISTRY, SIGNATURES
from engine.feel.calls import Machine
from engine.feel.closures import Env, build
from engine.feel.emit import Scope, Unsupported, Val, Writer
from engine.feel.fasthelp import GLOBALS
from engine.feel.values import Function

_ARITHMETIC = {"+": ("ADD", "add"), "-": ("SUB", "sub"), "*": ("MUL", "mul"), "/": ("DIV", "div"), "**": ("POW", "pow")}
_COMPARE = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_IMPURE = frozenset(("now", "today", "sort", "list replace"))
# Built-ins whose results may be large: called through the Machine, which counts their size …
_MAKERS = frozenset(
    (
        *("append", "concatenate", "context", "context merge", "context put", "distinct values", "flatten"),
        *("get entries", "insert before", "list replace", "replace", "sort", "split", "string join", "union"),
    )
)
# … or straight, where what they are given is short.
_COPIERS = frozenset(
    (
        *("index of", "lower case", "mode", "remove", "reverse", "sublist", "substring", "substring after"),
        *("substring before", "upper case"),
    )
)
_FOLDABLE = (t.Neg, t.Chain, t.Compare, t.Logic, t.Between, t.At, t.Call, t.Interval, t.If, t.Path)
_TRIAL = Limits(steps=10_000, seconds=0.2)


class Generator(Writer):
    """One rule per kind of node; ``self.gen(node)`` gives the code of its value."""

    def gen(self, node: t.Node) -> Val:
        """The value of a node in code."""
        if isinstance(node, _FOLDABLE) and _constant(node):
            folded = self._fold(node)
            if folded is not None:
                return folded
        rule = _RULES.get(type(node))
        if rule is None:
            raise Unsupported
        return rule(self, node)

    def _fold(self, node: t.Node) -> Val | None:
        """The value of a tree without names, if it is one that nobody can change."""
        try:
            value = build(node)(Env({}, None, Machine(_TRIAL)))
        except (ExpressionError, RecursionError):
            return None
        if isinstance(value, list | dict | Function):
            return None
        return self.const(value, {Decimal: "number", str: "string"}.get(type(value), ""))

    def value(self, node: t.Node) -> Val:
        """As ``gen``, FEEL's own and safe to repeat."""
        return self.native(self.atom(self.gen(node)))

    def into(self, name: str, node: t.Node) -> None:
        """Assign a node's value to a temporary."""
        self.line(f"{name} = {self.native(self.gen(node)).code}")


def _constant(node: t.Node) -> bool:
    """Whether nothing in the tree depends on the scope or the clock."""
    for part in t.walk(node):
        if isinstance(part, t.Name):
            if part.name not in REGISTRY:
                return False
        elif isinstance(part, t.Call):
            callee = part.function
            if not isinstance(callee, t.Name) or not part.builtin or callee.name in _IMPURE:
                return False
        elif not isinstance(part, (*_FOLDABLE, t.Literal)):
            return False
    return not any(
        isinstance(part, t.Name) and not _called(node, part) for part in t.walk(node) if isinstance(part, t.Name)
    )


def _called(root: t.Node, name: t.Name) -> bool:
    return any(isinstance(part, t.Call) and part.function is name for part in t.walk(root))


def _literal(g: Generator, node: t.Literal) -> Val:
    kind = {Decimal: "number", str: "string"}.get(type(node.value), "")
    return g.const(node.value, kind)


def _name(g: Generator, node: t.Name) -> Val:
    return lookup(g, node.name, g.scope)


def lookup(g: Generator, name: str, scope: Scope | None) -> Val:
    """A name, from the innermost scope outwards; the outermost is the host's."""
    while scope is not None:
        if scope.item:
            return _entry(g, name, scope)
        if name in scope.names:
            return scope.names[name]
        scope = scope.up
    known = g.recall(("name", name))
    if known is not None:
        return known
    key = g.const(name).code
    temp = g.fresh()
    g.line(f"{temp} = scope.get({key})")
    if name in REGISTRY:
        g.line(f"if {temp} is None and {key} not in scope: {temp} = REG[{key}]")
    out = Val(temp, simple=True, raw=True)
    g.remember(("name", name), out)
    return out


def _entry(g: Generator, name: str, scope: Scope) -> Val:
    """A name inside a filter: an entry of the item, else ``item`` itself, else a name from outside."""
    known = g.recall(("entry", scope.item, name))
    if known is not None:
        return known
    temp = g.fresh()
    g.line(f"{temp} = {scope.item}.get({g.const(name).code}, M)")
    with g.block(f"if {temp} is M:"):
        outer = scope.names.get(name) or lookup(g, name, scope.up)
        g.line(f"{temp} = {outer.code}")
    out = Val(temp, simple=True, raw=True)
    g.remember(("entry", scope.item, name), out)
    return out


def _at(g: Generator, node: t.At) -> Val:
    raise Unsupported  # folded, unless it is wrong: then the closures explain it


def _neg(g: Generator, node: t.Neg) -> Val:
    return Val(f"neg({g.value(node.operand).code})")


def _chain(g: Generator, node: t.Chain) -> Val:
    left = g.value(node.first)
    for op, part in node.rest:
        right = g.value(part)
        quick, helper = _ARITHMETIC[op]
        if helper == "add" and g.loops:
            helper = "m.joined"  # texts made in a loop count by their length
        checks = [f"type({side.code}) is Dec" for side in (left, right) if side.kind != "number"]
        plain = f"{quick}({left.code}, {right.code})"
        if op == "/" and not (right.fixed and right.const):
            checks.append(right.code)  # zero is left to the helper
        if op == "**":
            left = g.atom(Val(f"{helper}({left.code}, {right.code})"))
            continue
        code = f"{plain} if {' and '.join(checks)} else {helper}({left.code}, {right.code})" if checks else plain
        left = g.atom(Val(f"({code})"))
    return left


def compare(g: Generator, op: str, left: Val, right: Val) -> Val:
    """The code of a comparison; against a literal it needs one look at the other side's type."""
    helper, sign = _COMPARE[op], _PYTHON[op]
    if left.fixed and not right.fixed:
        flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)
        return compare(g, flipped, right, left)
    left, right = g.atom(left), g.atom(right)
    if right.fixed and right.const is None and op in ("=", "!="):
        return Val(f"({left.code} {'is' if op == '=' else 'is not'} None)", "bool")
    if right.kind == "number" and right.fixed and left.raw:
        return _with_number(g, sign, helper, left, right)
    kind = {"number": "Dec", "string": "Str"}.get(right.kind if right.fixed else "")
    plain = f"{left.code} {sign} {right.code}"
    if kind:
        if left.raw:
            known = g.recall(("native", left.code))
            rest = f"{helper}({left.code if known else f'adopt({left.code})'}, {right.code})"
        else:
            rest = f"{helper}({left.code}, {right.code})"
        return Val(f"({plain} if type({left.code}) is {kind} else {rest})", "bool")
    left, right = g.native(left), g.native(right)
    return Val(
        f"({plain} if type({left.code}) is type({right.code}) is Dec else {helper}({left.code}, {right.code}))", "bool"
    )


def _with_number(g: Generator, sign: str, helper: str, left: Val, right: Val) -> Val:
    """Host's whole numbers are compared as they are."""
    number: Decimal = right.const
    small = int(number) if abs(number) < 10**15 and number == int(number) else None
    rest = (
        f"{left.code} {sign} {right.code} if type({left.code}) is Dec else {helper}(adopt({left.code}), {right.code})"
    )
    if small is None:
        return Val(f"({rest})", "bool")
    return Val(f"({left.code} {sign} {small} if type({left.code}) is Int else {rest})", "bool")


def _compare(g: Generator, node: t.Compare) -> Val:
    left = g.atom(g.gen(node.left))
    return compare(g, node.op, left, g.gen(node.right))


def _logic(g: Generator, node: t.Logic) -> Val:
    out = g.fresh()
    stop = "False" if node.op == "and" else "True"
    go_on = "True" if node.op == "and" else "False"
    first = _bool(g, g.gen(node.items[0]))
    g.line(f"{out} = {first.code}")
    for item in node.items[1:]:
        with g.block(f"if {out} is not {stop}:"):
            value = g.atom(_bool(g, g.gen(item)))
            g.line(f"{out} = {value.code} if {out} is {go_on} or {value.code} is {stop} else None")
    return Val(out, "bool", simple=True)


def _bool(g: Generator, value: Val) -> Val:
    """True, false, or null for anything else."""
    if value.kind == "bool":
        return value
    value = g.atom(value)
    return Val(f"({value.code} if type({value.code}) is Bool else None)", "bool")


def _between(g: Generator, node: t.Between) -> Val:
    value, low, high = g.value(node.value), g.value(node.low), g.value(node.high)
    if low.kind == high.kind == "number" and low.fixed and high.fixed:
        return inside(value, low, high, True, True)
    return Val(f"between({value.code}, {low.code}, {high.code})", "bool")


def inside(value: Val, low: Val, high: Val, low_in: bool, high_in: bool) -> Val:
    """``value`` between two ends; the quick way is for numbers."""
    ends = f"{low.code} {'<=' if low_in else '<'} {value.code} {'<=' if high_in else '<'} {high.code}"
    checks = [f"type({side.code}) is Dec" for side in (value, low, high) if side.kind != "number"]
    slow = f"within({value.code}, {low.code}, {high.code}, {low_in}, {high_in})"
    return Val(f"({ends} if {' and '.join(checks)} else {slow})" if checks else f"({ends})", "bool")


def _interval(g: Generator, node: t.Interval) -> Val:
    low, high = g.value(node.low), g.value(node.high)
    return Val(f"interval({low.code}, {high.code}, {node.low_in}, {node.high_in})")


def _if(g: Generator, node: t.If) -> Val:
    out = g.fresh()
    _branch(g, node, 0, out)
    return Val(out, simple=True)


def _branch(g: Generator, node: t.If, at: int, out: str) -> None:
    if at == len(node.branches):
        g.into(out, node.other)
        return
    test, then = node.branches[at]
    condition = g.gen(test)
    with g.block(f"if {condition.code} is True:"):
        g.into(out, then)
    with g.block("else:"):
        _branch(g, node, at + 1, out)


def _path(g: Generator, node: t.Path) -> Val:
    source = g.atom(g.gen(node.source))
    key = ("path", source.code, node.name)
    known = g.recall(key)
    if known is not None:
        return known
    name = g.const(node.name).code
    temp = g.fresh()
    rest = f"path(adopt({source.code}), {name})" if source.raw else f"path({source.code}, {name})"
    g.line(f"{temp} = {source.code}.get({name}) if type({source.code}) is Dict else {rest}")
    out = Val(temp, simple=True, raw=True)
    g.remember(key, out)
    return out


def _list(g: Generator, node: t.ListOf) -> Val:
    codes = [g.value(item).code for item in node.items]
    if g.loops and len(codes) >= 8:
        g.line(f"m.step({len(codes) >> 3})")
    return Val(f"[{', '.join(codes)}]")


def _context(g: Generator, node: t.Context) -> Val:
    if len({key for key, _ in node.entries}) < len(node.entries):
        raise Unsupported
    outer = g.scope
    pairs = []
    try:
        for key, value in node.entries:
            known = g.value(value)
            pairs.append(f"{g.const(key).code}: {known.code}")
            g.scope = Scope(g.scope, {key: known})
    finally:
        g.scope = outer
    if g.loops and len(pairs) >= 4:
        g.line(f"m.step({len(pairs) >> 2})")
    return Val(f"Entries({{{', '.join(pairs)}}})")


def _instance(g: Generator, node: t.InstanceOf) -> Val:
    return Val(f"instance_of({g.value(node.value).code}, {g.const(node.type).code})", "bool")


def _call(g: Generator, node: t.Call) -> Val:
    if node.names is not None:
        raise Unsupported
    callee = node.function
    if isinstance(callee, t.Name) and node.builtin:
        args = [g.value(arg) for arg in node.args]
        return _builtin(g, callee.name, args)
    if isinstance(callee, t.Name) and callee.name in REGISTRY:
        raise Unsupported
    function = g.value(callee)
    args = [g.value(arg) for arg in node.args]
    g.machine = True
    return Val(f"call(m, {function.code}, ({''.join(arg.code + ', ' for arg in args)}))")


def _builtin(g: Generator, name: str, args: list[Val]) -> Val:
    """A built-in, straight to its implementation where the arguments are of the plain kinds."""
    rows = [row for row in SIGNATURES[name] if row.required <= len(args) and (row.rest or len(args) <= len(row.params))]
    packed = "".join(arg.code + ", " for arg in args)
    key = g.const(REGISTRY[name]).code
    row = rows[0] if rows else None
    aware = row is not None and row.aware
    g.machine = g.machine or bool(g.loops) or aware or name in _MAKERS or name in _COPIERS
    slow = f"call({'m' if g.machine else 'None'}, {key}, ({packed}))"
    if row is None or name in _MAKERS or (g.loops and any(param.label == "list" for param in row.params)):
        return Val(slow)
    if row.rest and args[0].const is None and args[0].fixed:
        return Val(slow)
    fixed = len(row.params) - row.rest
    params = [*row.params[:fixed], *([row.params[-1]] * (len(args) - fixed))] if row.rest else row.params
    checks = []
    for param, arg in zip(params, args, strict=False):
        if param.kinds is not None and not (arg.kind and param.label == arg.kind):
            checks.append(_fits(g, param.kinds, arg))
        elif row.rest and not fixed and len(args) == 1:
            checks.append(f"{arg.code} is not None")
    if name == "string":
        checks = [f"type({args[0].code}) is Dec"]
    if name in _COPIERS:
        most = 64 if g.loops else 1000
        checks += [
            f"len({arg.code}) < {most}" for param, arg in zip(params, args, strict=False) if _long(param.label, arg)
        ]
    taken = [arg.code for arg in args]
    if row.rest:
        taken[fixed:] = [f"[{', '.join(taken[fixed:])}]"]
    quick = f"{g.const(row.call).code}({', '.join((['m'] if aware else []) + taken)})"
    return Val(f"({quick} if {' and '.join(checks)} else {slow})" if checks else quick)


def _long(label: str, arg: Val) -> bool:
    return label in ("string", "list") and not arg.fixed


def _fits(g: Generator, wanted: frozenset[type], arg: Val) -> str:
    kinds = sorted(wanted, key=lambda kind: kind.__name__)
    g.consts.update({f"Q{kind.__name__}": kind for kind in kinds})
    return "(" + " or ".join(f"type({arg.code}) is Q{kind.__name__}" for kind in kinds) + ")"


Rule = Callable[[Generator, Any], Val]

_RULES: dict[type, Rule] = {
    t.Literal: _literal,
    t.At: _at,
    t.Name: _name,
    t.Neg: _neg,
    t.Chain: _chain,
    t.Compare: _compare,
    t.Logic: _logic,
    t.Between: _between,
    t.Interval: _interval,
    t.If: _if,
    t.Path: _path,
    t.ListOf: _list,
    t.Context: _context,
    t.InstanceOf: _instance,
    t.Call: _call,
}


def rule(kind: type, function: Rule) -> None:
    """Add a rule: ``fastloops`` does for what binds names and for tests."""
    _RULES[kind] = function


def assemble(g: Generator, signature: str) -> Callable[..., Any]:
    """The function of the lines written so far; its constants are defaults of further parameters."""
    head = [f"def quick({', '.join((signature, *g.consts))}):", " m = Machine()" if g.machine else " pass"]
    source = "\n".join([*head, " if True:", *g.lines, ""])
    module = compile(source, "<feel>", "exec", dont_inherit=True, optimize=2)
    code = next(part for part in module.co_consts if isinstance(part, CodeType))
    return FunctionType(code, GLOBALS, "quick", tuple(g.consts.values()))


def generate(node: t.Node) -> Callable[..., Any] | None:
    """``quick(scope)`` for a tree, or None where the closures keep the work."""
    g = Generator()
    try:
        value = g.native(g.gen(node))
        g.line(f"return {value.code}")
        return assemble(g, "scope")
    except (Unsupported, RecursionError, MemoryError):
        return None
