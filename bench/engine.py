"""Throughput of the two-task scenario through the public commands, beside its SQL floor and bare SpiffWorkflow.

``python -m bench.engine --db sqlite|postgresql|URL [--count N] --json``; the last line of standard output is one JSON
object.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import Any

import click

from bench import spiff
from bench.measure import copy_database, database_bytes, recording, replay
from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, AddUser, CompleteTask, Deploy, StartInstance
from engine.domain.questions import ActorNamed, CountTasks, ListTasks
from engine.domain.values import FileIn

THREADS = (1, 2, 4)
LOGIN = "worker"


def prepare(engine: Engine) -> None:
    """Migrate, add the worker and deploy the model."""
    engine.migrate()
    engine.do(AddTeam("bench", SYSTEM, name="Bench"))
    engine.do(AddUser(LOGIN, SYSTEM, name="Bench", roles=("employee",), teams=("bench",)))
    engine.do(Deploy((FileIn("two_task.bpmn", spiff.MODEL.read_bytes()),), SYSTEM, publish=True))


def one_start(engine: Engine) -> str:
    """A person starts an instance; who they are is read again each time, as a request would."""
    actor = engine.ask(ActorNamed(LOGIN))
    return engine.do(StartInstance("two-task", actor, variables={"amount": 200})).tasks[0]


def one_completion(engine: Engine, task_id: str, data: dict[str, Any]) -> str | None:
    """A person completes a task; the answer names their next one."""
    actor = engine.ask(ActorNamed(LOGIN))
    done = engine.do(CompleteTask(task_id, actor, data=data))
    return done.next_task.id if done.next_task else None


def one_instance(engine: Engine) -> tuple[float, float, float]:
    """Seconds of the start and of the two completions."""
    marks = [perf_counter()]
    first = one_start(engine)
    marks.append(perf_counter())
    second = one_completion(engine, first, {"amount": 200})
    marks.append(perf_counter())
    if second is None:
        raise RuntimeError("the second task did not open")
    if one_completion(engine, second, {}) is not None:
        raise RuntimeError("the instance did not end")
    marks.append(perf_counter())
    start, complete1, complete2 = (b - a for a, b in pairwise(marks))
    return start, complete1, complete2


def load(engine: Engine, threads: int, count: int) -> dict[str, float]:
    """Run ``count`` instances with some client threads."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: one_instance(engine), range(threads)))  # connections and caches are warm
        begun = perf_counter()
        times = list(pool.map(lambda _: one_instance(engine), range(count)))
        seconds = perf_counter() - begun
    return {
        "starts_per_s": round(threads / median(t[0] for t in times), 1),
        "completions_per_s": round(threads / median((t[1] + t[2]) / 2 for t in times), 1),
        "instances_per_s": round(count / seconds, 1),
    }


def count_calls(engine: Engine) -> dict[str, dict[str, int]]:
    """Driver calls and commits of a start, a completion and the inbox, warm; loading the actor included."""
    one_instance(engine)
    with recording() as start:
        first = one_start(engine)
    with recording() as complete:
        second = one_completion(engine, first, {"amount": 200})
    with recording() as inbox:
        actor = engine.ask(ActorNamed(LOGIN))
        engine.ask(ListTasks(actor, box="teams"))
        engine.ask(CountTasks(actor))
    if second:
        one_completion(engine, second, {})
    tapes = {"start": start, "complete": complete, "inbox": inbox}
    return {
        "statements": {k: t.statements for k, t in tapes.items()},
        "commits": {k: t.commits for k, t in tapes.items()},
    }


def floor(url: str, count: int) -> float:
    """Instances/s when the recorded statements, parameters and commits are replayed over one raw connection."""
    twin, remove = copy_database(url)
    engine = Engine.open(url)
    try:
        one_instance(engine)
        with recording() as tape:
            for _ in range(count):
                one_instance(engine)
    finally:
        engine.close()
    try:
        return count / replay(twin, tape)
    finally:
        remove()


def measure(db: str, count: int) -> dict[str, Any]:
    """The whole benchmark on one database."""
    engine = Engine.open(db)
    url = engine.url
    prepare(engine)
    result: dict[str, Any] = {"database": url.split(":")[0].split("+")[0], "count": count}
    result |= count_calls(engine)
    result["threads"] = {str(n): load(engine, n, count) for n in THREADS}
    result |= result["threads"]["1"]
    before = database_bytes(url)
    for _ in range(count):
        one_instance(engine)
    result["bytes_per_instance"] = round((database_bytes(url) - before) / count)
    engine.close()  # a database is copied when nobody is connected
    result["floor_instances_per_s"] = round(floor(url, count), 1)
    result["spiff_instances_per_s"] = round(spiff.instances_per_s(count), 1)
    result["share_of_floor"] = round(result["instances_per_s"] / result["floor_instances_per_s"], 3)
    return result


@click.command()
@click.option("--db", default="sqlite", show_default=True, help="sqlite, postgresql or a URL")
@click.option("--count", default=500, show_default=True, help="instances per measurement")
@click.option("--json", "as_json", is_flag=True, help="only the JSON line")
def main(db: str, count: int, as_json: bool) -> None:
    """Benchmark the engine."""
    result = measure(db, count)
    if not as_json:
        for key, value in result.items():
            print(f"{key:>24}: {value}")
    sys.stdout.flush()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
