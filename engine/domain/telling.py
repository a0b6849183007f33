"""When and how a person is told: their ways, quiet hours, digest. Pure: from preferences and a time to a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.domain.errors import Invalid

WAYS = ("app", "mail", "webhook")  # of one notification
_FIX = f"Write channels as a list of {', '.join(WAYS)}."
MAILS = ("at once", "digest", "off")


def ways_of(given: Any) -> tuple[str, ...]:
    """The ways a rung or a model names; all of them if it names none. What is no way is left out."""
    said = [given] if isinstance(given, str) else given if isinstance(given, (list, tuple)) else ()
    return tuple(way for way in WAYS if way in said) or WAYS


def ensure_ways(given: Any) -> None:
    """Raise ``Invalid`` CRM-078 for ways that are none: they would be passed over in silence."""
    said = [given] if isinstance(given, str) else given
    if said and not (isinstance(said, (list, tuple)) and all(way in WAYS for way in said)):
        raise Invalid("CRM-078", f"'{given}' is no way to tell people.", fix=_FIX)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to be told. In the app they are told always."""

    mail: str = "at once"  # one of MAILS
    webhook: str | None = None  # URL; its host must be on the allow-list
    quiet: tuple[str, str] | None = None  # "20:00", "07:30": no mail in between, local time
    digest_at: str = "08:00"
    off: tuple[str, ...] = field(default=())  # kinds of news not sent by mail: assigned, told, reminder

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wishes:
        """From stored or typed values; raises ``Invalid`` CRM-090."""
        known = {k: v for k, v in given.items() if k in cls.__slots__}
        quiet = known.get("quiet")
        known["quiet"] = tuple(quiet) if quiet and any(quiet) else None
        known["off"] = tuple(known.get("off") or ())
        known["webhook"] = (known.get("webhook") or "").strip() or None
        wishes = cls(**known)
        wishes.check()
        return wishes

    def check(self) -> None:
        """Raise ``Invalid`` CRM-090 for what cannot be kept to."""
        if self.mail not in MAILS:
            raise Invalid("CRM-090", f"'{self.mail}' is no way to get mail.", fix=f"Use one of {', '.join(MAILS)}.")
        if self.webhook is not None and not self.webhook.startswith(("https://", "http://")):
            raise Invalid("CRM-090", "The webhook is not an http address.", fix="Give https://….")
        for text in (self.digest_at, *(self.quiet or ())):
            _clock(text)
        if self.quiet is not None and len(self.quiet) != 2:
            raise Invalid("CRM-090", "Quiet hours have a begin and an end.", fix="Give both, as in 20:00 and 07:30.")

    def stored(self) -> dict[str, Any]:
        """As JSON; what is at its default is left out."""
        default = Wishes()
        return {k: v for k in self.__slots__ if (v := getattr(self, k)) != getattr(default, k)}


def mail_at(wishes: Wishes, now: datetime, zone: str) -> datetime:
    """When a mail asked for now may go out: at once or with the next digest, and never in the quiet hours."""
    at = _next(now, wishes.digest_at, zone) if wishes.mail == "digest" else now
    if wishes.quiet is None:
        return at
    begin, end = (_clock(text) for text in wishes.quiet)
    local = at.astimezone(ZoneInfo(zone)).time()
    inside = begin <= local < end if begin <= end else local >= begin or local < end
    return _next(at, wishes.quiet[1], zone) if inside else at


def _next(now: datetime, text: str, zone: str) -> datetime:
    """The next time the clock on the wall shows this; an hour that is repeated shows it twice."""
    day = now.astimezone(ZoneInfo(zone)).date()
    shown = (
        datetime.combine(day + timedelta(days=days), _clock(text), ZoneInfo(zone)).replace(fold=fold)
        for days in (0, 1, 2)
        for fold in (0, 1)
    )
    # Two times of one zone would be compared by the wall alone.
    return next(found.astimezone(now.tzinfo) for found in shown if found.astimezone(UTC) > now)


def _clock(text: str) -> time:
    try:
        found = time.fromisoformat(text)
        if found.tzinfo is not None:  # it is the reader's own clock; "20:00+01:00" could not be compared with it
            raise ValueError(text)
    except (TypeError, ValueError):
        raise Invalid("CRM-090", f"'{text}' is no time of day.", fix="Write it as 08:30.") from None
    return found
