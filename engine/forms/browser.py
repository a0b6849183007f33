"""Where the browser's FEEL (feelin, in form-js) reads an expression otherwise than ours.

Found by running 177 expressions through both engines (``docs/forms.md`` has the list); what was not compared counts as
different. A form whose expression may differ deploys with a warning CRM-167: the server's verdict holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from engine.feel import tree as t
from engine.forms.schema import Field

#: Built-ins that gave the same results in both engines.
SAME = frozenset(
    """abs|all|any|append|before|ceiling|concatenate|contains|context put|count|date|date and time|day of week
    |day of year|distinct values|duration|ends with|even|flatten|floor|get entries|get value|includes|index of
    |insert before|is|list contains|lower case|matches|max|mean|median|min|mode|modulo|month of year|not|number|odd
    |product|remove|replace|reverse|round down|round half up|round up|sort|split|sqrt|starts with|stddev|string
    |string join|string length|sublist|substring|substring after|substring before|sum|time|union|upper case
    |week of year|years and months duration""".replace("\n    ", "").split("|")
)
_TRUTHS = (t.Compare, t.Logic, t.Between, t.In, t.Quantified, t.Name, t.Path, t.InstanceOf)


def differs(program: Any) -> tuple[str, str] | None:
    """Why the browser may read this otherwise, in English and Chinese; None where both engines agree."""
    own = {name for node in t.walk(program.tree) if isinstance(node, t.Lambda) for name, _ in node.params}
    for node in t.walk(program.tree):
        found = _call(node, own) or _comparison(node)
        if found:
            return found
        if isinstance(node, t.InstanceOf):
            return "the browser does not know 'instance of'", "浏览器不支持“instance of”"
        if isinstance(node, t.If) and not all(_is_truth(test) for test, _ in node.branches):
            return "the browser takes any value for true in 'if'", "浏览器会把“if”中的任何值当作真"
    return None


def reads_hidden(fields: Sequence[Field]) -> Iterator[tuple[Field, str]]:
    """(field, name) of conditions that read a field which may itself be hidden.

    The browser still knows what was typed into a field before it was hidden; the server never gets it.
    """
    everything = list(_walk(fields))
    keys = Counter(field.path[-1] for field in everything if field.keyed)
    hidden = {f.path[-1] for f in everything if f.keyed and f.hide.program is not None and keys[f.path[-1]] == 1}
    for field in everything:
        for rule in (field.hide, field.readonly):
            if rule.program is not None:
                for node in t.walk(rule.program.tree):
                    if isinstance(node, (t.Name, t.Path)) and node.name in hidden:
                        yield field, node.name


def _walk(fields: Sequence[Field]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from _walk(field.fields)


def _call(node: t.Node, own: set[str]) -> tuple[str, str] | None:
    if not isinstance(node, t.Call) or not isinstance(node.function, t.Name):
        return None
    name = node.function.name
    if name in SAME or name in own:
        return None
    return f"the function '{name}' may differ in the browser", f"函数“{name}”在浏览器中可能不同"


def _comparison(node: t.Node) -> tuple[str, str] | None:
    if not isinstance(node, t.Compare):
        return None
    if isinstance(node.left, t.Compare) or isinstance(node.right, t.Compare):
        return "the browser reads a chain of comparisons otherwise", "浏览器对连续比较的解释不同"
    if node.op in ("=", "!=") and (_is_fraction(node.left) or _is_fraction(node.right)):
        return (
            "the browser counts in binary fractions: 0.1 + 0.2 is not 0.3 there",
            "浏览器使用二进制小数：0.1 + 0.2 不等于 0.3",
        )
    return None


def _is_fraction(node: t.Node) -> bool:
    """Arithmetic whose result may not be whole."""
    chains = [part for part in t.walk(node) if isinstance(part, t.Chain)]
    return any(
        any(op in ("/", "**") for op, _ in chain.rest)
        or any(
            isinstance(part, t.Literal) and isinstance(part.value, Decimal) and part.value % 1 != 0
            for part in t.walk(chain)
        )
        for chain in chains
    )


def _is_truth(node: t.Node) -> bool:
    """An expression that may well be true or false; a name is taken at its word."""
    if isinstance(node, t.Literal):
        return isinstance(node.value, bool)
    if isinstance(node, t.Call) and isinstance(node.function, t.Name):
        name = node.function.name
        return name in ("not", "all", "any", "even", "odd", "is", "before", "includes", "matches") or name.endswith(
            ("contains", "starts with", "ends with")
        )
    return isinstance(node, _TRUTHS)
