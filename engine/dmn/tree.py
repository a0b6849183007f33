"""What a DMN file says, as frozen values: no evaluation, no XML (DMN 1.5, chapters 6, 7, 8 and 10).

Texts are kept as written; ``line`` is the line in the file for findings. ``type_ref`` is the name of a type as
FEEL writes it (``number``, ``tPerson``, ``imported.tPerson``) or None.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What every element has."""

    id: str | None = None
    line: int | None = None
    type_ref: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal(Node):
    """A literal expression; an empty text is null."""

    text: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Node):
    """A named expression: a context entry, a binding. ``name`` None is the result of a context."""

    name: str | None
    value: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(Node):
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBox(Node):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Node):
    columns: tuple[Variable, ...]
    rows: tuple[tuple[Expression | None, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Node):
    """An information item: a variable, a formal parameter, a column."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionBox(Node):
    """A function definition; ``kind`` FEEL, Java or PMML (the last two are refused by name)."""

    kind: str
    params: tuple[Variable, ...]
    body: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation(Node):
    function: Expression | None
    bindings: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Node):
    test: Expression | None
    then: Expression | None
    other: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Node):
    source: Expression | None
    match: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Iterator(Node):
    """A boxed ``for``, ``some`` or ``every``."""

    kind: str
    variable: str
    source: Expression | None
    body: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Node):
    """An input of a table: the expression tested and the values it may have."""

    text: str
    allowed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output(Node):
    """An output of a table; ``allowed`` in order of priority."""

    name: str | None
    allowed: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Node):
    cells: tuple[Literal, ...]
    outputs: tuple[Literal, ...]
    annotations: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Node):
    """A decision table; ``hit`` is one of U A P F R O C, ``aggregation`` SUM MIN MAX COUNT or None."""

    hit: str
    aggregation: str | None
    inputs: tuple[Column, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()


Expression = Literal | Context | ListBox | Relation | FunctionBox | Invocation | Conditional | Filter | Iterator | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Node):
    """An item definition or a component of one; ``type_ref`` is its base type."""

    name: str
    collection: bool = False
    parts: tuple[Item, ...] = ()
    allowed: str | None = None  # on the single value
    constraint: str | None = None  # typeConstraint: on the whole collection
    function: FunctionType | None = None


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A function item: its parameters' and its result's types."""

    params: tuple[str | None, ...]
    result: str | None


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference ``namespace#id``; the own model's namespace is None."""

    id: str
    namespace: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputData(Node):
    name: str
    variable: Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Node):
    name: str
    variable: Variable
    inputs: tuple[Ref, ...] = ()
    decisions: tuple[Ref, ...] = ()
    knowledge: tuple[Ref, ...] = ()
    logic: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bkm(Node):
    """A business knowledge model: a function of the model."""

    name: str
    variable: Variable
    knowledge: tuple[Ref, ...] = ()
    logic: FunctionBox | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Node):
    """A decision service: a function over part of the graph."""

    name: str
    variable: Variable
    outputs: tuple[Ref, ...] = ()
    encapsulated: tuple[Ref, ...] = ()
    decisions: tuple[Ref, ...] = ()
    inputs: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    name: str
    namespace: str
    kind: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions(Node):
    """One DMN file."""

    name: str
    namespace: str
    items: tuple[Item, ...] = ()
    imports: tuple[Import, ...] = ()
    elements: dict[str, InputData | Decision | Bkm | Service] = field(default_factory=dict)
