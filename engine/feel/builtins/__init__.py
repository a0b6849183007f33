"""Every built-in function of DMN 1.5, by name."""

from __future__ import annotations

from engine.feel.builtins import contexts, convert, dates, lists, logic, numeric, ranges, text
from engine.feel.builtins.base import REGISTRY, SIGNATURES, invoke
from engine.feel.names import Known

KNOWN = Known(name for name in REGISTRY if " " in name)
KNOWN.add("time offset")
KNOWN.add("start included")
KNOWN.add("end included")

__all__ = [
    "KNOWN",
    "REGISTRY",
    "SIGNATURES",
    "contexts",
    "convert",
    "dates",
    "invoke",
    "lists",
    "logic",
    "numeric",
    "ranges",
    "text",
]
