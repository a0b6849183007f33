"""Runs a folder laid out as the DMN Technology Compatibility Kit through ``engine.dmn`` and counts.

Value results (something was expected) and null results (null or an error was expected) are counted apart, since an
engine that understands nothing passes the second kind. Cases over external functions (Java, PMML) are a third kind:
they count as passed when the model is refused by a finding that names the function's owner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lxml import etree

from engine import feel
from engine.dmn import Model
from engine.domain.errors import CrmflowError, Refused

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
EXTERNAL = frozenset({"CRM-154", "CRM-505"})
TEMPORAL = {"date": "date", "time": "time", "dateTime": "date and time"} | dict.fromkeys(
    ("duration", "dayTimeDuration", "yearMonthDuration"), "duration"
)
NUMBERS = frozenset({"decimal", "double", "float", "integer", "int", "long", "short", "byte", "nonNegativeInteger"})


@dataclass
class Level:
    """Counts of one compliance level, each [passed, total]."""

    value: list[int] = field(default_factory=lambda: [0, 0])
    null: list[int] = field(default_factory=lambda: [0, 0])
    cases: list[int] = field(default_factory=lambda: [0, 0])
    external: list[int] = field(default_factory=lambda: [0, 0])


def run(folder: Path) -> dict[str, Any]:
    """All tests below a folder: ``{"suite", "level": {"2": {...}}, "failures": [...]}``."""
    levels: dict[str, Level] = {}
    failures: list[dict[str, Any]] = []
    for file in sorted(folder.rglob("*.xml")):
        if "-test-" not in file.name:
            continue
        found = re.search(r"compliance-level-(\w+)", str(file))
        level = levels.setdefault(found.group(1) if found else "?", Level())
        failures += Suite(file).run(level)
    return {
        "suite": str(folder),
        "level": {name: vars(level) for name, level in sorted(levels.items())},
        "failures": failures,
    }


class Suite:
    """One test file with its model."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.root = etree.parse(str(file)).getroot()
        name = (self.root.findtext("{*}modelName") or "").strip()
        others = [p.read_bytes() for p in sorted(file.parent.glob("*.dmn")) if p.name != name]
        self.fault = ""
        self.model: Model | None = None
        self.refused: set[str] = set()
        try:
            xml = (file.parent / name).read_bytes()
            self.model = Model.load(xml, imports=others, strict=False)
            self.refused = {
                str(f.params.get("owner"))
                for f in self.model.findings
                if f.code in EXTERNAL or f.params.get("cause") in EXTERNAL
            }
        except Refused as error:
            self.fault = "; ".join(f.message for f in error.findings)
        except OSError as error:  # one broken test must not end the run
            self.fault = f"the model {name!r} cannot be read: {error.strerror}"

    def run(self, level: Level) -> list[dict[str, Any]]:
        failures = []
        for case in self.root.iter("{*}testCase"):
            passed = True
            external = False
            for node in case.iter("{*}resultNode"):
                wanted, unread = self._wanted(node)
                if self.model is not None and self._external(case, node):
                    external = True
                    level.external[0] += 1
                    level.external[1] += 1
                    continue
                got, fault = (None, unread) if unread else self._ask(case, node)
                good = same(got, wanted) and (not fault or wanted is None)
                bucket = level.null if wanted is None else level.value
                bucket[0] += good
                bucket[1] += 1
                if not good:
                    passed = False
                    failures.append(self._failure(case, node, wanted, got, fault))
            if not external:
                level.cases[0] += passed
                level.cases[1] += 1
        return failures

    @staticmethod
    def _wanted(node: Any) -> tuple[Any, str]:
        """(what is expected, why it cannot be read); what cannot be read counts as a value that was not met."""
        try:
            return value_of(node.find("{*}expected")), ""
        except ValueError as error:
            return str(error), f"the expected value: {error}"

    def _ask(self, case: Any, node: Any) -> tuple[Any, str]:
        """(value, fault) of one result node."""
        if self.model is None:
            return None, self.fault
        invocable = case.get("invocableName")
        name = node.get("name")
        try:
            inputs = {str(i.get("name")): value_of(i) for i in case.iter("{*}inputNode")}
        except ValueError as error:
            return None, f"an input: {error}"
        try:
            outcome = self.model.decide(invocable or name, inputs)
        except CrmflowError as error:
            return None, str(error)
        value = outcome.value
        if invocable and isinstance(value, dict) and self._outputs(invocable) > 1:
            value = value.get(name)
        return value, ""

    def _outputs(self, service: str) -> int:
        assert self.model is not None
        elements = self.model.graph.tree.elements.values()
        return next((len(getattr(e, "outputs", ())) for e in elements if e.name == service), 0)

    def _external(self, case: Any, node: Any) -> bool:
        """Does the result need a function that was refused by name?"""
        assert self.model is not None
        if not self.refused:
            return False
        graph = self.model.graph
        keys = [k for k, e in graph.tree.elements.items() if e.name in (case.get("invocableName"), node.get("name"))]
        seen: set[str] = set()
        while keys:
            key = keys.pop()
            if key in seen or key not in graph.tree.elements:
                continue
            seen.add(key)
            element = graph.tree.elements[key]
            if element.name in self.refused:
                return True
            for kind in ("decisions", "knowledge", "outputs", "encapsulated"):
                keys += [ref.id for ref in getattr(element, kind, ())]
        return False

    def _failure(self, case: Any, node: Any, wanted: Any, got: Any, fault: str) -> dict[str, Any]:
        return {
            "file": f"{self.file.parent.parent.name}/{self.file.parent.name}",
            "case": case.get("id"),
            "result": node.get("name"),
            "expected": show(wanted),
            "got": show(got),
            "fault": fault,
        }


def show(value: Any) -> Any:
    return feel.to_json(value)


def value_of(node: Any) -> Any:
    """The FEEL value of an ``inputNode``, ``expected``, ``item`` or ``component``."""
    if node is None or node.get(XSI + "nil") == "true":
        return None
    for child in _elements(node):
        kind = etree.QName(child).localname
        if child.get(XSI + "nil") == "true":
            return None
        if kind == "value":
            return typed(child)
        if kind == "list":
            return [value_of(item) for item in _elements(child)]
        if kind == "component":
            parts = (c for c in _elements(node) if etree.QName(c).localname == "component")
            return {str(part.get("name")): value_of(part) for part in parts}
    return None


def _elements(node: Any) -> Iterator[Any]:
    return (child for child in node if isinstance(child.tag, str))


def typed(node: Any) -> Any:
    """A ``value`` element by its xsi:type."""
    kind = (node.get(XSI + "type") or "xsd:string").rpartition(":")[2]
    text = node.text or ""
    if kind in NUMBERS:
        try:
            return Decimal(text.strip())
        except InvalidOperation as error:
            raise ValueError(f"{kind} {text!r} cannot be read") from error
    if kind == "boolean":
        return text.strip() in ("true", "1")
    if kind in TEMPORAL:
        value = feel.evaluate(f"{TEMPORAL[kind]}(text)", {"text": text.strip()})
        if value is None:
            raise ValueError(f"{kind} {text!r} cannot be read")
        return value
    return text


def same(got: Any, wanted: Any) -> bool:
    """Equality of FEEL; numbers to eight decimals, as the kit's own runners compare."""
    if wanted is None or got is None:
        return got is None and wanted is None
    if isinstance(wanted, bool) or isinstance(got, bool):
        return got is wanted
    if isinstance(wanted, Decimal):
        number = Decimal(str(got)) if isinstance(got, (int, float, Decimal)) else None
        return number is not None and abs(number - wanted) <= Decimal("1e-8") * max(Decimal(1), abs(wanted))
    if isinstance(wanted, list):
        return (
            isinstance(got, list)
            and len(got) == len(wanted)
            and all(same(a, b) for a, b in zip(got, wanted, strict=True))
        )
    if isinstance(wanted, dict):
        return isinstance(got, dict) and got.keys() == wanted.keys() and all(same(got[k], wanted[k]) for k in got)
    return feel.evaluate("got = wanted", {"got": got, "wanted": wanted}) is True
