"""The syntax tree of FEEL. Two trees are equal if they mean the same text; positions do not count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from engine.feel.kinds import Type


@dataclass(slots=True, kw_only=True)
class Node:
    """``pos`` is the offset of the node's most telling token in the text."""

    pos: int = field(default=0, compare=False, repr=False)

    def children(self) -> Iterator[Node]:
        """Direct children, in the order they are written."""
        for item in fields(self):
            yield from _nodes(getattr(self, item.name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _nodes(part)


@dataclass(slots=True)
class Literal(Node):
    """null, true, false, a number or a string."""

    value: bool | Decimal | str | None


@dataclass(slots=True)
class At(Node):
    """``@"2020-01-01"``: a date, time, date and time or duration by its text."""

    text: str


@dataclass(slots=True)
class Name(Node):
    name: str


@dataclass(slots=True)
class Neg(Node):
    operand: Node


@dataclass(slots=True)
class Chain(Node):
    """Operators of one level, applied from the left: ``first`` then each (operator, operand, position)."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(slots=True)
class Compare(Node):
    op: str
    left: Node
    right: Node


@dataclass(slots=True)
class Logic(Node):
    """``and`` or ``or`` over two or more operands."""

    op: str
    items: tuple[Node, ...]


@dataclass(slots=True)
class Between(Node):
    value: Node
    low: Node
    high: Node


@dataclass(slots=True)
class In(Node):
    """``value in test`` or ``value in (test, …)``."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(slots=True)
class Test(Node):
    """``< 5``: a comparison with what is tested; in parentheses, a range with one end."""

    op: str
    operand: Node


@dataclass(slots=True)
class Interval(Node):
    low: Node
    high: Node
    low_in: bool
    high_in: bool


@dataclass(slots=True)
class If(Node):
    """``if`` with its ``else if`` branches: ((condition, result), …) and the last else."""

    branches: tuple[tuple[Node, Node], ...]
    other: Node


@dataclass(slots=True)
class Span(Node):
    """``low..high`` as a domain of ``for``: counts up or down."""

    low: Node
    high: Node


@dataclass(slots=True)
class For(Node):
    iterators: tuple[tuple[str, Node], ...]
    body: Node


@dataclass(slots=True)
class Quantified(Node):
    """``some`` or ``every``."""

    kind: str
    iterators: tuple[tuple[str, Node], ...]
    body: Node


@dataclass(slots=True)
class Lambda(Node):
    params: tuple[tuple[str, Type | None], ...]
    body: Node


@dataclass(slots=True)
class Call(Node):
    """A call with positional (``names`` is None) or named arguments."""

    function: Node
    args: tuple[Node, ...]
    names: tuple[str, ...] | None = None
    builtin: bool = field(default=False, compare=False, repr=False)  # no variable of that name is known


@dataclass(slots=True)
class Path(Node):
    source: Node
    name: str


@dataclass(slots=True)
class Filter(Node):
    source: Node
    condition: Node


@dataclass(slots=True)
class ListOf(Node):
    items: tuple[Node, ...]


@dataclass(slots=True)
class Context(Node):
    entries: tuple[tuple[str, Node], ...]


@dataclass(slots=True)
class InstanceOf(Node):
    value: Node
    type: Type


@dataclass(slots=True)
class UnaryTests(Node):
    """The text of a table's input entry: ``-`` is no tests at all."""

    tests: tuple[Node, ...]
    negated: bool = False


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, without recursion."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(here.children())
