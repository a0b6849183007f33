"""What a case costs as it grows: its ten-thousandth task, a thousand parallel items, a model of a thousand nodes.

``python -m bench.growth [--db sqlite|postgresql|URL] --json``; the last line of standard output is one JSON object.
All of it goes through the public commands and the store; ``ratio`` is late over early, or large over small. Ratios
of time are of this process's processor time, so that a busy machine does not decide them (``--wall``: of the wall
clock, as a server's part of the work asks for); ``deploy_1000_s`` is wall time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from statistics import median
from time import perf_counter, process_time
from typing import Any

import click

from bench.measure import raw_connection, recording
from bench.models import chain, loop, parallel
from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, AddUser, CompleteTask, Deploy, StartInstance
from engine.domain.questions import ActorNamed
from engine.domain.values import FileIn

STEPS = 10_000
ITEMS = 1_000
NODES = 1_000
LOGIN = "worker"
_clock = process_time  # what ratios are measured by
_EARLY = slice(10, 110)  # tasks 11 to 110
_LATE = _EARLY.stop - _EARLY.start  # the last hundred: tasks 9,901 to 10,000


@dataclass(frozen=True, slots=True)
class Pass:
    """One task of the loop: from its completion to the next one offered."""

    seconds: float
    statements: int
    bytes: int  # of the instance's stored state afterwards


def prepare(engine: Engine) -> None:
    """Migrate and add the worker with a team."""
    engine.migrate()
    engine.do(AddTeam("bench", SYSTEM, name="Bench"))
    engine.do(AddUser(LOGIN, SYSTEM, name="Bench", roles=("employee",), teams=("bench",)))


def deploy(engine: Engine, name: str, xml: bytes) -> float:
    """Deploy and publish a model; seconds."""
    begun = perf_counter()
    engine.do(Deploy((FileIn(f"{name}.bpmn", xml),), SYSTEM, publish=True))
    return perf_counter() - begun


def passes(engine: Engine, steps: int) -> Iterator[Pass]:
    """Work one instance's loop ``steps`` times; the state's size is read beside it, not in its time."""
    deploy(engine, "loop", loop())
    started = engine.do(StartInstance("growth-loop", engine.ask(ActorNamed(LOGIN))))
    task: str | None = started.tasks[0]
    raw = raw_connection(engine.url)
    mark = "?" if engine.url.startswith("sqlite") else "%s"
    for number in range(steps):
        if task is None:
            raise RuntimeError(f"the loop offered no task after {number}")
        with recording() as tape:
            begun = _clock()
            done = engine.do(CompleteTask(task, engine.ask(ActorNamed(LOGIN)), data={"again": True}))
            seconds = _clock() - begun
        size = raw.execute(f"SELECT length(blob) FROM instance WHERE id = {mark}", [started.instance_id])
        yield Pass(seconds, tape.statements, int(size.fetchone()[0]))
        raw.commit()
        task = done.next_task.id if done.next_task else None
    raw.close()


def loop_growth(engine: Engine, steps: int, young: Engine | None = None) -> dict[str, Any]:
    """Medians of the last hundred tasks over those of tasks 11 to 110 of a new case (in ``young``, a new database).

    The two are worked in turn: a machine that is slower for a while is so for both.
    """
    old, new = passes(engine, steps), passes(young or engine, _EARLY.stop)
    before = len(list(islice(old, steps - _LATE))) + len(list(islice(new, _EARLY.start)))
    both = list(zip(old, new, strict=True))
    late, early = [one for one, _ in both], [other for _, other in both]
    return {
        "steps": before - _EARLY.start + len(late),
        "time_ratio": _ratio(early, late, "seconds"),
        "statements_ratio": _ratio(early, late, "statements"),
        "bytes_ratio": _ratio(early, late, "bytes"),
    }


def _ratio(early: list[Pass], late: list[Pass], name: str) -> float:
    return round(median(getattr(p, name) for p in late) / median(getattr(p, name) for p in early), 3)


def work_items(engine: Engine, items: int) -> Iterator[float]:
    """Start a multi-instance of parallel tasks, then complete them one by one; seconds of each."""
    actor = engine.ask(ActorNamed(LOGIN))
    begun = _clock()
    started = engine.do(StartInstance("growth-items", actor, variables={"items": list(range(items))}))
    yield _clock() - begun
    done = None
    for number, task in enumerate(started.tasks):
        begun = _clock()
        actor = engine.ask(ActorNamed(LOGIN))
        done = engine.do(CompleteTask(task, actor, data={"answer": number}))
        yield _clock() - begun
    if len(started.tasks) != items or done is None or done.instance_state.value != "completed":
        raise RuntimeError(f"{items} parallel items did not come to their end")


def item_growth(engine: Engine, items: int, times: int = 5) -> float:
    """Seconds of ``items`` parallel items over those of a tenth, the median of some; 10 would be exactly linear."""
    deploy(engine, "items", parallel())
    sum(work_items(engine, 10))  # caches are warm
    return round(median(_large_to_small(engine, items) for _ in range(times)), 2)


def _large_to_small(engine: Engine, items: int) -> float:
    """Ten small ones, in turn with a tenth of the large one each: what else the machine does hits both."""
    many = work_items(engine, items)
    large, small = next(many), 0.0
    for _ in range(10):
        small += sum(work_items(engine, items // 10))
        large += sum(islice(many, items // 10))
    large += sum(many)  # nothing is left: it looks whether it came to its end
    return large / (small / 10)


def start_seconds(engine: Engine, key: str, times: int = 30) -> float:
    """Median seconds of a start, after the first (which loads the model)."""
    actor = engine.ask(ActorNamed(LOGIN))
    found = []
    for _ in range(times + 1):
        begun = _clock()
        engine.do(StartInstance(key, actor))
        found.append(_clock() - begun)
    return median(found[1:])


def model_growth(engine: Engine, nodes: int) -> tuple[float, float]:
    """Seconds a large model takes to deploy; its start over that of a model of 10 nodes."""
    deploy(engine, "ten", chain(10))
    seconds = deploy(engine, "large", chain(nodes))
    small = start_seconds(engine, "growth-chain-10")
    large = start_seconds(engine, f"growth-chain-{nodes}")
    return round(seconds, 3), round(large / small, 3)


def measure(db: str, steps: int = STEPS, items: int = ITEMS, nodes: int = NODES) -> dict[str, Any]:
    """The whole benchmark on one database."""
    engine = Engine.open(db)
    young = Engine.open(db) if db in ("sqlite", "postgresql", "postgres") else engine  # of a URL there is one
    try:
        prepare(engine)
        if young is not engine:
            prepare(young)
        seconds, start_ratio = model_growth(engine, nodes)
        return {
            "loop": loop_growth(engine, steps, young),
            "multi_instance_ratio": item_growth(engine, items),
            "deploy_1000_s": seconds,
            "start_ratio": start_ratio,
        }
    finally:
        for each in {engine, young}:
            each.close()


@click.command()
@click.option("--db", default="sqlite", show_default=True, help="sqlite, postgresql or a URL")
@click.option("--steps", default=STEPS, show_default=True, help="tasks of the loop")
@click.option("--items", default=ITEMS, show_default=True, help="parallel items of the multi-instance")
@click.option("--wall", is_flag=True, help="ratios of wall-clock time")
@click.option("--json", "as_json", is_flag=True, help="only the JSON line")
def main(db: str, steps: int, items: int, wall: bool, as_json: bool) -> None:
    """Measure growth."""
    global _clock
    _clock = perf_counter if wall else process_time
    result = measure(db, steps, items)
    if not as_json:
        for key, value in result.items():
            print(f"{key:>24}: {value}")
    sys.stdout.flush()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
