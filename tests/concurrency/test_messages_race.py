"""A thousand messages and a thousand subscribers at once, on PostgreSQL: each message reaches one, each gets one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, ClaimJobs, Deploy, SendMessage, StartInstance
from engine.domain.operating import Chosen, GetBulk, Operation, RunItem, StartBulk
from engine.domain.questions import CheckHealth, GetInstance, ListInstances
from engine.domain.states import InstanceState
from engine.domain.working import ListMessages
from engine.jobs import drain
from tests.store.drawing import END, START, catch, flow, message, model

pytestmark = [pytest.mark.postgres, pytest.mark.prove]
THREADS = 6


@pytest.fixture
def asking(postgres: Engine) -> Engine:
    postgres.do(AddTeam("bench", SYSTEM, name="Bench"))
    inner = START + catch("wait", "answer") + END + flow("start>wait", "wait>end")
    postgres.do(Deploy((model("asking", inner, extra=message("answer", "=order")),), SYSTEM, publish=True))
    return postgres


def at_once(runs: list[Callable[[], Any]]) -> list[Any]:
    Random(7).shuffle(runs)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda run: run(), runs))


def test_messages_and_subscribers_meet_exactly_once(asking: Engine, many: Callable[[int, int], int]) -> None:  # G4
    number = many(60, 1000)
    keys = max(1, number // 10)  # ten of each on one key: they compete
    sends = [lambda n=n: asking.do(SendMessage("answer", SYSTEM, f"K{n % keys}", {"said": n})) for n in range(number)]
    starts = [lambda n=n: asking.do(StartInstance("asking", SYSTEM, {"order": f"K{n % keys}"})) for n in range(number)]
    at_once([*sends, *starts])
    rows, cursor = [], None
    while True:
        page = asking.ask(ListInstances(SYSTEM, definition_key="asking", limit=200, cursor=cursor))
        rows += page.items
        if (cursor := page.next) is None:
            break
    assert Counter(row.state for row in rows) == {InstanceState.COMPLETED: number}
    got = [asking.ask(GetInstance(row.id, SYSTEM)).variables for row in rows]
    assert sorted(one["said"] for one in got) == list(range(number))  # each message once
    assert all(one["order"] == f"K{one['said'] % keys}" for one in got)  # and to its own key
    assert asking.ask(ListMessages(SYSTEM)).items == ()
    assert asking.ask(CheckHealth(SYSTEM)) == ()


def test_two_messages_that_begin_one_instance_begin_one_when_they_come_at_once(
    asking: Engine, many: Callable[[int, int], int]
) -> None:
    number = many(20, 300)
    heard = "".join(f'<bpmn:messageEventDefinition id="d{n}" messageRef="m_{n}"/>' for n in ("ordered", "paid"))
    begin = f'<bpmn:startEvent id="start" parallelMultiple="true">{heard}</bpmn:startEvent>'
    said = message("ordered", "=order") + message("paid", "=order")
    asking.do(Deploy((model("both", begin + END + flow("start>end"), extra=said),), SYSTEM, publish=True))
    runs: list[Callable[[], Any]] = [
        lambda n=n, name=name: asking.do(SendMessage(name, SYSTEM, f"K{n}", {"order": f"K{n}"}))
        for n in range(number)
        for name in ("ordered", "paid")
    ]
    Random(7).shuffle(runs)
    # Both of a pair are in hand at the same time.
    runs.sort(key=lambda run: run.__defaults__[0])  # type: ignore[attr-defined]
    with ThreadPoolExecutor(THREADS) as pool:
        sent = list(pool.map(lambda run: run(), runs))
    assert Counter(one.outcome for one in sent) == {"started": number, "correlated": number}


SIGNAL = '<bpmn:signal id="Sig" name="closing"/>'
HEARS = (
    '<bpmn:intermediateCatchEvent id="hear" name="Hear"><bpmn:signalEventDefinition id="h" signalRef="Sig"/>'
    "</bpmn:intermediateCatchEvent>"
)
TELLS = (
    '<bpmn:intermediateThrowEvent id="tell" name="Tell"><bpmn:signalEventDefinition id="t" signalRef="Sig"/>'
    "</bpmn:intermediateThrowEvent>"
)


def test_a_signal_reaches_every_subscriber_once(asking: Engine, many: Callable[[int, int], int]) -> None:  # G4
    number = many(10, 200)
    hearing = model("hearing", START + HEARS + HEARS.replace("hear", "again").replace('"h"', '"h2"') + END
                    + flow("start>hear", "hear>again", "again>end"), extra=SIGNAL)  # fmt: skip
    telling = model("telling", START + TELLS + END + flow("start>tell", "tell>end"), extra=SIGNAL)
    asking.do(Deploy((hearing, telling), SYSTEM, publish=True))
    cases = [asking.do(StartInstance("hearing", SYSTEM)).instance_id for _ in range(number)]
    asking.do(StartInstance("telling", SYSTEM))
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: drain(asking), range(THREADS)))
    waits = [asking.ask(GetInstance(case, SYSTEM)).subscriptions for case in cases]
    assert {one.element_id for each in waits for one in each} == {"again"}  # once each: the second one still waits
    asking.do(StartInstance("telling", SYSTEM))
    drain(asking)
    assert {asking.ask(GetInstance(case, SYSTEM)).row.state for case in cases} == {InstanceState.COMPLETED}


def test_a_bulk_operation_does_each_item_once_with_many_workers(
    asking: Engine, many: Callable[[int, int], int]
) -> None:
    number = many(30, 1000)
    for n in range(number):
        asking.do(StartInstance("asking", SYSTEM, {"order": f"B{n}"}))
    bulk = asking.do(StartBulk(Operation("suspend", Chosen("asking")), SYSTEM, "stock-taking"))
    assert bulk.total == number

    def work(_: int) -> int:
        done = 0
        while asking.do(RunItem(bulk.id, SYSTEM)):
            done += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        shares = list(pool.map(work, range(THREADS)))
    assert sum(shares) == number
    drain(asking)
    after = asking.ask(GetBulk(bulk.id, SYSTEM))
    assert (after.done, after.failed, after.state) == (number, 0, "done")
    assert asking.do(ClaimJobs(SYSTEM)) == ()
