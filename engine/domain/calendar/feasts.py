"""Public holidays and make-up working days (China's 调休) of a country or subdivision, by the ``holidays`` library."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from engine.domain.calendar.feast_names import in_chinese

_SWAPPED = re.compile(r"substituted from (\d{2})/(\d{2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class Feasts:
    """One year: the days off by name; the weekend days people work, with the day off each makes up for."""

    off: dict[date, str]
    makeup: dict[date, date | None]
    chinese: dict[date, str]  # the same days by their Chinese names


@lru_cache(maxsize=4096)
def feasts(country: str, part: str | None, year: int) -> Feasts:
    """The feasts of a year. Beyond the years the library knows, there are none."""
    found = _ask(country, part, year)
    workdays = getattr(found, "weekend_workdays", ())
    makeup: dict[date, date | None] = {day: None for day in workdays if day.year == year}
    if makeup:
        # The day off may lie in a neighbouring year: 28 December makes up for 2 January.
        for near in (year - 1, year, year + 1):
            for day, name in _ask(country, part, near).items():
                for month, number, of in _SWAPPED.findall(name):
                    worked = date(int(of), int(month), int(number))
                    if worked in makeup:
                        makeup[worked] = day
    off = {day: name for day, name in sorted(found.items()) if day.year == year}
    return Feasts(off, makeup, _chinese(country, part, year, off))


def _chinese(country: str, part: str | None, year: int, off: dict[date, str]) -> dict[date, str]:
    """By the library where it knows them, else by our table; a name that neither knows stays as it is."""
    found = _ask(country, part, year, "zh_CN")
    return {day: in_chinese(found.get(day) or name) for day, name in off.items()}


def _ask(country: str, part: str | None, year: int, language: str = "en_US") -> Any:
    import holidays

    known = getattr(holidays, country).supported_languages or ()
    # Said outright: otherwise the names would follow the language of the machine.
    more: dict[str, Any] = next(({"language": tag} for tag in (language, "en_US") if tag in known), {})
    with warnings.catch_warnings():
        # It warns about years it only estimates (moon calendars); an estimate is what there is.
        warnings.simplefilter("ignore")
        return holidays.country_holidays(country, subdiv=part, years=year, **more)
