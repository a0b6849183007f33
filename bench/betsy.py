"""Plays betsy's engine-neutral BPMN models: placeholders become jobs, conditions become FEEL, the clock runs on.

Everything here is translation of the suite's own notation (``../shared/suites/README.md``); what a model means is
the engine's business. A script is work outside of the engine, as everything automatic is: its job is open while it
takes its time, and jobs of two branches are open side by side.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree

from bench import pool
from bench.player import Player
from engine.domain.errors import CrmflowError, Refused
from engine.domain.states import InstanceState

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
#: How long a file's cases may take altogether, in seconds.
LIMIT = 20.0
_SLOW = ("WAIT_TEN_SECONDS", "CREATE_TIMESTAMP_LOG_1", "CREATE_TIMESTAMP_LOG_2")
_TEN = timedelta(seconds=10)

#: Features that cannot be met, with the reason; told with their failures and in docs/conformance.md.
EXPLAINED = dict.fromkeys(
    ("AdHocSubProcess_Sequential", "AdHocSubProcess_Parallel"),
    "expects task1, task2, task3, but the model holds SCRIPT_task1 twice and no SCRIPT_task3",
)


def run(folder: Path) -> dict[str, Any]:
    """All models of a folder with ``cases.json``; a feature passes when all its cases do, straight and restored."""
    models = {m["file"]: m for m in json.loads((folder / "cases.json").read_text(encoding="utf-8"))}
    failures: list[dict[str, Any]] = []
    features, cases = [0, 0], [0, 0]
    files = [folder / name for name in models]
    for path, answer in zip(files, pool.each(_play(folder, models), files, LIMIT), strict=True):
        model = models[str(path.relative_to(folder))]
        wrong = answer.get("wrong")
        if wrong is None:
            wrong = [{"test": case["test"], "expect": case["expect"], "got": answer} for case in model["cases"]]
        features[0] += not wrong
        features[1] += 1
        cases[0] += len(model["cases"]) - len({json.dumps(w["test"]) for w in wrong})
        cases[1] += len(model["cases"])
        more = {"explained": EXPLAINED[model["name"]]} if model["name"] in EXPLAINED else {}
        failures += [{"feature": model["name"], **w, **more} for w in wrong]
    return {"features": features, "cases": cases, "failures": failures}


def _play(folder: Path, models: dict[str, Any]) -> Any:
    def play(path: Path) -> dict[str, Any]:
        model, wrong = models[str(path.relative_to(folder))], []
        for case in model["cases"]:
            for restore in (False, True):
                got = Case(path.read_bytes(), model["process"], case, restore).play()
                if not as_expected(got, case["expect"]):
                    wrong.append({"test": case["test"], "restored": restore, "expect": case["expect"], "got": got})
        return {"wrong": wrong}

    return play


def translated(xml: bytes) -> bytes:
    """Scripts as jobs of the placeholder's type, conditions as FEEL."""
    root = etree.fromstring(xml)
    for task in root.iter(f"{BPMN}scriptTask", f"{BPMN}globalScriptTask"):
        text = (task.findtext(f"{BPMN}script") or "").strip()
        holder = etree.Element(f"{BPMN}extensionElements")
        etree.SubElement(holder, f"{ZEEBE}taskDefinition", type=text)
        task.insert(0, holder)
    for tag in ("conditionExpression", "condition", "loopCondition", "loopCardinality", "activationCondition"):
        for element in root.iter(BPMN + tag):
            element.text = _feel((element.text or "").strip())
    return etree.tostring(root)


def _feel(text: str) -> str:
    text = text.rstrip(">").replace("${", "").replace("}", "")
    text = re.sub(r"!test\.contains\((.*?)\)", r"not(contains(test, \1))", text)
    return re.sub(r"test\.contains\((.*?)\)", r"contains(test, \1)", text)


class Case:
    """One case: the trace it leaves."""

    def __init__(self, xml: bytes, process: str, case: dict[str, Any], restore: bool) -> None:
        self.xml, self.process, self.case, self.restore = translated(xml), process, case, restore
        self.trace: list[str] = []
        self.players: list[Player] = []
        self.sleeping: list[Player] = []
        self.seen: dict[int, int] = {}
        self.slow: dict[tuple[int, int], tuple[datetime, str]] = {}  # (player, call) → when it ends, its script
        self.spans: list[tuple[datetime, datetime]] = []  # of the scripts that record their times
        self.error_code = ""

    def play(self) -> list[str]:
        """The entries of the trace, errors as the suite calls them."""
        root = etree.fromstring(self.xml)
        keys = [p.get("id") or "" for p in root.iter(f"{BPMN}process")]
        try:
            pools = {key: Player(self.xml, key=key, restore=self.restore, lonely=True) for key in keys}
        except Refused:
            return ["ERROR_deployment"]
        self.error_code = next((e.get("errorCode") or "" for e in root.iter(f"{BPMN}error")), "")
        own = pools.pop(self.process)
        others = [p for p in pools.values() if self.case["parallelProcess"]]
        self.sleeping = [p for p in pools.values() if not self.case["parallelProcess"]]
        try:
            for player in [*others, own]:
                self._start(player, None)
            self._clock()
        except CrmflowError as error:
            return [*self.trace, f"ERROR_runtime {error.code}"]
        for player in self.players:
            self._faults(player)
        if any(a < d and c < b for n, (a, b) in enumerate(self.spans) for c, d in self.spans[n + 1 :]):
            self.trace.append("EXECUTION_parallel")
        return self.trace

    def _start(self, player: Player, start_event: str | None) -> None:
        variables = {"test": self.case["test"] or "", "integerVariable": self.case["integerVariable"]}
        self.players.append(player)
        player.start(start_event, **variables)
        self._settle()

    def _deliver(self, name: str, sender: Player) -> None:
        """A message or signal goes to those who wait for it, or starts the pool that it starts."""
        for other in self.players:
            if other is not sender and any(wait.name == name for wait in other.waits.values()):
                other.deliver(name)
        for other in list(self.sleeping):
            for start in other.process.starts:
                if start.message == name and other in self.sleeping:
                    self.sleeping.remove(other)
                    self._start(other, start.id)

    def _clock(self) -> None:
        """Let timers fire and slow scripts end, in the order of time."""
        end = self.players[0].now + timedelta(milliseconds=max(self.case["delay_ms"], 2000))
        while True:
            timers = [(t.due_at, 0, n, k) for n, p in enumerate(self.players) for k, t in p.timers.items()]
            scripts = [(at, 1, n, k) for (n, k), (at, _) in self.slow.items()]
            due = min(timers + scripts, default=None)
            if due is None or (due[0] > end and not scripts):
                return
            at, script, number, key = due
            player = self.players[number]
            player.now = max(player.now, at)
            if script:
                text = self.slow.pop((number, key))[1]
                if key in player.calls:  # a timer may have taken it away
                    self._finish(player, key, text)
            else:
                player.fire(player.timers[key].element_id)
            self._settle()

    def _settle(self) -> None:
        """Do the jobs that take no time, begin those that do, and hand messages to whoever waits."""
        busy = True
        while busy:
            busy = False
            for number, player in enumerate(list(self.players)):
                while ready := [k for k in player.calls if (number, k) not in self.slow]:
                    call = player.calls[min(ready)]
                    if call.type in _SLOW:
                        self.slow[number, call.key] = (player.now + _TEN, call.type)
                    else:
                        self._finish(player, call.key, call.type)
                    busy = True
                busy = self._hand_over(player) or busy

    def _hand_over(self, player: Player) -> bool:
        """Look at the player's new steps: messages for others, errors nobody caught."""
        at = self.seen.get(id(player), 0)
        for step in player.steps[at:]:
            self.seen[id(player)] = self.seen.get(id(player), 0) + 1
            for sent in step.messages:
                self._deliver(sent.name, player)
            if step.error is not None:
                self.trace.append("ERROR_thrownErrorEvent")
        return len(player.steps) > at

    def _finish(self, player: Player, key: int, text: str) -> None:
        result: dict[str, Any] = {}
        if text.startswith("SCRIPT_"):
            self.trace.append(text.removeprefix("SCRIPT_"))
        elif text == "CREATE_MARKER_FILE":
            self.trace.append("MARKER_exists")
        elif text.startswith("INCREMENT_INTEGER_VARIABLE"):
            scope = player.run().scope(key)
            result = {"integerVariable": scope["integerVariable"] + 1}
            if text.endswith("_AND_LOG"):
                self.trace.append("INCREMENT_correct")
        elif text == "SET_STRING_DATA":
            result = {"data": "String"}
        elif text == "LOG_DATA" and player.run().scope(key).get("data") == "String":
            self.trace.append("DATA_correct")
        elif text.startswith("CREATE_TIMESTAMP_LOG"):
            self.spans.append((player.now - _TEN, player.now))
        run = player.run()
        if text == "THROW_ERROR":
            run.throw(key, self.error_code, "the script failed")
        else:
            run.finish_call(key, result)
        player._take(run)

    def _faults(self, player: Player) -> None:
        if player.faults and player.status is InstanceState.ACTIVE:
            self.trace.append("ERROR_runtime " + next(iter(player.faults.values())).message)


def as_expected(trace: list[str], expect: list[str]) -> bool:
    """Multisets are equal; ``ERROR`` stands for any error; a marker counts only when expected."""
    got = [t for t in trace if t != "MARKER_exists" or "MARKER_exists" in expect]
    if "ERROR" in expect:
        return any(t.startswith("ERROR") for t in got)
    return sorted(got) == sorted(expect)
