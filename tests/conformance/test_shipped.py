"""Every shipped process twice: straight through, and with save-and-restore between any two steps (issue 4, show 4)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.player import Player
from bench.stubs import start_data
from engine.bpmn import inspect
from engine.dmn import Model
from engine.domain.errors import CrmflowError

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "processes").rglob("*.bpmn"))
#: Steps that are played of each process; those with loops have no end of their own.
STEPS = 80


@pytest.fixture(scope="module")
def called() -> Mapping[str, bytes]:
    """The shipped processes by id: they may call each other."""
    return {info.key: path.read_bytes() for path in FILES for info in inspect(path.read_bytes())}


@pytest.fixture(scope="module")
def tables() -> Mapping[str, Model]:
    """The shipped decisions by id."""
    models = [Model.load(path.read_bytes()) for path in sorted((ROOT / "rules").rglob("*.dmn"))]
    return {name: model for model in models for name in model.decisions}


def played(xml: bytes, key: str, called: Mapping[str, bytes], tables: Mapping[str, Model], restore: bool) -> list[Any]:
    """What is open after each step, what history tells of it, and the variables in the end."""

    def decide(name: str, inputs: Mapping[str, Any], *_: Any) -> tuple[Any, Any]:
        outcome = tables[name].decide(name, inputs)
        return outcome.value, outcome.trace

    p = Player(xml, key=key, called=called, decide=decide, restore=restore, lonely=True)
    plain = next((s.id for s in p.process.starts if s.trigger == "none"), p.process.starts[0].id)
    p.start(plain, **start_data(xml))
    told: list[Any] = [p.open]
    for _ in range(STEPS):
        rows = [p.calls, p.tasks, p.waits, p.timers]
        kind = next((n for n, row in enumerate(rows) if row), None)
        if kind is None or p.faults:
            break
        element = rows[kind][min(rows[kind])]
        try:
            if kind == 0:
                p.finish(element.element_id)
            elif kind == 1:
                p.do(element.element_id)
            elif kind == 2:
                p.deliver(element.name)
            else:
                p.fire(element.element_id)
        except CrmflowError as e:
            told.append(e.code)
            break
        told.append((p.open, [(h.element_id, h.state) for h in p.steps[-1].history]))
    return [*told, sorted(f.code for f in p.faults.values()), p.trace, dict(p.variables)]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_shipped_process_runs_the_same_restored_or_not(
    path: Path, called: Mapping[str, bytes], tables: Mapping[str, Model]
) -> None:
    xml = path.read_bytes()
    for info in inspect(xml):
        straight = played(xml, info.key, called, tables, restore=False)
        assert straight == played(xml, info.key, called, tables, restore=True)
        assert len(straight[-2]) > 1, "it came further than its start"


def test_there_are_shipped_processes() -> None:
    assert len(FILES) >= 12
