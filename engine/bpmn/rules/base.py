"""The registry of rules: a decorator per rule, the texts apart, and what a rule may look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.bpmn.dialect_camunda7 import Translation
from engine.domain.states import Severity
from engine.model.graph import Model


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What a company has: ids of forms, decisions, processes and groups. None = not known, nothing is reported."""

    forms: Collection[str] | None = None
    decisions: Collection[str] | None = None
    processes: Collection[str] | None = None
    groups: Collection[str] | None = None
    tags: Collection[tuple[str, str, str]] | None = None  # ("calls" or "forms", name, version tag) that are asked for


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may look at."""

    model: Model
    catalogue: Catalogue
    source: bytes = b""
    translation: Translation = field(default_factory=Translation)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a rule is broken; ``params`` fill the texts' ``{…}``."""

    xml: etree._Element | None
    line: int | None = None
    severity: Severity | None = None  # overrides the rule's
    params: dict[str, Any] = field(default_factory=dict)


Check = Callable[[Context], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    severity: Severity
    check: Check


#: All rules by code, filled by the modules of this package.
RULES: dict[str, Rule] = {}


def rule(code: str, severity: Severity) -> Callable[[Check], Check]:
    """Register a check under its code; one code, one rule."""

    def register(check: Check) -> Check:
        if code in RULES:
            raise ValueError(f"{code} is taken by {RULES[code].check.__name__}")
        RULES[code] = Rule(code, severity, check)
        return check

    return register


def hit(xml: etree._Element | None, line: int | None = None, **params: Any) -> Hit:
    """A ``Hit`` at an element; ``line`` only where it differs from the element's."""
    return Hit(xml, line, None, params)


ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
