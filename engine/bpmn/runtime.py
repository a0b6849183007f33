"""Runtime: (state, command, now) → ``Step``. Pure: records and decisions are read through what it is given.

run = runtime.start(process, {"lead": RecordRef("lead", "7")}, now)
step = run.finish()
run = runtime.resume(process, step.state, now)
run.complete(key, {"approved": True})
step = run.finish()
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from engine import feel
from engine.bpmn import codec
from engine.bpmn.process import Process
from engine.bpmn.runtime_flow import Instance
from engine.bpmn.runtime_operate import Operated
from engine.bpmn.runtime_vars import stored
from engine.bpmn.specs.adhoc import AdHocSubProcess
from engine.bpmn.specs.base import READY, Node
from engine.bpmn.specs.gateways import EventGateway
from engine.bpmn.specs.tasks import shaped
from engine.domain.errors import Conflict, CrmflowError, Invalid
from engine.domain.states import InstanceState
from engine.domain.values import RecordRef

Decide = Callable[..., tuple[Any, ...]]  # (decision, inputs[, Binding]) → (value, trace[, more for the history])
Records = Callable[[RecordRef], Mapping[str, Any]]


class Runtime:
    """Starts and resumes instances. Safe to share between threads; holds no state of instances.

    ``decide(decision, inputs)`` → (value, trace), a drawn ``Binding`` is handed in third;
    ``records(ref)`` → the record's present fields; ``limit``: steps one command may take without a wait;
    ``calendars``: key → ``Calendar``, for timers in working time;
    ``forms``: those that tasks may name by an expression (None: any);
    ``compact_above``: finished tokens kept within a run (0: never dropped, also not at its end; for tests).
    """

    def __init__(
        self,
        decide: Decide,
        records: Records,
        limit: int = 10_000,
        compact_above: int = 200,
        calendars: Callable[[str], Any] | None = None,
        forms: Collection[str] | None = None,
    ) -> None:
        self.forms = forms
        self.calendars = calendars
        self.decide = decide
        self.records = records
        self.limit = limit
        self.compact_above = compact_above

    def start(
        self,
        process: Process,
        variables: Mapping[str, Any],
        now: datetime,
        *,
        start_event: str | None = None,
        business_key: str | None = None,
        instance_id: str | None = None,
        started_by: str | None = None,
    ) -> Run:
        """A new instance, run to its first waits. FEEL sees ``started_by`` (a login) as ``startedBy``.

        Raises ``Invalid`` CRM-018 when the start is not clear.
        """
        node = _start_node(process, start_event)
        instance = Instance(process.scope)
        instance.base = {"instance": {"id": instance_id, "businessKey": business_key}}
        if started_by is not None:
            instance.base["startedBy"] = started_by
        instance.data = stored(dict(variables), "variables")
        run = Run(self, process, instance, now)
        nodes = (node,) if node is not None else process.scope.starts
        run.begin(nodes, begun=node is not None, beside=_beside(node))
        return run

    def begin_at(
        self,
        process: Process,
        variables: Mapping[str, Any],
        now: datetime,
        element: str,
        *,
        business_key: str | None = None,
        instance_id: str | None = None,
    ) -> Run:
        """A new instance that begins at any element. Raises ``Invalid`` CRM-031 … CRM-034."""
        instance = Instance(process.scope)
        instance.base = {"instance": {"id": instance_id, "businessKey": business_key}}
        instance.data = stored(dict(variables), "variables")
        run = Run(self, process, instance, now)
        run.begin_at(element)
        return run

    def resume(self, process: Process, state: bytes, now: datetime) -> Run:
        """A stored instance, ready for a command. Raises ``RunError`` CRM-630 for a state that cannot be read."""
        return Run(self, process, codec.load(state, process), now)


class Run(Operated):
    """One command on one instance; ``finish`` gives what it did."""

    def complete(self, key: int, data: Mapping[str, Any] | None = None) -> None:
        """A person has done task ``key``. Raises ``Conflict`` CRM-260 when it is not open."""
        self._go(self._open(key, "task"), data or {})

    def finish_call(self, key: int, result: Mapping[str, Any] | None = None) -> None:
        """The service call ``key`` has succeeded with these variables."""
        token = self._open(key, "call")
        self.machine.forget_records()
        with feel.at(self._clock):
            self.machine.step(token, lambda: self.machine.resume(token, shaped(result or {}, token, self.machine)))
            self.machine.drain()

    def fire(self, key: int) -> None:
        """The timer ``key`` is due."""
        self._event(self._open(key, "timer"), {})

    def deliver(self, key: int, payload: Mapping[str, Any] | None = None) -> None:
        """The message or signal that subscription ``key`` waits for has come."""
        self._event(self._open(key, "wait"), payload or {})

    def activate(self, key: int, element: str) -> None:
        """Run an activity of the ad-hoc sub-process whose token is ``key``. Raises CRM-260, CRM-622."""
        token = self.instance.tokens.get(key)
        if token is None or not isinstance(token.task_spec, AdHocSubProcess) or key not in self.instance.subprocesses:
            raise Conflict("CRM-260", f"Step {key} is no open ad-hoc sub-process.", fix="Reload.", key=key)
        with feel.at(self._clock):
            token.task_spec.activate(token, element, self.machine)
            self.machine.drain()

    def throw(
        self,
        key: int,
        error_code: str,
        message: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        outside: bool = False,
    ) -> bool:
        """The service call (or task) ``key`` ends with a BPMN error; True when the model catches it.

        One that nobody catches ends the instance, unless it is said from ``outside``: then nothing happens.
        """
        token = self._open(key, "call", "task")
        with feel.at(self._clock):
            caught = self.machine.throw(token, error_code, message, variables, outside=outside)
            self.machine.drain()
        return caught

    def escalate(self, key: int, code: str, payload: Mapping[str, Any] | None = None) -> bool:
        """A BPMN escalation from outside (an SLA ladder) at the open task ``key``; True when the model catches it."""
        token = self._open(key, "task")
        with feel.at(self._clock):
            caught = self.machine.escalate(token, code, dict(payload or {}), own=True)
            self.machine.drain()
        return caught

    def fail(self, key: int, error: CrmflowError) -> None:
        """The service call ``key`` cannot be done: a fault, to be retried by a person; other branches go on."""
        token = self._open(key, "call")
        self.machine.fault(token, error)

    def retry(self, key: int) -> None:
        """Run the faulty token ``key`` again."""
        token = self._open(key, "fault")
        self.machine.report.close(token)
        token._set_state(READY)
        self.machine.ready.append(token)
        with feel.at(self._clock):
            self.machine.drain()

    def cancel(self) -> None:
        """End the instance now; everything open is closed."""
        self.machine.cancel_all()
        self.machine.status = InstanceState.CANCELLED

    @property
    def waits(self) -> dict[int, str]:
        """What each live token waits for: key → task, timer, wait (a message or signal), call or fault."""
        tokens = self.instance.tokens.items()
        return {key: t.internal_data["open"] for key, t in tokens if t.live and "open" in t.internal_data}


def _beside(node: Node | None) -> list[Node]:
    """The other events of a parallel event gateway: the new instance waits for them as well."""
    sources = [] if node is None else [flow.source for flow in node.incoming]
    gates = [gate for gate in sources if isinstance(gate, EventGateway) and gate.together]
    return [flow.target for gate in gates for flow in gate.out if flow.target is not node]


def _start_node(process: Process, start_event: str | None) -> Node | None:
    """The chosen start node; None when the process begins without a start event, at several places."""
    starts = process.scope.starts
    if start_event is not None:
        found = process.scope.node(start_event)
        if found is None or not (found in starts or found.kind in ("intermediateCatchEvent", "receiveTask")):
            raise Invalid(
                "CRM-018",
                f"Process '{process.key}' has no start event '{start_event}'.",
                fix="Choose one of: " + ", ".join(node.origin for node in starts) + ".",
            )
        return found
    events = [node for node in starts if node.kind == "startEvent"]
    if not events:
        return None
    if len({node.origin for node in events}) == 1:
        return events[0]
    plain = [node for node in events if getattr(node, "trigger").kind == "none"]  # noqa: B009
    if len(plain) == 1 or (not plain and len(events) == 1):
        return (plain or events)[0]
    raise Invalid(
        "CRM-018",
        f"Process '{process.key}' has several start events.",
        fix="Say which: " + ", ".join(node.origin for node in events) + ".",
    )
