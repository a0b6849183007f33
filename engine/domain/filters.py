"""What a person wants to see of the inbox: a box, conditions on the task and its business facts, an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.domain.errors import Invalid

BOXES = ("mine", "teams", "visible", "delegated", "following", "later", "all")
SORTS = ("due", "priority", "newest")
DUES = ("overdue", "soon", "today", "week", "none")
COLOURS = ("blue", "green", "yellow", "orange", "red", "purple", "teal", "grey")
COLUMNS = ("flow", "stage", "segment", "amount", "priority", "assignee", "created", "key")
SOON = timedelta(hours=4)  # "at risk": due within this time
_TEXTS = ("search", "flow", "stage", "segment", "customer", "assignee")
_LONGEST = 200


def ensure_box(box: str) -> None:
    """Raise ``Invalid`` CRM-015 for a box that does not exist."""
    if box not in BOXES:
        raise Invalid("CRM-015", f"There is no box '{box}'.", fix=f"Use one of: {', '.join(BOXES)}.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Conditions that all hold; an empty one is none. ``due``: of ``DUES``; amounts in the record's own currency."""

    box: str = "mine"
    search: str = ""  # name, customer's name, business key
    flow: str = ""  # definition key
    stage: str = ""
    segment: str = ""
    customer: str = ""  # record id
    assignee: str = ""
    priority: int | None = None  # this or higher
    amount_from: float | None = None
    amount_to: float | None = None
    due: str = ""
    sort: str = "due"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Wanted:
        """From a mapping as saved or sent. Raises ``Invalid`` CRM-015, CRM-081 for what is not a condition."""
        known = {f.name for f in fields(cls)}
        strange = sorted(set(given) - known)
        if strange:
            raise Invalid("CRM-081", f"'{strange[0]}' is no condition.", fix=f"Use: {', '.join(sorted(known))}.")
        values = {name: value for name, value in given.items() if value not in (None, "")}
        for name in _TEXTS:
            if name in values and (not isinstance(values[name], str) or len(values[name]) > _LONGEST):
                raise Invalid("CRM-081", f"'{name}' takes a text of at most {_LONGEST} characters.", fix="Shorten it.")
        for name, kind in (("priority", int), ("amount_from", float), ("amount_to", float)):
            if name in values:
                values[name] = _number(name, values[name], kind)
        made = cls(**values)
        made.check()
        return made

    def check(self) -> None:
        """Raise ``Invalid`` for a box (CRM-015), an order or a time (CRM-081) that does not exist."""
        ensure_box(self.box)
        for name, legal in (("sort", SORTS), ("due", ("", *DUES))):
            value = getattr(self, name)
            if value not in legal:
                told = ", ".join(filter(None, legal))
                raise Invalid("CRM-081", f"'{value}' is no value of '{name}'.", fix=f"Use one of: {told}.")

    def plain(self) -> dict[str, Any]:
        """As saved: what differs from the default, the box always."""
        return {"box": self.box, **{k: v for k, v in asdict(self).items() if v not in (None, "") and k != "box"}}


@dataclass(frozen=True, slots=True)
class Times:
    """The moments that "due" means for a reader: ``after`` ≤ due < ``before``; ``never``: no due date at all."""

    before: datetime | None = None
    after: datetime | None = None
    never: bool = False
    known: bool = field(default=False)  # False: any time

    @classmethod
    def of(cls, due: str, now: datetime, timezone: str) -> Times:
        """``today`` and ``week`` (to the end of Sunday) end at midnight in the reader's zone."""
        if not due:
            return cls()
        if due == "none":
            return cls(never=True, known=True)
        if due == "overdue":
            return cls(before=now, known=True)
        if due == "soon":
            return cls(before=now + SOON, after=now, known=True)
        here = now.astimezone(ZoneInfo(timezone))
        days = 1 if due == "today" else 7 - here.weekday()
        end = (here + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
        return cls(before=end, known=True)


def _number(name: str, value: Any, kind: type) -> Any:
    try:
        if isinstance(value, bool):
            raise ValueError(value)
        number = kind(value)
        if number != number or abs(number) > 1e15:
            raise ValueError(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Invalid("CRM-081", f"'{name}' takes a number.", fix="Write digits.") from error
    return number
