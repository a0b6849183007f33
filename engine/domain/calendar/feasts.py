"""Public holidays and make-up working days (China's 调休) of a country or subdivision, by the ``holidays`` library."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

_SWAPPED = re.compile(r"substituted from (\d{2})/(\d{2})/(\d{4})")


@dataclass(frozen=True, slots=True)
class Feasts:
    """One year: the days off by name; the weekend days people work, with the day off each makes up for."""

    off: dict[date, str]
    makeup: dict[date, date | None]


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
    return Feasts({day: name for day, name in sorted(found.items()) if day.year == year}, makeup)


def _ask(country: str, part: str | None, year: int) -> Any:
    import holidays

    kind = getattr(holidays, country)
    # Said outright: otherwise the names would follow the language of the machine.
    more: dict[str, Any] = {"language": "en_US"} if "en_US" in (kind.supported_languages or ()) else {}
    with warnings.catch_warnings():
        # It warns about years it only estimates (moon calendars); an estimate is what there is.
        warnings.simplefilter("ignore")
        return holidays.country_holidays(country, subdiv=part, years=year, **more)
