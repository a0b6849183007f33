"""The living instance: SpiffWorkflow's workflow and sub-workflow with one variable store per scope."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnBaseWorkflow, BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from engine.bpmn.specs.base import ScopeSpec, Token


class Scope(BpmnSubWorkflow):  # type: ignore[misc]
    """A running sub-process or called process. ``host`` is the token of the activity it belongs to."""

    def __init__(self, spec: ScopeSpec, host: Token, *, called: bool) -> None:
        self.host = host
        self.called = called  # a called process does not see its caller's variables
        self.live = 0  # tokens that keep the scope alive
        self.log: list[list[Any]] = []  # completed activities that can be undone
        self.written: set[str] = set()  # names a called process has set
        self.path = path_below(host)
        super().__init__(spec, host.id, host.workflow.top_workflow, deserializing=True)

    @property
    def machine(self) -> Any:
        """The machine of the present command."""
        return self.top_workflow.machine

    @property
    def parent_workflow(self) -> Any:
        return self.host.workflow

    def _calculate_depth(self) -> int:
        # The library's way asks for the parent's parent's … by id at each level.
        depth: int = self.host.workflow.depth + 1
        return depth

    def _task_completed_notify(self, task: Any) -> None:
        """Completion of a scope is counted by the machine."""

    def _predict(self, mask: int = 0) -> None:
        """Nothing is predicted."""


class Instance(BpmnWorkflow):  # type: ignore[misc]
    """A running process instance: tokens by key over all scopes, and the counter of keys."""

    host = None
    called = True
    path = ""

    def __init__(self, spec: ScopeSpec) -> None:
        self.subprocess_specs: dict[str, Any] = {}
        self.subprocesses: dict[int, Scope] = {}
        self.tokens: dict[int, Token] = {}
        self.next_key = 1
        self.live = 0
        self.machine: Any = None
        self.base: dict[str, Any] = {}
        self.finished = 0  # tokens done since the last compaction
        self.conditions = 0  # conditional events armed
        self.written: set[str] = set()
        self.log: list[list[Any]] = []
        self.kept: dict[str, tuple[Any, Any]] = {}  # large variables as read: (value, stored bytes)
        # The library's constructor would build its event manager and its Python script engine.
        BpmnBaseWorkflow.__init__(self, spec, deserializing=True)

    def scopes(self) -> list[Any]:
        """The instance itself and all its sub-scopes, outer before inner."""
        return [self, *self.subprocesses.values()]

    def new_token(self, scope: Any, node: Any, state: int, key: int | None = None) -> Token:
        """A token with a key of its own (or the key it was stored with)."""
        if key is None:
            key = self.next_key
            self.next_key = key + 1
        token = Token(scope, node, key, state)
        self.tokens[key] = token
        return token

    def new_scope(self, host: Token, spec: ScopeSpec, *, called: bool) -> Scope:
        scope = Scope(spec, host, called=called)
        self.subprocesses[host.id] = scope
        return scope

    def _task_completed_notify(self, task: Any) -> None:
        """Completion of the instance is counted by the machine."""

    def _predict(self, mask: int = 0) -> None:
        """Nothing is predicted."""


def path_below(host: Token) -> str:
    """The path of the scope that hangs on this token: element ids joined by ``/``."""
    above: str = host.workflow.path
    if not host.task_spec.drawn:
        return above  # nobody drew that sub-process
    return f"{above}/{host.task_spec.origin}" if above else str(host.task_spec.origin)
