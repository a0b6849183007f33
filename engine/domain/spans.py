"""Spans of time as people and files write them: ISO 8601 durations without months and years, whose length varies."""

from __future__ import annotations

import re
from typing import Literal

from babel.units import format_unit

#: Units from the longest to the shortest, as the groups of the pattern.
UNITS = ("week", "day", "hour", "minute", "second")
_PATTERN = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def units_of(text: str) -> dict[str, int | float] | None:
    """``P1DT2H`` → {"day": 1, "hour": 2}, as it is written; None for what is no such span."""
    match = _PATTERN.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    found = {unit: text for unit, text in zip(UNITS, match.groups(), strict=True) if text is not None}
    return {unit: float(text) if "." in text else int(text) for unit, text in found.items()}


def spelled(span: str, spoken: str) -> str:
    """``PT1H30M`` or ``3 business days`` in words, as long as it was written; what is neither as it is.

    ``spoken``: one of ``engine.i18n.LANGUAGES``.
    """
    days = re.fullmatch(r"(\d+)\s*(?:business days?|bd)", span.strip())
    if days is not None:
        number = int(days[1])
        return f"{number} 个工作日" if spoken == "zh_Hans" else f"{number} business day{'s' if number != 1 else ''}"
    # Babel has the Chinese words for units as short ones alone.
    length: Literal["short", "long"] = "short" if spoken == "zh_Hans" else "long"
    units = (units_of(span) or {}).items()
    return " ".join(format_unit(number, f"duration-{unit}", length, locale=spoken) for unit, number in units) or span
