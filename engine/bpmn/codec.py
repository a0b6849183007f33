"""Instance state as bytes: versioned, compact, without specs; every value comes back as it was.

Layout (msgpack): ``[version, next key, base, data, tokens, scopes, log]``; a token is
``[key, node, state, since, flow, host, armed, data, internal, detail]``; a scope is
``[host key, called process or "", data, written, tokens, log]``, outer scopes first; a log (of what can be undone)
is left out where it is empty. Nodes are named by element id, so
that a newer compiler may order them otherwise. Decimals, times, FEEL temporals, big integers and record
references travel as msgpack extensions.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.bpmn.process import Process
from engine.bpmn.runtime_flow import Instance
from engine.bpmn.runtime_vars import STORED
from engine.bpmn.specs.base import LIVE, Token
from engine.domain.errors import RunError
from engine.domain.values import RecordRef
from engine.feel import temporal

VERSION = 1
_I64 = 1 << 63
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
_AS_IS = frozenset({type(None), bool, str, float})


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
        return [packed(item) for item in value]
    found = _OUT.get(kind)
    if found is None:
        raise RunError("CRM-631", f"A {kind.__name__} cannot be stored.", fix="Store texts, numbers, times or lists.")
    code, write = found
    return _Ext(code, write(value).encode())


def _unpacked(code: int, data: memoryview) -> Any:
    return _EXTENSIONS[code][2](bytes(data).decode())


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ext_hook=_unpacked)


def _token(token: Token) -> list[Any]:
    since = token.since
    row = [
        token.id,
        token.task_spec.name,
        token.state,
        round((since - _EPOCH) / timedelta(microseconds=1)),
        token.flow,
        token.host,
        int(token.armed),
        packed(token.data) if token.data else None,
        packed(token.internal_data) if token.internal_data else None,
        packed(token.detail) if token.detail else None,
    ]
    while row[-1] is None or (len(row) == 7 and row[-1] == 0):
        row.pop()  # most tokens say little
    return row


def dump(instance: Instance) -> bytes:
    """The state of an instance. Raises ``RunError`` CRM-631 for a value that cannot be stored."""
    tokens = [_token(t) for t in instance.tasks.values()]
    scopes = [
        [
            key,
            scope.spec.name if scope.called else "",
            packed(scope.data),
            sorted(scope.written),
            [_token(t) for t in scope.tasks.values()],
            *([packed(scope.log)] if scope.log else ()),
        ]
        for key, scope in instance.subprocesses.items()
    ]
    log = [packed(instance.log)] if instance.log else []
    base = instance.base["instance"]
    head = [base.get("id"), base.get("businessKey")]
    return _encoder.encode([VERSION, instance.next_key, head, packed(instance.data), tokens, scopes, *log])


def load(state: bytes, process: Process) -> Instance:
    """The instance a state describes, against its compiled process.

    Raises ``RunError`` CRM-630 when the bytes are no state of this version, CRM-632 when the state names an
    element the process does not have.
    """
    try:
        # Later releases may add fields at the end; what they add has a default here.
        version, next_key, head, data, tokens, scopes, *more = _decoder.decode(state)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as e:
        raise RunError("CRM-630", "The instance's state cannot be read.", fix="Restore it from a backup.") from e
    if version != VERSION:
        raise RunError(
            "CRM-630",
            f"The instance's state has version {version}; this release reads version {VERSION}.",
            fix="Use the release that wrote it, or a later one.",
        )
    instance = Instance(process.scope)
    instance.next_key = next_key
    instance.base = {"instance": {"id": head[0], "businessKey": head[1]}}
    instance.data = data
    instance.log = more[0] if more else []
    _place(instance, instance, tokens)
    for key, called, variables, written, inner, *more in scopes:
        host = instance.tokens[key]
        spec = process.scopes.get(called) if called else host.task_spec.inner
        if spec is None:
            raise _unknown(called)
        scope = instance.new_scope(host, spec, called=bool(called))
        scope.data = variables
        scope.written = set(written)
        scope.log = more[0] if more else []
        _place(instance, scope, inner)
    return instance


def _place(instance: Instance, scope: Any, rows: list[list[Any]]) -> None:
    specs = scope.spec.task_specs
    for row in rows:
        key, name, state, since, *rest = row
        node = specs.get(name)
        if node is None:
            raise _unknown(name)
        rest += [None] * (6 - len(rest))
        flow, host, armed, data, inner, detail = rest
        token = instance.new_token(scope, node, state, key)
        token.since = _EPOCH + timedelta(microseconds=since)
        token.flow, token.host, token.armed = flow, host, bool(armed)
        token.detail = detail
        if data:
            token.data = data
        if inner:
            token.internal_data = inner
            instance.conditions += "condition" in inner
        if state & LIVE and host is None and not armed:
            scope.live += 1


def _unknown(name: str) -> RunError:
    return RunError(
        "CRM-632",
        f"The state is at '{name}', which this version of the process does not have.",
        fix="Resume it with the version it was started with.",
    )
