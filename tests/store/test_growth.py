"""What a case costs does not grow with its age or its items: counts of statements, bytes and calls, no clocks."""

from __future__ import annotations

import cProfile
import pstats

from bench import growth
from engine.app import Engine
from engine.domain.commands import CompleteTask, StartInstance
from engine.domain.questions import ActorNamed


def furnish(engine: Engine) -> None:
    growth.prepare(engine)


def test_a_late_task_costs_what_an_early_one_does(lite, many):
    """4.2: statements and bytes of the stored state"""
    furnish(lite)
    found = growth.loop_growth(lite, many(320, 10_000))
    assert found["statements_ratio"] <= 1.0
    assert found["bytes_ratio"] <= 1.2


def calls(engine: Engine, items: int) -> int:
    """Python calls made by one completion among so many parallel items."""
    actor = engine.ask(ActorNamed(growth.LOGIN))
    tasks = engine.do(StartInstance("growth-items", actor, variables={"items": list(range(items))})).tasks
    for task in tasks[:3]:
        engine.do(CompleteTask(task, actor, data={"answer": 1}))
    profile = cProfile.Profile()
    profile.runcall(engine.do, CompleteTask(tasks[3], actor, data={"answer": 1}))
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def test_completing_one_of_many_items_does_not_look_at_the_others(lite):
    """4.2: a thousand parallel items cost in total what ten times a hundred do"""
    furnish(lite)
    growth.deploy(lite, "items", growth.parallel())
    calls(lite, 100)
    assert calls(lite, 800) <= 1.2 * calls(lite, 100)


def test_a_large_model_starts_with_the_calls_of_a_small_one(lite):
    """4.2: a model of many nodes starts like one of ten"""
    furnish(lite)
    actor = lite.ask(ActorNamed(growth.LOGIN))
    found = {}
    for nodes in (10, 300):
        growth.deploy(lite, f"chain{nodes}", growth.chain(nodes))
        lite.do(StartInstance(f"growth-chain-{nodes}", actor))
        profile = cProfile.Profile()
        profile.runcall(lite.do, StartInstance(f"growth-chain-{nodes}", actor))
        found[nodes] = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    assert found[300] <= 1.2 * found[10]
