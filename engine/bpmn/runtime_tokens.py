"""How tokens are made, moved, resumed and taken away; when a scope is over."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from engine.bpmn import compact
from engine.bpmn.runtime_data import Data
from engine.bpmn.runtime_flow import Instance, Scope
from engine.bpmn.runtime_sleep import hanging
from engine.bpmn.runtime_vars import stored
from engine.bpmn.specs.base import CANCELLED, COMPLETED, ERROR, READY, WAITING, Node, Token
from engine.domain.errors import CrmflowError
from engine.domain.states import ActivityState, InstanceState
from engine.domain.values import Fault


class Tokens(Data):
    """The life of tokens. A scope is over when no token is left in it that keeps it alive."""

    def __init__(self, runtime: Any, process: Any, instance: Instance, now: datetime) -> None:
        super().__init__(runtime, process, instance, now)
        self.ready: deque[Token] = deque()
        self.terminated = False

    def spawn(
        self, scope: Any, node: Node, flow: str | None = None, *, host: Token | None = None, armed: bool = False
    ) -> Token:
        """A new token at a node. Hosted and armed tokens do not keep their scope alive."""
        token = self.instance.new_token(scope, node, WAITING if armed else READY)
        token.flow = flow
        token.since = self.now
        token.armed = armed
        if host is not None:
            token.host = host.id
        elif not armed:
            scope.live += 1
        if armed:
            return token
        if node.waits:
            self.ready.appendleft(token)
        else:
            self.ready.append(token)
        return token

    def resume(self, token: Token, result: Mapping[str, Any] | None = None) -> None:
        """The work of a waiting token is done: it goes on with this result."""
        self.report.close(token)
        inner = token.internal_data
        inner["done"] = 1
        if result:
            inner["result"] = {**inner.get("result", {}), **stored(result, "result")}
        token._set_state(READY)
        self.ready.append(token)

    def leave(self, token: Token) -> None:
        """The token's node is done: write history, go by the chosen flows."""
        node = token.task_spec
        if node.lent:  # which run of its loop it is, the sub-process around it knows
            token.detail = {**(token.workflow.host.detail or {}), **(token.detail or {})}
        if node.drawn:
            self.report.done(token, self.now)
        if node.boundaries or node.hosts:
            self.release(token)
        inner = token.internal_data
        if (node.undo is not None or "log" in inner) and "again" not in inner:
            entry = [node.name, token.data or None, inner.get("log")]
            host = self.instance.tokens.get(token.host) if node.loop is not None and token.host is not None else None
            # A run of a loop can be undone once the whole loop is done.
            (token.workflow.log if host is None else host.internal_data.setdefault("runs", [])).append(entry)
        if "runs" in inner:
            token.workflow.log += inner["runs"]
        for flow in token.chosen:
            for _ in range(node.yields):
                self.spawn(token.workflow, flow.target, flow.id)
        self.retire(token)

    def retire(self, token: Token) -> None:
        """The token is no more; the last one ends its scope."""
        instance = self.instance
        instance.finished += 1
        scope = token.workflow
        if token.host is not None:
            if not token.armed and (host := instance.tokens.get(token.host)) is not None:
                host.task_spec.child_done(host, token, self)
        elif not token.armed:
            scope.live -= 1
            if scope.spec.adhoc and not token.chosen:
                self.step(scope.host, lambda: scope.host.task_spec.element_done(scope.host, scope, self))
            if scope.live == 0 and (scope.host is None or instance.subprocesses.get(scope.host.id) is scope):
                self.close_scope(scope)
        if 0 < self.runtime.compact_above < instance.finished:
            compact.drop_finished(instance)

    def swallow(self, token: Token) -> None:
        """A join takes the token in: it is gone without history, and another goes on for it."""
        token._set_state(COMPLETED)
        token.workflow.live -= 1
        self.instance.finished += 1

    def step(self, token: Token, act: Callable[[], None]) -> None:
        """Do something for one token while another is on its turn: what fails stays with ``token``."""
        try:
            act()
        except CrmflowError as error:
            self.fault(token, error)

    def fault(self, token: Token, error: CrmflowError) -> None:
        """The token waits at its element until a person retries it."""
        node = token.task_spec
        self.report.close(token)
        if node.boundaries or node.hosts:
            self.release(token)
        if (scope := self.instance.subprocesses.get(token.id)) is not None:
            self.drop_scope(scope)  # a retry begins it anew
        token._set_state(ERROR)
        text = f"{error.message} {error.fix}".strip()
        fault = Fault(token.id, node.origin, node.title, error.code, text, token.workflow.path)
        self.report.open(token, "fault", fault)

    def close_scope(self, scope: Any) -> None:
        """No token is left in the scope: its activity is done, or the instance is."""
        if scope.spec.adhoc:
            scope.host.task_spec.scope_done(scope.host, scope, self)
            return
        for token in list(scope.tasks.values()):
            if token.live:  # event sub-processes that were never triggered
                self.cancel(token)
        if scope.host is not None:
            scope.host.task_spec.scope_done(scope.host, scope, self)
        elif self.status is InstanceState.ACTIVE:
            self.status = InstanceState.TERMINATED if self.terminated else InstanceState.COMPLETED

    def cancel(self, token: Token, state: ActivityState = ActivityState.CANCELLED) -> None:
        """Take a token away with all that hangs on it; nothing follows from it."""
        if not token.live:
            return
        node = token.task_spec
        self.report.close(token)
        token._set_state(CANCELLED)
        if token.host is None and not token.armed:
            token.workflow.live -= 1
        self.instance.finished += 1
        if (scope := self.instance.subprocesses.get(token.id)) is not None:
            self.drop_scope(scope)
        if node.boundaries or node.hosts:
            self.release(token)
        if node.drawn and node.told_cancelled and not token.armed:
            self.report.done(token, self.now, state)

    def release(self, host: Token) -> None:
        """Cancel what hangs on a token: armed boundaries, waiting events, loop bodies."""
        for token in hanging(self.instance.tokens, host.id):
            if token.live:
                self.cancel(token)

    def drop_scope(self, scope: Scope) -> None:
        """Cancel everything in a scope and forget it."""
        for token in list(scope.tasks.values()):
            self.cancel(token)
        for key in scope.tasks:
            self.instance.tokens.pop(key, None)
        self.instance.subprocesses.pop(scope.host.id, None)
