"""Every built-in function of DMN 1.5, by name."""

from __future__ import annotations

from engine.feel.builtins import contexts, convert, dates, lists, logic, numeric, ranges, text
from engine.feel.builtins.base import KNOWN, REGISTRY, SIGNATURES, invoke

for _name in (*REGISTRY, "time offset", "start included", "end included"):
    if " " in _name:
        KNOWN.add(_name)

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
