"""How the Camunda 7 family writes times: Quartz's cron, and the cycle that says how often failed work is tried."""

from __future__ import annotations

import re

_WEEK = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


def quartz(text: str) -> str:
    """A cron expression with weekdays as numbers, which count from Sunday = 1 in that family: by names instead."""
    fields = text.split()
    if len(fields) in (6, 7):
        fields[5] = re.sub(r"(?<![/#\d])[1-7]", lambda n: _WEEK[int(n[0]) - 1], fields[5])
    return " ".join(fields)


def attempts(text: str) -> str:
    """How often work is tried: the count of a cycle, or one more than a list has waits; "" where it does not say."""
    count = re.match(r"R(\d+)/", text.strip())
    if count is not None:
        return count[1]
    return str(text.count(",") + 2) if "," in text else ""
