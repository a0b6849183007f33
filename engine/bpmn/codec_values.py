"""Values as msgpack carries them: every stored value comes back as it was.

Decimals, times, FEEL temporals, big integers and record references travel as msgpack extensions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.bpmn.runtime_vars import STORED
from engine.domain.errors import RunError
from engine.domain.values import RecordRef
from engine.feel import temporal

_I64 = 1 << 63
_Ext = msgspec.msgpack.Ext


def _dt(value: datetime) -> str:
    zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else ""
    fold = "~" if value.fold else ""
    return f"{value.isoformat()}{fold}@{zone}" if zone else value.isoformat()


def _undt(text: str) -> datetime:
    text, _, zone = text.partition("@")
    value = datetime.fromisoformat(text.removesuffix("~"))
    if zone:
        value = value.replace(tzinfo=ZoneInfo(zone), fold=1 if text.endswith("~") else 0)
    return value


def _td(value: timedelta) -> str:
    return f"{value.days},{value.seconds},{value.microseconds}"


def _untd(text: str) -> timedelta:
    days, seconds, micros = text.split(",")
    return timedelta(int(days), int(seconds), int(micros))


#: code → (class, to text, from text). Codes are for ever; new ones are added at the end.
_EXTENSIONS: dict[int, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    1: (Decimal, str, Decimal),
    2: (int, str, int),
    3: (datetime, _dt, _undt),
    4: (date, date.isoformat, date.fromisoformat),
    5: (time, time.isoformat, time.fromisoformat),
    6: (timedelta, _td, _untd),
    7: (RecordRef, lambda r: f"{r.kind}\x00{r.id}", lambda t: RecordRef(*t.split("\x00", 1))),
}


def _dtf(value: Any) -> str:
    offset = "" if value.offset is None else value.offset
    return f"{value.days},{value.nanos},{offset},{value.zone or ''}"


def _undtf(text: str) -> Any:
    days, nanos, offset, zone = text.split(",")
    return temporal.DateTime(int(days), int(nanos), int(offset) if offset else None, zone or None)


def _tf(value: Any) -> str:
    return f"{value.nanos},{'' if value.offset is None else value.offset},{value.zone or ''}"


def _untf(text: str) -> Any:
    nanos, offset, zone = text.split(",")
    return temporal.Time(int(nanos), int(offset) if offset else None, zone or None)


_EXTENSIONS |= {
    8: (temporal.DateTime, _dtf, _undtf),
    9: (temporal.Time, _tf, _untf),
    10: (temporal.Days, lambda d: str(d.nanos), lambda t: temporal.Days(int(t))),
    11: (temporal.Months, lambda m: str(m.months), lambda t: temporal.Months(int(t))),
    12: (
        temporal.FarDate,
        lambda d: f"{d.year},{d.month},{d.day}",
        lambda t: temporal.FarDate(*(int(part) for part in t.split(","))),
    ),
}
STORED.update(cls for cls, _, _ in _EXTENSIONS.values())
_OUT = {cls: (code, write) for code, (cls, write, _) in _EXTENSIONS.items() if cls is not int}
_PART = 20  # values of a loop that are sealed together
_AS_IS = frozenset({type(None), bool, str, float, bytes})  # bytes: what is sealed


def packed(value: Any) -> Any:
    """A stored value as msgpack can carry it."""
    kind = type(value)
    if kind in _AS_IS:
        return value
    if kind is int:
        return value if -_I64 <= value < _I64 else _Ext(2, str(value).encode())
    if kind is dict:
        return {name: packed(item) for name, item in value.items()}
    if kind is list or kind is tuple:
        return _packed_list(value)
    found = _OUT.get(kind)
    if found is None:
        raise RunError("CRM-631", f"A {kind.__name__} cannot be stored.", fix="Store texts, numbers, times or lists.")
    code, write = found
    return _Ext(code, write(value).encode())


def _packed_list(value: Any) -> list[Any]:
    kinds = set(map(type, value))  # long lists are mostly of one kind
    if kinds <= _AS_IS:
        return list(value)
    if kinds == {Decimal}:
        return [_Ext(1, str(item).encode()) for item in value]
    return [packed(item) for item in value]


def _unpacked(code: int, data: memoryview) -> Any:
    if code == 1:
        return Decimal(str(data, "ascii"))
    return _EXTENSIONS[code][2](bytes(data).decode())


encoder = msgspec.msgpack.Encoder()
decoder = msgspec.msgpack.Decoder(ext_hook=_unpacked)


def sealed(value: Any) -> bytes:
    """A stored value as bytes, for what is kept by the thousand and seldom looked at."""
    return encoder.encode(packed(value))


def opened(value: Any) -> Any:
    """What was sealed; earlier releases kept the value itself, which is never bytes."""
    return decoder.decode(value) if type(value) is bytes else value


def no_yields(count: int) -> list[Any]:
    """Room for what ``count`` runs of a loop yield. A completion opens one part of it and seals it again."""
    return [sealed([None] * min(_PART, count - at)) for at in range(0, count, _PART)]


def set_yield(parts: list[Any], index: int, value: Any) -> None:
    """Keep what a run has yielded. Earlier releases kept one value per run, not sealed parts."""
    if type(parts[0]) is not bytes:
        parts[index] = value
        return
    part = opened(parts[index // _PART])
    part[index % _PART] = value
    parts[index // _PART] = sealed(part)


def yields(parts: list[Any]) -> list[Any]:
    """All of them, in the order of the runs."""
    if not parts or type(parts[0]) is not bytes:
        return parts
    return [value for part in parts for value in opened(part)]
