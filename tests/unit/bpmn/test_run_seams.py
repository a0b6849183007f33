"""What we lean on in SpiffWorkflow: the pinned version, and every underscore method we override still there."""

from __future__ import annotations

import inspect
import threading
from importlib.metadata import version

import pytest
from bpmn_play import NOW, Player, flows, process, script, tag, user
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.workflow import Workflow

from engine.bpmn import Runtime, compile
from engine.bpmn.runtime_flow import Instance, Scope
from engine.bpmn.specs.base import OVERRIDDEN, Node, Seams, Token

LIBRARY = {"Task": Task, "TaskSpec": TaskSpec, "Workflow": Workflow, "BpmnSubWorkflow": BpmnSubWorkflow}
OURS = {"Task": (Token,), "TaskSpec": (Node, Seams), "Workflow": (Instance, Scope), "BpmnSubWorkflow": (Scope,)}


def test_the_library_is_the_version_we_tested():
    assert version("SpiffWorkflow") == "3.2.0"


@pytest.mark.parametrize(("name", "method"), [(n, m) for n, methods in OVERRIDDEN.items() for m in methods])
def test_an_overridden_method_still_exists_and_takes_the_same(name, method):
    theirs = inspect.signature(getattr(LIBRARY[name], method))
    overriding = [cls for cls in OURS[name] if method in vars(cls)]
    assert overriding if name == "TaskSpec" else overriding == list(OURS[name])
    for cls in overriding:
        ours = inspect.signature(getattr(cls, method))
        assert list(ours.parameters) == list(theirs.parameters)


def test_the_list_of_overridden_methods_is_complete():
    """Every underscore method of ours that the library has as well is named in OVERRIDDEN."""
    bases = {Token: Task, Node: TaskSpec, Seams: TaskSpec, Instance: BpmnWorkflow, Scope: BpmnSubWorkflow}
    named = {method for methods in OVERRIDDEN.values() for method in methods}
    for ours, theirs in bases.items():
        private = {n for n in vars(ours) if n.startswith("_") and not n.startswith("__") and callable(vars(ours)[n])}
        assert {n for n in private if hasattr(theirs, n)} <= named


def test_specs_do_not_change_at_run_time_and_are_shared_between_threads():
    xml = process(tag("startEvent", "s"), user("u"), tag("endEvent", "e"), flows("s > u > e"))
    compiled = compile(xml, "p", {})

    def shape() -> str:
        return repr([(n, sorted(vars(node))) for n, node in compiled.scope.task_specs.items()])

    before = shape()
    runtime = Runtime(lambda name, inputs: (None, ()), lambda ref: {})
    results: list[object] = []

    def work(n: int) -> None:
        for i in range(50):
            step = runtime.start(compiled, {"n": n * 1000 + i}, NOW).finish()
            run = runtime.resume(compiled, step.state, NOW)
            run.complete(step.opened[0].key, {"m": n})
            results.append(run.finish().variables == {"n": n * 1000 + i, "m": n})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 200
    assert shape() == before


def test_a_loop_of_thousands_of_tasks_keeps_its_state_and_its_work_constant(many):
    """The tree of the library stops at depth 1,000 and grows until then; ours must not grow at all."""
    xml = process(
        tag("startEvent", "s"),
        tag("exclusiveGateway", "m"),
        user("u"),
        tag("exclusiveGateway", "g", default="back"),
        tag("endEvent", "e"),
        flows("s > m > u > g", "back: g > m", "out: g > e | stop"),
    )
    p = Player(xml)
    p.start()
    rounds = many(2_000, 10_000)
    sizes, tokens = set(), set()
    for n in range(rounds):
        step = p.do("u", n=0)
        p.steps.clear()
        if n > 300:
            sizes.add(len(step.state))
            tokens.add(len(p.instance.tokens))
    assert tokens == {1}
    assert max(sizes) - min(sizes) <= 8, "only the key counter grows"
    assert max(sizes) < 330


def test_a_long_automatic_loop_keeps_few_tokens():
    xml = process(
        tag("startEvent", "s"),
        tag("exclusiveGateway", "g", default="out"),
        script("x", "n", "n + 1"),
        user("u"),
        flows("s > g", "go: g > x | n < 3000", "x > g", "out: g > u"),
    )
    p = Player(xml, limit=100_000)
    p.start(n=0)
    assert p.variables["n"] == 3000
    assert len(p.instance.tokens) == 1
