"""Working time: what is open when, how long something took, when it is due, and why. See ``docs/time.md``."""

from engine.domain.calendar.core import Calendar
from engine.domain.calendar.explain import DayNote, Explanation

__all__ = ["Calendar", "DayNote", "Explanation"]
