"""Models of other engines' own tests: does each deploy, and run to its end or its first wait?

Drawings marked not executable are taken as executable. Workers are stubs: every job succeeds with an empty result,
every decision gives null, every called process is a straight one. A model ran when it came to its end or to something
it waits for (a person, a message, a time, a condition) without a fault on the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import pool
from bench.player import Player
from bench.stubs import start_data
from engine.bpmn import check, compile
from engine.bpmn.references import CALLS, references
from engine.domain.errors import CrmflowError
from engine.domain.states import InstanceState, Severity
from engine.model.graph import load

LIMIT = 2.0
#: Jobs a stub does before it is taken for granted that the model goes on like that.
ENOUGH = 200


def run(folder: Path) -> dict[str, Any]:
    """What became of every file of a folder, those of folders inside included."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".bpmn", ".xml"))
    total: dict[str, Any] = {"files": len(files), "deployed": 0, "ran": 0, "refused": 0, "crashed": [], "hung": []}
    codes: Counter[str] = Counter()
    for path, answer in zip(files, pool.each(tried, files, LIMIT), strict=True):
        name = str(path.relative_to(folder))
        for kind in (pool.CRASHED, pool.HUNG):
            if kind in answer:
                total[kind].append(f"{name}: {answer[kind]}" if kind == pool.CRASHED else name)
        total["deployed"] += bool(answer.get("deployed"))
        total["refused"] += "refused" in answer
        total["ran"] += bool(answer.get("ran"))
        codes.update(answer.get("refused", ()))
    return {**total, "by_finding": dict(sorted(codes.items()))}


def tried(path: Path) -> dict[str, Any]:
    """One file: ``refused`` with codes, or ``deployed`` and perhaps ``ran``; ``why`` it did not."""
    xml = path.read_bytes().replace(b'isExecutable="false"', b'isExecutable="true"')
    errors = sorted({f.code for f in check(xml) if f.severity is Severity.ERROR})
    if errors:
        return {"refused": errors}
    model = load(xml)
    away = {name for one in references(model.all_nodes()) if one.area == CALLS for name in one.names}
    called = {name: _straight(name) for name in away if model.process(name) is None}
    full = [p for p in model.processes if p.nodes]
    for process in full:
        compile(xml, process.id, called)
    for process in full:
        if why := _stopped(xml, process.id, called):
            return {"deployed": True, "why": why}
    return {"deployed": True, "ran": True}


def _straight(name: str) -> bytes:
    key = name.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">'
        f'<process id="{key}"><startEvent id="s"/></process></definitions>'
    ).encode()


def _stopped(xml: bytes, key: str, called: Mapping[str, bytes]) -> str | None:
    """Why a process came neither to its end nor to a wait; None when it did."""
    try:
        player = Player(xml, key=key, called=called, decide=lambda *_: (None, ()), lonely=True)
        starts = player.process.starts
        plain = next((s.id for s in starts if s.trigger == "none"), starts[0].id if starts else None)
        player.start(plain if len(starts) > 1 else None, **start_data(xml))
        for _ in range(ENOUGH):
            if not player.calls or player.faults:
                break
            call = player.calls[min(player.calls)]
            player.finish(call.element_id)
    except CrmflowError as e:
        return f"{e.code} {e.message}"
    if player.faults and player.status is InstanceState.ACTIVE:
        fault = next(iter(player.faults.values()))
        return f"{fault.code} {fault.element_id} {fault.message}"
    return None
