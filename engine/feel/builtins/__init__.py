"""Every built-in function of DMN 1.5 by name, and those beyond it that models call."""

from __future__ import annotations

from engine.feel.builtins import beyond, contexts, convert, dates, lists, logic, numeric, ranges, text
from engine.feel.builtins.base import KNOWN, REGISTRY, SIGNATURES, invoke

for _name in (*REGISTRY, "time offset", "start included", "end included"):
    if " " in _name:
        KNOWN.add(_name)

__all__ = [
    "KNOWN",
    "REGISTRY",
    "SIGNATURES",
    "beyond",
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
