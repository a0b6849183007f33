"""Values of a scenario: times and durations, FEEL after ``=``, given records, and what counts as equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from engine import feel
from engine.domain.errors import Invalid

_MARK = "$record"


def moment(text: str, now: datetime | None) -> datetime:
    """A time, or a duration from ``now``; aware, in UTC. Raises ``Invalid`` CRM-883."""
    try:
        if now is not None and text.lstrip("-").startswith("P"):
            value = feel.evaluate("now + duration(text)", {"now": now, "text": text})
            return datetime.fromisoformat(str(feel.to_json(value))).astimezone(UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise Invalid(
            "CRM-883", f"'{text}' is neither a time nor a duration.", fix="Write 2026-03-02T09:00:00Z or PT15M."
        ) from error
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def resolved(given: Any, scope: Callable[[], Mapping[str, Any]], records: Mapping[str, tuple[str, str]]) -> Any:
    """Data of a step: ``= …`` evaluated, ``{$record: name}`` as the reference of a given record."""
    if isinstance(given, str) and given.startswith("="):
        return feel.to_json(feel.compile(given[1:]).evaluate(scope()))
    if isinstance(given, Mapping):
        name = given.get(_MARK)
        if isinstance(name, str):
            if name not in records:
                raise Invalid("CRM-883", f"No record '{name}' is given.", fix=f"Given are: {', '.join(records)}.")
            return {_MARK: list(records[name])}
        return {key: resolved(value, scope, records) for key, value in given.items()}
    if isinstance(given, list):
        return [resolved(value, scope, records) for value in given]
    return given


def fits(wanted: Any, actual: Any, scope: Callable[[], Mapping[str, Any]]) -> bool:
    """Whether a value is as wanted: numbers by value, contexts in the fields that are named, ``= …`` as a FEEL test."""
    if isinstance(wanted, str) and wanted.startswith("="):
        program = feel.compile(wanted[1:].strip(), kind="unary-tests")
        return program.test(feel.from_json(actual), scope()) is True
    if isinstance(wanted, Mapping):
        return isinstance(actual, Mapping) and all(fits(v, actual.get(k), scope) for k, v in wanted.items())
    if isinstance(wanted, list):
        same = isinstance(actual, (list, tuple)) and len(actual) == len(wanted)
        return same and all(fits(w, a, scope) for w, a in zip(wanted, actual, strict=True))
    if isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        return _number(actual) == Decimal(str(wanted))
    return bool(wanted == actual)


def _number(value: Any) -> Decimal | None:
    """A number as JSON has it; exact ones that JSON cannot hold travel as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        return None
    try:
        return Decimal(str(value))
    except ArithmeticError:
        return None
