"""A form-js schema as typed fields; everything wrong with it is found at once when it is loaded.

==== ===================================================================================
160  not a form: not JSON, too large, no components, wrong ``type``
161  a field's structure: unknown type, key missing or badly formed, id or key doubled
162  an expression cannot be read as FEEL
163  refused: what would load foreign pages or run code in the browser
164  a pattern that cannot be read, or that could take for ever
165  a field that offers choices says not which
166  a default value or a limit that does not fit the field
167  FEEL that the browser's engine would read differently
==== ===================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INPUTS = frozenset(
    {
        "textfield",
        "textarea",
        "number",
        "datetime",
        "checkbox",
        "checklist",
        "radio",
        "select",
        "taglist",
        "expression",
        "filepicker",
    }
)
SHOWN = frozenset({"text", "html", "image", "button", "spacer", "separator", "table", "documentPreview"})
CONTAINERS = frozenset({"group", "dynamiclist", "default"})
REFUSED = {"iframe": "It would show a foreign page inside the task."}
CHOICES = frozenset({"checklist", "radio", "select", "taglist"})
MANY = frozenset({"checklist", "taglist"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A truth value that is fixed or computed: ``program`` wins over ``fixed``."""

    fixed: bool = False
    program: Any = None
    negated: bool = False  # of a condition to hide: ``not(program)``


NEVER = Rule()


@dataclass(frozen=True, slots=True)
class Field:
    """One component. ``path`` is relative to the enclosing group or list; () for what holds no data."""

    type: str
    id: str
    path: tuple[str, ...]
    label: str
    raw: Mapping[str, Any]
    hide: Rule = NEVER
    readonly: Rule = NEVER
    validate: Mapping[str, Any] = field(default_factory=dict)  # limits: values or programs
    pattern: Any = None  # program over ``value``
    options: tuple[Any, ...] | None = None  # fixed values
    options_key: tuple[str, ...] = ()
    options_program: Any = None
    program: Any = None  # of an expression field
    fields: tuple[Field, ...] = ()

    @property
    def keyed(self) -> bool:
        """Does it hold a value of its own?"""
        return self.type in INPUTS and bool(self.path)

    @property
    def repeats(self) -> bool:
        return self.type == "dynamiclist" and self.raw.get("isRepeating", True) is not False


def split(key: Any) -> tuple[str, ...]:
    """A dotted key as a path."""
    return tuple(part for part in str(key).split(".")) if key else ()
