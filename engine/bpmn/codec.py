"""Instance state as bytes: versioned, compact, without specs; every value comes back as it was.

Layout (msgpack): ``[version, next key, base, data, tokens, scopes, log, sleepers]``; a token is
``[key, node, state, since, flow, host, armed, data, internal, detail]``; a scope is
``[host key, called process or "", data, written, tokens, log]``, outer scopes first; a log (of what can be undone)
is left out where it is empty. Where many tokens hang on others (a thousand parallel items), the state has version 2
and they are its sleepers: ``[host key of the scope or 0, [[host, lowest key, highest key, zlib of key → token] …]]``,
left packed until one is asked for.
Nodes are named by element id, so that a newer compiler may order them otherwise. Values: ``codec_values``.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from engine.bpmn.codec_values import decoder, encoder, packed
from engine.bpmn.process import Process
from engine.bpmn.runtime_flow import Instance
from engine.bpmn.runtime_sleep import Bed, Shelf, Ward, lay, may_sleep
from engine.bpmn.specs.base import LIVE, Token
from engine.domain.errors import RunError

VERSION = 1
SLEEPERS = 2  # the version of a state with sleepers; earlier releases refuse it, as they would lose them
_DATA, _INNER, _DETAIL = 7, 8, 9  # where a token's row has its own variables, its state, what history will tell
_MANY = 32  # tokens of a scope above which some may sleep
_LARGE = 512  # bytes of variables from which on each is kept as it was stored until it is set anew
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_parts = msgspec.msgpack.Decoder(list[msgspec.Raw])
_named = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_bedded = msgspec.msgpack.Decoder(dict[int, msgspec.Raw])


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


def _asleep(token: Token) -> list[Any]:
    """A sleeper's row: what the runs of a loop all say of themselves is left out, and what is said twice.

    Its key is its place in the bed; the number of its run counts from there, so that rows are alike and small.
    """
    row, inner = _token(token), token.internal_data
    given, index = inner.get("given"), inner.get("index")
    if given and token.data == given:
        row[_DATA] = True
    if index is not None and token.detail == {"loop": index + 1}:
        row[_DETAIL] = True
    if given and given.get("loopCounter") == index + 1:
        del row[_INNER]["given"]["loopCounter"]
    row[0] = None
    if index is not None:
        row[_INNER]["index"] = index - token.id
    return row


def _woken(key: int, row: list[Any]) -> list[Any]:
    """The whole row of a sleeper; one with a key of its own is of before keys were left out."""
    inner = row[_INNER]
    if row[0] is None:
        row[0] = key
        if "index" in inner:
            inner["index"] += key
    if "given" in inner:
        inner["given"].setdefault("loopCounter", inner["index"] + 1)
    if row[_DATA] is True:
        row[_DATA] = dict(inner["given"])
    if len(row) > _DETAIL and row[_DETAIL] is True:
        row[_DETAIL] = {"loop": inner["index"] + 1}
    return row


def dump(instance: Instance) -> bytes:
    """The state of an instance. Raises ``RunError`` CRM-631 for a value that cannot be stored."""
    asleep: list[Any] = []
    tokens = _rows(instance, instance, 0, asleep)
    scopes = [
        [
            key,
            scope.spec.name if scope.called else "",
            packed(scope.data),
            sorted(scope.written),
            _rows(instance, scope, key, asleep),
            *([packed(scope.log)] if scope.log else ()),
        ]
        for key, scope in instance.subprocesses.items()
    ]
    base = instance.base["instance"]
    head = [base.get("id"), base.get("businessKey")]
    if "startedBy" in instance.base:
        head.append(instance.base["startedBy"])
    state = [VERSION, instance.next_key, head, _variables(instance), tokens, scopes]
    if instance.log or asleep:
        state.append(packed(instance.log))
    if asleep:
        state[0] = SLEEPERS
        state.append(asleep)
    return encoder.encode(state)


def _rows(instance: Instance, scope: Any, host: int, asleep: list[Any]) -> list[Any]:
    """The rows of a scope's tokens that are awake; those that (go on to) sleep are put into ``asleep``."""
    tasks = scope.tasks
    beds = list(tasks.wards[0].beds) if isinstance(tasks, Shelf) else []
    if not beds and len(tasks) <= _MANY:
        return [_token(token) for token in tasks.values()]
    stay: list[Token] = []
    for token in dict.values(tasks):
        if may_sleep(token, instance):
            lay(token.host, token.id, msgspec.Raw(encoder.encode(_asleep(token))), beds)
        else:
            stay.append(token)
    kept = [
        [bed.host, bed.low, bed.high, bed.packed or _packed_rows(bed.rows)] for bed in beds if bed.packed or bed.rows
    ]
    if kept:
        asleep.append([host, kept])
    return [_token(token) for token in sorted(stay, key=lambda token: token.id)]


def _packed_rows(rows: Any) -> bytes:
    # The rows of a bed differ in little but their keys: a fifth of the bytes, for few microseconds.
    return zlib.compress(encoder.encode(rows), 1)


def _unpacked_rows(packed: bytes) -> dict[int, msgspec.Raw]:
    rows: dict[int, msgspec.Raw] = _bedded.decode(zlib.decompress(packed))
    return rows


def _variables(instance: Instance) -> dict[str, Any]:
    """The process's variables; those that were not set since they were read go back as they came."""
    kept = instance.kept
    return {
        name: kept[name][1] if name in kept and kept[name][0] is value else packed(value)
        for name, value in instance.data.items()
    }


def _read_variables(instance: Instance, raw: msgspec.Raw) -> None:
    if memoryview(raw).nbytes < _LARGE:
        instance.data = decoder.decode(raw)
        return
    for name, part in _named.decode(raw).items():
        value = instance.data[name] = decoder.decode(part)
        if type(value) is list or type(value) is dict:
            instance.kept[name] = (value, part)


def load(state: bytes, process: Process) -> Instance:
    """The instance a state describes, against its compiled process.

    Raises ``RunError`` CRM-630 when the bytes are no state of this version, CRM-632 when the state names an
    element the process does not have.
    """
    instance = Instance(process.scope)
    try:
        # Later releases may add fields at the end; what they add has a default here.
        first, count, base, data, *rest = _parts.decode(state)
        version, head = decoder.decode(first), decoder.decode(base)
        instance.next_key = decoder.decode(count)
        _read_variables(instance, data)
        tokens, scopes, *more = (decoder.decode(part) for part in rest[:3])
        sleepers = decoder.decode(rest[3]) if version == SLEEPERS else ()
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, IndexError) as e:
        raise RunError("CRM-630", "The instance's state cannot be read.", fix="Restore it from a backup.") from e
    if version not in (VERSION, SLEEPERS):
        raise RunError(
            "CRM-630",
            f"The instance's state has version {version}; this release reads versions {VERSION} and {SLEEPERS}.",
            fix="Use the release that wrote it, or a later one.",
        )
    instance.base = {"instance": {"id": head[0], "businessKey": head[1]}}
    if len(head) > 2:
        instance.base["startedBy"] = head[2]
    instance.log = more[0] if more else []
    _place(instance, instance, tokens)
    # A scope's own host may be among the sleepers' hosts, but no sleeper is the host of a scope.
    for key, called, variables, written, inner, *last in scopes:
        host = instance.tokens[key]
        spec = process.scopes.get(called) if called else host.task_spec.inner
        if spec is None:
            raise _unknown(called)
        scope = instance.new_scope(host, spec, called=bool(called))
        scope.data = variables
        scope.written = set(written)
        scope.log = last[0] if last else []
        _place(instance, scope, inner)
    if sleepers:
        _bed(instance, sleepers)
    return instance


def _bed(instance: Instance, sleepers: Any) -> None:
    """Leave the sleepers asleep."""
    wards = []
    for key, beds in sleepers:
        scope = instance.subprocesses[key] if key else instance

        def place(at: int, row: msgspec.Raw, scope: Any = scope) -> None:
            _place(instance, scope, [_woken(at, decoder.decode(row))])

        made = [Bed(host, low, high, packed, None) for host, low, high, packed in beds]
        ward = Ward(instance, scope, made, place, _unpacked_rows)
        scope.tasks = Shelf(scope.tasks, (ward,))
        wards.append(ward)
    instance.tokens = Shelf(instance.tokens, tuple(wards))


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


def dump_data(values: Mapping[str, Any]) -> bytes:
    """Variables alone, as stored. Raises ``RunError`` CRM-631 for a value that cannot be stored."""
    return encoder.encode(packed(dict(values)))


def load_data(raw: bytes) -> dict[str, Any]:
    """The variables that ``dump_data`` wrote."""
    values: dict[str, Any] = decoder.decode(raw)
    return values


def asleep_in(state: bytes) -> int:
    """How many tokens sleep in a state: for tests and for looking into what is stored."""
    if not state:
        return 0
    version, _, _, _, _, _, *more = decoder.decode(state)
    return sum(len(_unpacked_rows(bed[3])) for _, beds in more[1] for bed in beds) if version == SLEEPERS else 0
