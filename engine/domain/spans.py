"""Spans of time as people and files write them: ISO 8601 durations without months and years, whose length varies."""

from __future__ import annotations

import re

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
