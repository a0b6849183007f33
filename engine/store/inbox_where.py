"""Conditions of the inbox on whatever holds the columns: the task itself, or a candidacy's copy of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, true

from engine.domain.finding import asked, needed
from engine.store import tables as t
from engine.store.types import has_all

#: Conditions and the columns they read: what a candidacy has copied needs no look at the task.
COPIED = frozenset(
    {"flows", "stage", "segment", "rank", "amount_from", "amount_to", "due_before", "due_after", "awake", "asleep"}
)
CONDITIONS = COPIED | {"search", "instance_id", "record_id", "assignee"}
_TASK = t.task.c


@dataclass(frozen=True)
class Seen:
    """Rows to choose from: their columns by name, and the condition that they may be seen."""

    columns: Mapping[str, ColumnElement[Any]]
    rights: ColumnElement[bool]
    candidacy: bool = False

    def joined(self, query: Select[Any], names: tuple[tuple[str, int], ...]) -> Select[Any]:
        """With the task beside a candidacy, where a condition reads what is not copied."""
        if not self.candidacy or all(name in COPIED for name, _ in names):
            return query
        return query.join(t.task, t.task.c.id == t.task_candidate.c.task_id)


def of_task(rights: ColumnElement[bool] | None = None) -> Seen:
    """Rows of ``task``."""
    return Seen({c.key: c for c in t.task.c}, true() if rights is None else rights)


def of_candidacy(rights: ColumnElement[bool]) -> Seen:
    """Rows of ``task_candidate``."""
    k = t.task_candidate.c
    return Seen({"id": k.task_id, **{c.key: c for c in k}}, rights, candidacy=True)


def values_of(wanted: Mapping[str, Any], mark: str = "") -> tuple[tuple[tuple[str, int], ...], dict[str, Any]]:
    """The shape of some conditions ((name, number of values) …) and their values as parameters."""
    names: list[tuple[str, int]] = []
    values: dict[str, Any] = {}
    for name in sorted(wanted):
        value = wanted[name]
        if value is None or value == "":
            continue
        if name not in CONDITIONS:
            raise KeyError(name)
        if name == "search":
            words = asked(str(value))
            if not words:
                continue
            values[f"{mark}grams"] = needed(words)
            value = [f"%{_plain(word)}%" for word in words]
        if isinstance(value, (tuple, list)):
            names.append((name, len(value)))
            values |= {f"{mark}{name}_{n}": item for n, item in enumerate(value)}
        else:
            names.append((name, 1))
            values[f"{mark}{name}"] = value
    return tuple(names), values


def searches(names: tuple[tuple[str, int], ...]) -> bool:
    """Whether words are looked for: rare ones are looked up, of common ones the first are met soon in any order."""
    return any(name == "search" for name, _ in names)


def _plain(text: str) -> str:
    """A word of a search as LIKE takes it: its own wildcards mean themselves."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


def holds(seen: Seen, names: tuple[tuple[str, int], ...], mark: str = "") -> list[ColumnElement[bool]]:
    """The conditions on these rows."""
    return [_holds(seen.columns, name, number, mark) for name, number in names]


def _holds(c: Mapping[str, ColumnElement[Any]], name: str, number: int, mark: str) -> ColumnElement[bool]:
    def value(of: ColumnElement[Any]) -> ColumnElement[Any]:
        return bindparam(f"{mark}{name}", type_=of.type)

    if name == "flows":
        return c["definition_id"].in_(
            [bindparam(f"{mark}flows_{n}", type_=_TASK.definition_id.type) for n in range(number)]
        )
    if name in ("stage", "segment"):
        return c[name] == value(c[name])
    if name in ("record_id", "instance_id", "assignee"):
        return _TASK[name] == value(_TASK[name])
    if name == "rank":
        return c["rank"] <= value(c["rank"])
    if name in ("amount_from", "amount_to"):
        amount = c["amount"]
        return amount >= value(amount) if name == "amount_from" else amount <= value(amount)
    if name in ("due_before", "due_after"):
        at = c["breach_at"]
        return at < value(at) if name == "due_before" else at >= value(at)
    if name in ("awake", "asleep"):
        # Put off until later, and not late already: what breaches comes back by itself.
        later = c["follow_up_at"]
        if name == "asleep":
            return later > value(later)
        return or_(later.is_(None), later <= value(later), c["breach_at"] <= value(later))
    return _found(number, mark)


def _found(number: int, mark: str) -> ColumnElement[bool]:
    """Each word stands somewhere in the name (also translated), the customer's name or the business key."""
    grams = has_all(_TASK.grams, bindparam(f"{mark}grams", type_=_TASK.grams.type))
    words = [bindparam(f"{mark}search_{n}", type_=_TASK.words.type) for n in range(number)]
    return and_(grams, *(_TASK.words.like(word, escape="/") for word in words))
