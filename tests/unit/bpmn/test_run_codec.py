"""State as bytes: exact values, versioned, small, without specs; errors that name the culprit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from bpmn_play import NOW, flows, process, tag, user

from engine.bpmn import Runtime, codec, compile
from engine.domain.errors import RunError
from engine.domain.values import RecordRef
from engine.feel.temporal import DateTime, Days, FarDate, Months, Time

XML = process(tag("startEvent", "s"), user("u"), user("v"), flows("s > u > v"))
PROCESS = compile(XML, "p", {})
RUNTIME = Runtime(lambda name, inputs: (None, ()), lambda ref: {})
VALUES = {
    "null": None,
    "truth": True,
    "int": 7,
    "negative": -7,
    "edge": 2**63 - 1,
    "big": 2**63,
    "huge": -(2**200),
    "float": 0.1,
    "exact": Decimal("0.10"),
    "many": Decimal("1234567890.123456789012345678901234"),
    "tiny": Decimal("1E-30"),
    "text": "线索 ☎ \x00",
    "moment": datetime(2026, 3, 29, 1, 30, 0, 7, tzinfo=UTC),
    "shifted": datetime(2026, 3, 29, 1, 30, tzinfo=timezone(timedelta(hours=8))),
    "zoned": datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    "local": datetime(2026, 1, 1, 1, 1),
    "day": date(2026, 2, 28),
    "clock": time(9, 30, tzinfo=UTC),
    "span": timedelta(days=-1, microseconds=3),
    "record": RecordRef("lead", "00abc"),
    "list": [1, [Decimal(2), None], {"a": RecordRef("account", "x")}],
    "context": {"a b": {"c": [date(2020, 1, 1)]}, "": 0},
    "feel moment": DateTime(20000, 5_000_000_001, None, "Asia/Shanghai"),
    "feel offset": DateTime(20000, 1, 3600),
    "feel local": DateTime(-900000, 0),
    "feel time": Time(1, 7200),
    "feel days": Days(-(10**18)),
    "feel months": Months(-13),
    "far": FarDate(-44, 3, 15),
}


@pytest.mark.parametrize("name", VALUES)
def test_every_value_comes_back_as_it_was(name):
    value = VALUES[name]
    state = RUNTIME.start(PROCESS, {"v": value}, NOW).finish().state
    back = RUNTIME.resume(PROCESS, state, NOW).instance.data["v"]
    assert back == value
    assert type(back) is type(value)
    assert repr(back) == repr(value)
    for part in ("tzinfo", "fold", "zone", "offset"):
        assert getattr(back, part, None) == getattr(value, part, None)


def test_a_state_is_small_and_holds_no_specs():
    step = RUNTIME.start(PROCESS, {"lead": RecordRef("lead", "L1")}, NOW, business_key="B", instance_id="i").finish()
    assert len(step.state) < 120
    assert b"sequenceFlow" not in step.state


def test_dumping_is_stable():
    state = RUNTIME.start(PROCESS, VALUES, NOW).finish().state
    assert codec.dump(RUNTIME.resume(PROCESS, state, NOW).instance) == state


def test_keys_never_repeat_within_an_instance():
    run = RUNTIME.start(PROCESS, {}, NOW)
    step = run.finish()
    seen = {h.key for h in step.history} | {t.key for t in step.opened}
    run = RUNTIME.resume(PROCESS, step.state, NOW)
    run.complete(step.opened[0].key)
    assert {t.key for t in run.finish().opened}.isdisjoint(seen)


@pytest.mark.parametrize(
    "state", [b"", b"\x00", b"garbage", msgspec.msgpack.encode([1, 2]), msgspec.msgpack.encode({})]
)
def test_what_is_no_state_is_said_so(state):
    with pytest.raises(RunError) as error:
        codec.load(state, PROCESS)
    assert error.value.code == "CRM-630"


def test_a_later_version_is_refused_by_number():
    with pytest.raises(RunError) as error:
        codec.load(msgspec.msgpack.encode([99, 1, [None, None], {}, [], []]), PROCESS)
    assert error.value.code == "CRM-630"
    assert "99" in error.value.message


def test_an_element_that_is_gone_is_named():
    state = RUNTIME.start(PROCESS, {}, NOW).finish().state
    other = compile(XML.replace(b'"u"', b'"w"'), "p", {})
    with pytest.raises(RunError) as error:
        codec.load(state, other)
    assert error.value.code == "CRM-632"
    assert "'u'" in error.value.message
