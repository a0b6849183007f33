"""The instances whose states are kept: one per way a state can look. ``python tests/golden/scenarios.py`` writes those
that are not there yet; a file that was written once is never written again (a release may hold such states)."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from bpmn_play import (  # noqa: E402
    Player,
    boundary,
    flows,
    message,
    process,
    script,
    service,
    tag,
    timer,
    user,
)

from engine.domain.values import RecordRef  # noqa: E402

S, E = tag("startEvent", "s"), tag("endEvent", "e")
MSG = message("m", "answer", "=id")
MESSAGE = '<messageEventDefinition messageRef="m"/>'
MULTI = (
    '<multiInstanceLoopCharacteristics isSequential="{}"><extensionElements><zeebe:loopCharacteristics'
    ' inputCollection="=items" inputElement="item" outputCollection="got" outputElement="=answer"/>'
    "</extensionElements></multiInstanceLoopCharacteristics>"
)
ENOUGH = MULTI.format("false").replace(
    "</multi", "<completionCondition>numberOfCompletedInstances > 2</completionCondition></multi"
)
SIGNALS = '<signal id="sg" name="=which"/>'
HEARD = SAID = '<signalEventDefinition signalRef="sg"/>'
UNDO = user("ux", isForCompensation="true") + tag("association", "as", sourceRef="b", targetRef="ux")
CHILD = process(S, user("cu"), script("cx", "score", "base * 2"), E, flows("s > cu > cx > e"), id="child")
VALUES = {
    "amount": Decimal("12.50"),
    "big": 2**70,
    "lead": RecordRef("lead", "00ab"),
    "day": date(2026, 2, 28),
    "at": datetime(2026, 3, 1, 8, 30, tzinfo=UTC),
    "span": timedelta(hours=5),
    "nested": {"list": [1, None, "线索", {"x": Decimal("0.1")}]},
}
Command = tuple[Any, ...]

#: name → (model, called processes, start variables, commands)
SCENARIOS: dict[str, tuple[bytes, dict[str, bytes], dict[str, Any], list[Command]]] = {
    "two_tasks": (
        process(
            S, user("a"), tag("exclusiveGateway", "g", default="f"), script("x", "n", "amount * 2"), user("b"), E,
            flows("s > a > g", "h: g > x | amount > 10", "f: g > b", "x > b > e"),
        ), {}, VALUES, [("do", "a", {"ok": True}), ("do", "b", {})]),
    "parallel_half_joined": (
        process(
            S, tag("parallelGateway", "g"), user("a"), user("b"), tag("parallelGateway", "j"), user("c"), E,
            flows("s > g", "g > a > j", "g > b > j", "j > c > e"),
        ), {}, {}, [("do", "a", {}), ("do", "b", {}), ("do", "c", {})]),
    "inclusive_half_joined": (
        process(
            S, tag("inclusiveGateway", "g"), user("a"), user("b"), tag("inclusiveGateway", "j"), user("c"), E,
            flows("s > g", "g > a | n > 1", "g > b | n > 2", "a > j", "b > j", "j > c > e"),
        ), {}, {"n": 3}, [("do", "b", {}), ("do", "a", {}), ("do", "c", {})]),
    "boundaries": (
        process(
            S, user("u"), boundary("r", "u", timer("R3/PT5M", "timeCycle"), stops=False),
            boundary("b", "u", timer("PT1H")), boundary("n", "u", MESSAGE, stops=False), service("mail"), user("lead"),
            E, flows("s > u > e", "r > mail", "n > e", "b > lead > e"), defs=MSG,
        ), {}, {"id": 7}, [
            ("fire", "r"), ("finish", "mail", {}), ("fire", "r"), ("deliver", "answer", {"word": "hi"}), ("fire", "b"),
            ("do", "lead", {}), ("finish", "mail", {})]),
    "all_of_several": (
        process(
            S, user("u"), boundary("b", "u", MESSAGE + timer("R3/PT1H", "timeCycle"), stops=False).replace(
                "<boundaryEvent", '<boundaryEvent parallelMultiple="true"'), user("v"),
            tag("subProcess", "es", tag("startEvent", "ess", HEARD + timer("P1D"), parallelMultiple="true")
                + user("w") + flows("ess > w"), triggeredByEvent="true"), flows("s > u", "b > v"), defs=MSG + SIGNALS,
        ), {}, {"id": "x", "which": "bell"}, [
            ("deliver", "answer", {"word": "hi"}), ("fire", "b"), ("fire", "b"), ("fire", "ess"), ("deliver", "bell"),
            ("do", "w", {})]),
    "event_gateway": (
        process(
            S, tag("eventBasedGateway", "g"), tag("intermediateCatchEvent", "yes", MESSAGE),
            tag("intermediateCatchEvent", "late", timer("P3D")), user("a"), user("b"), E,
            flows("s > g", "g > yes > a > e", "g > late > b > e"), defs=MSG,
        ), {}, {"id": "x"}, [("deliver", "answer", {"word": "yes"}), ("do", "a", {})]),
    "sub_process_and_call": (
        process(
            S, tag("subProcess", "sub", tag("callActivity", "c", ext='<zeebe:calledElement processId="child"/>')
                   + user("after") + flows("c > after")), user("v"), flows("s > sub > v")),
        {"child": CHILD}, {"base": 4}, [("do", "cu", {"note": 1}), ("do", "after", {}), ("do", "v", {})]),
    "event_sub_process": (
        process(
            S, user("u"), tag("subProcess", "es", tag("startEvent", "ess", MESSAGE, isInterrupting="false")
                              + user("w") + flows("ess > w"), triggeredByEvent="true"), flows("s > u"), defs=MSG),
        {}, {"id": 1}, [("deliver", "answer", {"k": 1}), ("do", "u", {}), ("do", "w", {})]),
    "multi_parallel": (
        process(S, tag("userTask", "u", MULTI.format("false")), user("v"), flows("s > u > v")), {},
        {"items": ["a", "b"]}, [("do", "u", {"answer": 1}), ("do", "u", {"answer": 2}), ("do", "v", {})]),
    "multi_listened": (
        process(S, tag("userTask", "u", MULTI.format("false"), '<zeebe:executionListeners><zeebe:executionListener'
                       ' eventType="start" type="a"/></zeebe:executionListeners>'), user("v"), flows("s > u > v")), {},
        {"items": ["a", "b"]}, [
            ("finish", "u", {}), ("do", "u", {"answer": 1}), ("finish", "u", {}), ("do", "u", {"answer": 2}),
            ("do", "v", {})]),
    "multi_sequential": (
        process(S, tag("userTask", "u", MULTI.format("true")), user("v"), flows("s > u > v")), {},
        {"items": ["a", "b"]}, [("do", "u", {"answer": 1}), ("do", "u", {"answer": 2}), ("do", "v", {})]),
    "fault": (
        process(
            S, tag("parallelGateway", "g"), user("fix"), tag("exclusiveGateway", "x"), user("a"),
            flows("s > g", "g > fix", "g > x", "x > a | ok"),
        ), {}, {}, [("do", "fix", {"ok": True}), ("retry", "x"), ("do", "a", {})]),
    "condition": (
        process(
            S, tag("parallelGateway", "g"), user("u"), tag("intermediateCatchEvent", "c",
                "<conditionalEventDefinition><condition>=n > 1</condition></conditionalEventDefinition>"),
            user("hot"), flows("s > g", "g > u", "g > c > hot"),
        ), {}, {"n": 0}, [("do", "u", {"n": 2}), ("do", "hot", {})]),
    "undo": (
        process(
            S, tag("subProcess", "sub", user("x") + boundary("b", "x", "<compensateEventDefinition/>") + UNDO),
            tag("intermediateThrowEvent", "t", "<compensateEventDefinition/>"), user("n"), flows("s > sub > t > n"),
        ), {}, {}, [("do", "x", {}), ("do", "ux", {}), ("do", "n", {})]),
    "complex_gateway": (
        process(
            S, tag("parallelGateway", "g"), user("a"), user("b"), tag("complexGateway", "c",
                "<activationCondition>activationCount = 1</activationCondition>"), user("n"),
            flows("s > g", "g > a > c", "g > b > c", "c > n"),
        ), {}, {}, [("do", "a", {}), ("do", "b", {}), ("do", "n", {})]),
    "ad_hoc": (
        process(
            S, tag("adHocSubProcess", "ah", user("a") + user("b"), ordering="Sequential"), user("n"),
            flows("s > ah > n"),
        ), {}, {}, [("do", "a", {}), ("do", "b", {}), ("do", "n", {})]),
    "signals": (
        process(
            S, tag("parallelGateway", "g"), user("u"), boundary("b", "u", HEARD, stops=False),
            tag("intermediateCatchEvent", "c", HEARD), user("v"), tag("intermediateThrowEvent", "t", SAID), user("w"),
            E, flows("s > g", "g > u > e", "g > c > v > t > e", "b > w > e"), defs=SIGNALS,
        ), {}, {"which": "bell"}, [
            ("deliver", "bell", {"n": 1}), ("do", "v", {}), ("do", "w", {}), ("deliver", "bell", {"n": 2}),
            ("do", "w", {}), ("do", "u", {})]),
    "multi_parts": (
        process(
            S, tag("subProcess", "sub", user("a") + user("b") + tag(
                "subProcess", "es", tag("startEvent", "ess", HEARD, isInterrupting="false") + user("w")
                + flows("ess > w"), triggeredByEvent="true") + flows("a > b") + ENOUGH),
            user("v"), flows("s > sub > v"), defs=SIGNALS,
        ), {}, {"items": list(range(4)), "which": "bell"}, [
            ("do", "a", {"answer": 1}), ("deliver", "bell", {}), ("do", "w", {}), ("do", "b", {}), ("do", "a", {}),
            ("do", "b", {}), ("do", "a", {}), ("do", "b", {}), ("do", "v", {})]),
    "multi_calls": (
        process(S, tag("callActivity", "c", ENOUGH, ext='<zeebe:calledElement processId="child"/>'), user("v"),
                flows("s > c > v")),
        {"child": CHILD}, {"items": list(range(4)), "base": 4}, [
            ("do", "cu", {"answer": 1}), ("do", "cu", {"answer": 2}), ("do", "cu", {}), ("do", "v", {})]),
}  # fmt: skip

#: The same for many tokens that hang on others (codec version 2): a command wakes those it touches.
SLEEPING: dict[str, tuple[bytes, dict[str, bytes], dict[str, Any], list[Command]]] = {
    "many_tasks": (
        process(S, tag("userTask", "u", ENOUGH), user("v"), flows("s > u > v")), {}, {"items": list(range(70))},
        [("do", "u", {"answer": 1}), ("do", "u", {"answer": "two"}), ("do", "u", {"answer": None}), ("do", "v", {})]),
    "many_promises": (
        process(
            S, tag("userTask", "u", ENOUGH), boundary("late", "u", timer("PT1H"), stops=False),
            boundary("gone", "u", MESSAGE), user("v"), E, flows("s > u > e", "late > v > e", "gone > e"), defs=MSG,
        ), {}, {"items": list(range(40)), "id": 5}, [
            ("do", "u", {"answer": 1}), ("fire", "late"), ("do", "v", {}), ("deliver", "answer", {})]),
    "many_inside": (
        process(
            S, tag("callActivity", "c", ext='<zeebe:calledElement processId="team"/>'),
            tag("subProcess", "es", tag("startEvent", "ess", HEARD, isInterrupting="false") + user("w")
                + flows("ess > w"), triggeredByEvent="true"), flows("s > c"), defs=SIGNALS),
        {"team": process(
            tag("subProcess", "sub", tag("userTask", "u", ENOUGH) + script("x", "sum", "answer") + flows("u > x")),
            boundary("late", "sub", timer("P1D")), user("v"), flows("sub > v", "late > v"), id="team")},
        {"items": [{"name": f"线索 {n}"} for n in range(40)], "which": "bell"}, [
            ("do", "u", {"answer": 1}), ("deliver", "bell", {"n": 1}), ("do", "u", {"answer": 2}), ("do", "w", {}),
            ("fire", "late"), ("do", "v", {"answer": 3})]),
    "many_and_others": (
        process(
            S, tag("parallelGateway", "g"), tag("userTask", "u", ENOUGH),
            tag("adHocSubProcess", "ah", user("a") + user("b"), ordering="Sequential"), user("x"),
            boundary("ub", "x", "<compensateEventDefinition/>"), user("ux", isForCompensation="true"),
            tag("association", "as", sourceRef="ub", targetRef="ux"),
            tag("intermediateThrowEvent", "t", "<compensateEventDefinition/>"),
            tag("intermediateCatchEvent", "c",
                "<conditionalEventDefinition><condition>=n > 1</condition></conditionalEventDefinition>"),
            flows("s > g", "g > u", "g > ah", "g > x > c > t"),
        ), {}, {"items": list(range(40)), "n": 0}, [
            ("do", "a", {}), ("do", "x", {}), ("do", "u", {"answer": 1, "n": 2}), ("do", "b", {}), ("do", "u", {}),
            ("do", "ux", {}), ("do", "u", {})]),
}  # fmt: skip
#: Codec version → scenarios whose states have it.
KEPT = {1: SCENARIOS, 2: SLEEPING}


def perform(player: Player, command: Command) -> None:
    """One command, as it is written in the files."""
    name, element, *data = command
    method: Callable[..., Any] = getattr(player, name)
    method(element, **(data[0] if data else {}))


def opened(player: Player) -> dict[str, list[list[Any]]]:
    """What is open, as a store would hold it."""
    due = [[k, t.element_id, t.due_at.isoformat()] for k, t in player.timers.items()]
    rows = {"timers": due, "waits": [[k, w.element_id, w.name] for k, w in player.waits.items()]}
    for kind in ("tasks", "calls", "faults"):
        rows[kind] = [[k, item.element_id] for k, item in getattr(player, kind).items()]
    return rows


def record(model: bytes, called: dict[str, bytes], variables: dict[str, Any], commands: list[Command]) -> Any:
    """What a file holds: the state before every command, and how it all ends."""
    player = Player(model, called=called, lonely=True)
    player.start(**variables)
    states = []
    for command in commands:
        assert player.state is not None
        states.append(
            {
                "now": player.now.isoformat(),
                "state": base64.b64encode(player.state).decode(),
                "open": opened(player),
                "history": len(player.trace),
            }
        )
        perform(player, command)
    return {
        "model": model.decode(),
        "called": {key: xml.decode() for key, xml in called.items()},
        "commands": commands,
        "states": states,
        "status": player.status,
        "trace": player.trace,
        "variables": repr(sorted(player.variables.items())),
    }


def write() -> None:
    """Write the files that are not there yet."""
    for version, scenarios in KEPT.items():
        folder = HERE / f"v{version}"
        folder.mkdir(exist_ok=True)
        for name, scenario in scenarios.items():
            path = folder / f"{name}.json"
            if not path.exists():
                text = json.dumps(record(*scenario), ensure_ascii=False, indent=1 if version == 1 else None)
                path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
