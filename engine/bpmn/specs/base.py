"""Tokens, nodes, flows: SpiffWorkflow's tasks and specs with our own rules of moving on.

A *token* is a SpiffWorkflow task with a small integer key that never repeats in its instance. A *node* is a
SpiffWorkflow task spec that neither predicts nor copies data: variables live in the scope (one store per
process or sub-process), joins count tokens, and only the run loop moves tokens. Specs do not change at run
time and are shared between threads. What SpiffWorkflow's underscore seams we override is listed in
``OVERRIDDEN`` and held by a test, because the library may change them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.bpmn.specs.expr import Expr
from engine.domain.errors import RunError
from engine.domain.values import RecordRef

if TYPE_CHECKING:
    from engine.bpmn.runtime_machine import Machine

READY, WAITING, STARTED = TaskState.READY, TaskState.WAITING, TaskState.STARTED
COMPLETED, ERROR, CANCELLED = TaskState.COMPLETED, TaskState.ERROR, TaskState.CANCELLED
#: A token in one of these is part of the live state (ERROR waits for a person to retry it).
LIVE = READY | WAITING | STARTED | ERROR

OVERRIDDEN: dict[str, tuple[str, ...]] = {
    "Task": ("_set_state", "_inherit_data"),
    "TaskSpec": ("_predict", "_update", "_on_ready", "_run", "_on_complete", "_on_cancel", "_on_error", "test"),
    "Workflow": ("_task_completed_notify", "_predict"),
    "BpmnSubWorkflow": ("_calculate_depth",),
}


class BpmnError(Exception):
    """A BPMN error on its way to the boundary that catches it."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Token(Task):  # type: ignore[misc]
    """A SpiffWorkflow task that knows the flow it came by and the token it hangs on."""

    def __init__(self, workflow: Any, node: Any, key: Any, state: int = READY) -> None:
        super().__init__(workflow, node, None, state, id=key)
        self._state: int = state
        self.flow: str | None = None  # id of the flow it came by
        self.host: int | None = None  # key of the token it hangs on (boundary, gateway, loop)
        self.armed = False  # listens only: does not keep its scope alive
        self.since: Any = None  # when it came here (aware datetime)
        self.chosen: Sequence[Flow] = ()
        self.detail: dict[str, Any] | None = None

    def _set_state(self, value: int) -> None:
        # The library's ``run`` marks what is not done as STARTED; a node may have chosen to wait, or be gone by then.
        # (It would also build a log record with three dictionaries at each change; history is ours.)
        if value != STARTED or self._state == READY:
            self._state = value

    def _inherit_data(self) -> None:
        """Nothing is inherited: variables live in the scope."""

    @property
    def live(self) -> bool:
        return bool(self._state & LIVE)

    def __repr__(self) -> str:
        return f"<Token {self.id} at {self.task_spec.name}>"


class Flow:
    """A sequence flow. ``drawn`` is False where desugaring put it in."""

    __slots__ = ("condition", "drawn", "id", "name", "source", "target")

    def __init__(self, id: str, name: str, source: Node, target: Node, condition: Expr | None, drawn: bool) -> None:
        self.id = id
        self.name = name
        self.source = source
        self.target = target
        self.condition = condition
        self.drawn = drawn

    def told(self) -> dict[str, Any]:
        """How history tells of this flow."""
        told: dict[str, Any] = {"flow": self.id}
        if self.name:
            told["name"] = self.name
        if self.condition is not None:
            told["condition"] = self.condition.text
        return told


class Seams(BpmnTaskSpec):  # type: ignore[misc]
    """The library's hooks that have nothing to do here: the run loop does it all."""

    def _predict(self, my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Nothing is predicted."""

    def _update(self, my_task: Token) -> None:
        """Nothing is pulled: the run loop moves tokens."""

    def _on_ready(self, my_task: Token) -> None:
        """Nothing to prepare."""

    def _on_cancel(self, my_task: Token) -> None:
        """Cancelling is the machine's; the library's event is not used."""

    def _on_error(self, my_task: Token) -> None:
        """Faults are the machine's."""

    def test(self) -> None:
        """Shape is checked when the model is compiled."""


class Node(Seams):
    """A place in a process where tokens stop. Subclasses say what happens there in ``work``."""

    hosts = False  # other tokens may hang on its tokens (boundaries aside)
    waits = False  # begins to listen at once, before others have their turn and may throw what it waits for
    by_event = False  # an event sub-process
    told_cancelled = False  # being cancelled here is worth a line of history

    def __init__(self, spec: ScopeSpec, id: str, kind: str, title: str = "") -> None:
        super().__init__(spec, id)
        self.scope_spec = spec
        self.kind = kind
        self.title = title
        self.drawn = True
        self.origin = id  # the drawn element it stands for
        self.incoming: tuple[Flow, ...] = ()
        self.out: tuple[Flow, ...] = ()
        self.default: Flow | None = None
        self.boundaries: tuple[Any, ...] = ()
        self.undo: Any = None  # the activity that compensates this one
        self.needs = 1  # tokens that start it together
        self.yields = 1  # tokens it sends along each flow
        self.loop: Any = None  # the looping activity whose body this is
        self.lent = False  # it stands in an undrawn sub-process around it, whose variables are its own
        self.reads: tuple[tuple[str, Expr], ...] = ()
        self.writes: tuple[tuple[str, Expr], ...] = ()
        self.keeps = False  # writes what data associations say and all of the result besides

    # --- what subclasses say ---------------------------------------------------------------------

    def work(self, token: Token, machine: Machine) -> bool:
        """Do the node's work. True: go on at once; False: wait here for somebody or something."""
        return True

    def choose(self, token: Token, machine: Machine) -> Sequence[Flow]:
        """The flows to take: all without a condition, those whose condition holds, else the default."""
        if self.default is None and all(flow.condition is None for flow in self.out):
            return self.out
        return choose_open(self, token, machine)

    def fired(self, token: Token, machine: Machine, payload: dict[str, Any]) -> None:
        """The event the token waited for has come."""
        machine.resume(token, payload)

    def child_done(self, token: Token, child: Token, machine: Machine) -> None:
        """A token that hangs on this one is done."""

    def scope_done(self, token: Token, scope: Any, machine: Machine) -> None:
        """The scope that this token opened is over."""

    # --- SpiffWorkflow's seams -------------------------------------------------------------------

    def _run(self, my_task: Token) -> bool | None:
        machine: Machine = my_task.workflow.machine
        inner = my_task.internal_data
        if "done" not in inner:
            if self.needs > 1 and not gathered(self, my_task, machine):
                return None
            if self.reads or "given" in inner:
                machine.read_inputs(my_task)
            if not self.work(my_task, machine):
                if my_task.live:
                    for boundary in self.boundaries:
                        boundary.arm(my_task, machine)
                return None
            if not my_task.live:
                return None  # its own work took it away (an event it threw)
            # A fault below (a mapping, a condition) must not repeat the work when it is retried.
            inner["done"] = 1
        if (self.writes or "result" in inner) and "settled" not in inner and "again" not in inner:
            machine.settle(my_task)
            inner["settled"] = 1
        if self.loop is not None and "again" not in inner:
            self.loop.collect(my_task, machine)
        my_task.chosen = self.choose(my_task, machine)
        return True if my_task.live else None

    def _on_complete(self, my_task: Token) -> None:
        machine: Machine = my_task.workflow.machine
        machine.leave(my_task)


def own(token: Token) -> dict[str, Any]:
    """The activity's own variables: what its loop and its input mappings gave it."""
    data: dict[str, Any] = token.workflow.host.data if token.task_spec.lent else token.data
    return data


def gathered(node: Node, token: Token, machine: Machine) -> bool:
    """Whether enough tokens are here to start the activity (startQuantity); the firing one takes the oldest in."""
    inner = token.internal_data
    if "got" in inner:
        return True  # a retry: they were taken in before
    others = [
        t for t in token.workflow.tasks.values() if t.task_spec is node and "gather" in t.internal_data and t.live
    ]
    if len(others) + 1 < node.needs:
        inner["gather"] = 1
        token._set_state(WAITING)
        return False
    for other in others[: node.needs - 1]:
        machine.swallow(other)
    inner["got"] = 1
    return True


def holds(flow: Flow, token: Token, machine: Machine) -> bool:
    """Whether a flow's condition is true; null counts as not true (FEEL), anything else is an error."""
    assert flow.condition is not None
    value = flow.condition.value(machine.view(token))
    if value is True:
        return True
    if value is False or value is None:
        return False
    raise RunError(
        "CRM-612",
        f"The condition '{flow.condition.text}' of flow '{flow.name or flow.id}' gives "
        f"{type(value).__name__}, not true or false.",
        fix="Compare the value with something, for instance = amount > 100.",
    )


def choose_open(node: Node, token: Token, machine: Machine) -> Sequence[Flow]:
    """Every flow without a condition and every one whose condition is true; where none is true, the default too.

    BPMN 2.0, 13.3.4: the default stands for "no condition was true", whatever flows without conditions there are.
    """
    plain = [flow for flow in node.out if flow.condition is None and flow is not node.default]
    true = [
        flow
        for flow in node.out
        if flow.condition is not None and flow is not node.default and holds(flow, token, machine)
    ]
    chosen = [flow for flow in node.out if flow in plain or flow in true]
    if not true and node.default is not None:
        chosen.append(node.default)
    if not chosen:
        raise no_way(node, token, machine)
    token.detail = {**(token.detail or {}), "taken": [flow.told() for flow in chosen]}
    return chosen


def no_way(node: Node, token: Token, machine: Machine) -> RunError:
    """The error of a token that finds no flow to go by, with what FEEL had to say."""
    view = machine.view(token)
    said = [
        f"'{flow.condition.text}' is not true" + (f" ({why})" if (why := flow.condition.explain(view)) else "")
        for flow in node.out
        if flow.condition is not None
    ]
    return RunError(
        "CRM-611",
        f"No way on from '{node.title or node.name}': {'; '.join(said)}.",
        fix="Correct the data and retry, or give the gateway a default flow.",
    )


class ScopeSpec(BpmnProcessSpec):  # type: ignore[misc]
    """The spec of a process or an embedded sub-process: its nodes, and where it starts."""

    def __init__(self, id: str, title: str, process: str) -> None:
        # The library's own start task and end join are left out: a scope ends when no token is left in it.
        WorkflowSpec.__init__(self, name=id)
        self.title = title
        self.process = process  # id of the process it is drawn in
        self.bpmn_start_events: list[Any] = []
        self.data_objects: dict[str, Any] = {}
        self.io_specification = None
        self.starts: tuple[Node, ...] = ()
        self.inclusive: tuple[Node, ...] = ()  # its inclusive joins
        self.listeners: tuple[Any, ...] = ()  # start events of event sub-processes in it
        self.children: dict[str, ScopeSpec] = {}
        self.adhoc = False
        self.undo: Any = None  # of a sub-process: the node that undoes it once it is over

    def node(self, id: str) -> Node | None:
        found: Node | None = self.task_specs.get(id)
        return found


def deep_set(target: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set ``a.b.c`` in nested contexts, making those that are missing. Raises CRM-616 inside a record."""
    for name in path[:-1]:
        inner = target.get(name)
        if isinstance(inner, RecordRef):
            raise RunError(
                "CRM-616",
                f"'{'.'.join(path)}' would change a field of a record inside the process's variables.",
                fix="Change records with a service task (crmflow:record.update).",
            )
        inner = dict(inner) if isinstance(inner, Mapping) else {}
        target[name] = inner
        target = inner
    target[path[-1]] = value
