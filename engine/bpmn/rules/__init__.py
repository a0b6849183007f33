"""The rules a model is checked by. Importing this package registers all of them.

Each rule is a function with a code; what it says is in ``texts``; what it may see is a ``Context``.
"""

from __future__ import annotations

from engine.bpmn.rules import (
    crm,
    data,
    events,
    flow,
    formal,
    idle,
    lengths,
    payload,
    places,
    pools,
    refs,
    run,
    silent,
    source,
    standard,
    supported,
    versions,
    words,
    work,
)
from engine.bpmn.rules.base import RULES
from engine.bpmn.rules.texts import TEXTS

__all__ = [
    "RULES",
    "TEXTS",
    "crm",
    "data",
    "events",
    "flow",
    "formal",
    "idle",
    "lengths",
    "payload",
    "places",
    "pools",
    "refs",
    "run",
    "silent",
    "source",
    "standard",
    "supported",
    "versions",
    "words",
    "work",
]
