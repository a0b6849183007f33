"""A compiled process: immutable, shared between threads, cached by its callers by content hash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from engine import feel
from engine.bpmn.parse import calls_of, scope_of
from engine.bpmn.parse_nodes import EVENTS
from engine.bpmn.parse_source import Problems, Source, flag
from engine.bpmn.specs.base import Node, ScopeSpec
from engine.bpmn.specs.gateways import EventGateway
from engine.bpmn.specs.timers import Calendars
from engine.bpmn.specs.triggers import ConditionTrigger, MessageTrigger, TimerTrigger
from engine.domain.clock import FixedClock
from engine.domain.errors import ExpressionError

#: What is executed, in the words of the coverage table: kinds of nodes, ``event:trigger`` and features.
SUPPORTED: frozenset[str] = frozenset(
    {
        "task", "userTask", "manualTask", "scriptTask", "businessRuleTask", "serviceTask", "sendTask", "receiveTask",
        "subProcess", "callActivity", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway",
        "complexGateway", "transaction", "adHocSubProcess", "feature:compensation", "feature:quantity",
        "feature:multi-instance-behavior",
        "feature:conditional-flow", "feature:implicit-start", "feature:event-sub-process", "feature:multi-instance",
        "feature:standard-loop", "feature:instantiate",
        *(f"{kind}:multiple" for kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent")),
        *(f"{kind}:{trigger}" for kind, triggers in EVENTS.items() for trigger in triggers),
    }
    - {"startEvent:error", "startEvent:escalation"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Start:
    """A place where an instance may begin."""

    id: str
    name: str
    trigger: str  # none, timer, message, signal, conditional
    message: str | None = None  # name of the message or signal
    timer: str | None = None  # the timer as drawn
    reads: frozenset[str] = frozenset()  # names that a condition reads
    parts: tuple[str, ...] = ()  # names behind a dot in it, as often as they stand there: fields and relations
    node: str = ""  # name of its node: one for each trigger of an event that has several
    together: bool = False  # the first of several messages that a new instance needs


@dataclass(frozen=True, slots=True)
class Process:
    """A compiled process and the processes it calls."""

    key: str
    name: str
    scope: ScopeSpec
    scopes: Mapping[str, ScopeSpec] = field(default_factory=dict)  # process id → spec, called ones included
    starts: tuple[Start, ...] = ()

    def next_start(self, name: str, since: datetime, round_no: int = 1, calendars: Calendars = None) -> datetime | None:
        """When a timer start (``Start.node``) starts an instance for the ``round_no``-th time; None when no more.

        ``since`` is when the process was deployed: durations and cycles without a start count from it; ``calendars``
        are for durations in working time (``PT8H on office``). Raises ``RunError`` CRM-613 when its expression
        (which sees no variables) gives no time.
        """
        trigger = self._trigger(name)
        if not isinstance(trigger, TimerTrigger):
            return None
        with feel.at(FixedClock(since)):
            return trigger.at_round(since, round_no, calendars)

    def holds(self, name: str, scope: Mapping[str, Any], now: datetime) -> bool:
        """Whether the condition of a conditional start (``Start.node``) is true in this scope; null and errors are
        not."""
        trigger = self._trigger(name)
        if not isinstance(trigger, ConditionTrigger):
            return False
        try:
            with feel.at(FixedClock(now)):
                return trigger.expr.value(scope) is True
        except ExpressionError:
            return False

    def _trigger(self, name: str) -> Any:
        """What starts an instance at the node of this name; None where nothing does."""
        node = next((n for n in _beginnings(self.scope) if n.name == name), None)
        return getattr(node, "trigger", None)

    def node(self, element_id: str) -> Node | None:
        """The node of an element of this process (its sub-processes included); None where there is none."""
        todo = [self.scope]
        while todo:
            spec = todo.pop()
            if (found := spec.node(element_id)) is not None:
                return found
            todo.extend(spec.children.values())
        return None


def compile(xml: bytes, key: str, called: Mapping[str, bytes] | None = None) -> Process:
    """Compile process ``key`` of a BPMN file, with the processes it calls (``called``: process id → file).

    Processes of the same file need not be in ``called``. Raises ``Refused`` with findings: CRM-170 for what this
    version does not execute, CRM-191 for what cannot be compiled (a reference to nothing, unreadable FEEL …).
    """
    files = {process: data for process, data in (called or {}).items() if process != key}
    return _compiled(xml, key, tuple(sorted(files.items())))


class _File:
    """A file and its processes as compiled so far: many that call each other are compiled once each."""

    def __init__(self, xml: bytes) -> None:
        self.source = Source(xml)
        self._made: dict[str, tuple[ScopeSpec | None, Problems]] = {}

    def scope(self, key: str, problems: Problems) -> ScopeSpec | None:
        """One process of it; None where it is not there."""
        made = self._made.get(key)
        if made is None:
            own = Problems()
            made = self._made[key] = scope_of(self.source, key, own), own
        problems.found += made[1].found
        return made[0]


_file = lru_cache(maxsize=2)(_File)  # what is being deployed or checked just now


@lru_cache(maxsize=16)  # a deployment checks, compiles and loads the same text within a second
def _compiled(xml: bytes, key: str, called: tuple[tuple[str, bytes], ...]) -> Process:
    problems = Problems()
    own = _file(xml)
    files = dict(called)
    scopes: dict[str, ScopeSpec] = {}
    todo = [key]
    while todo:
        name = todo.pop()
        if name in scopes:
            continue
        file = _file(files[name]) if name in files else own
        spec = file.scope(name, problems)
        if spec is None:
            _missing(problems, file.source, name, key)
            continue
        scopes[name] = spec
        calls = calls_of(spec)
        todo += [call.called.constant for call in calls if call.called.constant]
        if any(call.called.program for call in calls):
            todo += [each for each, e in file.source.processes().items() if each and flag(e, "isExecutable", True)]
        if name == key:
            todo += list(files)  # called by an expression
    problems.stop()
    _tidy_starts(scopes[key], problems)
    problems.stop()
    return Process(key, scopes[key].title, scopes[key], scopes, tuple(_start(n) for n in _beginnings(scopes[key])))


def _beginnings(spec: ScopeSpec) -> list[Node]:
    """Where an instance may begin: an instantiating event gateway stands for the events behind it."""
    found: list[Node] = []
    for node in spec.starts:
        found += [flow.target for flow in node.out] if isinstance(node, EventGateway) else [node]
    return found


def _missing(problems: Problems, source: Source, name: str, key: str) -> None:
    what = f"The file has no process '{name}'" if name == key else f"'{key}' calls '{name}', which is not deployed"
    problems.add(
        "CRM-191",
        source.root if name == key else None,
        f"{what}.",
        "Deploy the called process first." if name != key else "Check the process id.",
        f"找不到流程“{name}”。",
        "请先部署被调用的流程。",
    )


def _tidy_starts(spec: ScopeSpec, problems: Problems) -> None:
    for node in spec.starts:
        trigger = getattr(node, "trigger", None)
        if node.kind == "startEvent" and trigger is not None and f"startEvent:{trigger.kind}" not in SUPPORTED:
            at = None
            problems.add(
                "CRM-170",
                at,
                f"'{node.title or node.name}': a process does not start by a {trigger.kind} event in this version.",
                "Use a none, timer, message, signal or conditional start event.",
                f"“{node.title or node.name}”：本版本的流程不能由 {trigger.kind} 事件启动。",
                "请使用空、定时、消息、信号或条件开始事件。",
            )


def _start(node: Node) -> Start:
    trigger: Any = getattr(node, "trigger", None)
    kind = trigger.kind if trigger is not None else "none"
    named = trigger.name.text if isinstance(trigger, MessageTrigger) or kind == "signal" else None
    timer = trigger.expr.text if isinstance(trigger, TimerTrigger) else None
    condition = trigger.expr.program if isinstance(trigger, ConditionTrigger) else None
    # What a filter names is an entry of its items, unless nothing is read outside of it.
    reads = frozenset() if condition is None else condition.outer or condition.names
    together = any(isinstance(flow.source, EventGateway) and flow.source.together for flow in node.incoming)
    parts = () if condition is None else condition.parts
    return Start(node.origin, node.title, kind, named, timer, reads, parts, node.name, together)
