"""The run loop: moves tokens until all of them wait, first come first served, with a limit of steps.

One ``Machine`` lives for one command. What an event sets off (a boundary, an interrupted sub-process) takes
effect at once, before the next ready token has its turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.bpmn.runtime_sleep import awake
from engine.bpmn.runtime_tokens import Tokens
from engine.bpmn.specs.base import READY, WAITING, BpmnError, Token
from engine.bpmn.specs.scopes import EventSubProcess
from engine.domain.errors import CrmflowError, RunError
from engine.domain.states import ActivityState, InstanceState


class Machine(Tokens):
    """Moves one instance's tokens for the length of one command."""

    def drain(self) -> None:
        """Run until every token waits. Raises ``RunError`` CRM-610 above the step limit."""
        steps, limit = 0, self.runtime.limit
        while self.status is InstanceState.ACTIVE:
            if self.ready:
                token = self.ready.popleft()
                if token.state != READY:
                    continue  # cancelled while it waited for its turn
                steps += 1
                if steps > limit:
                    raise _endless(token, limit)
                self.turn(token)
            if self.changed and self.instance.conditions:
                self.look_again()
            if not self.ready and not self.join_up():
                break

    def turn(self, token: Token) -> None:
        """Run one ready token; what fails stays there as a fault, a BPMN error goes to its catcher."""
        try:
            token.run()
        except BpmnError as error:
            self.throw(token, error.code, error.message)
        except CrmflowError as error:
            self.fault(token, error)

    def join_up(self) -> bool:
        """Let one inclusive join fire that no token can reach any more. True when one did."""
        for scope in self.instance.scopes():
            if not scope.spec.inclusive:
                continue
            for token in awake(scope.tasks):
                if (
                    token.state == WAITING
                    and token.task_spec in scope.spec.inclusive
                    and token.task_spec.join(token, self)
                ):
                    return True
        return False

    def look_again(self) -> None:
        """Variables changed: conditional events whose condition has become true fire."""
        self.changed = False
        for token in awake(self.instance.tokens):
            if token.state == WAITING and "condition" in token.internal_data:
                token.task_spec.check(token, self)
        self.changes.clear()
        self.outside = False

    def fire(self, token: Token, payload: dict[str, Any] | None = None) -> None:
        """The event a token waits for has come."""
        token.task_spec.fired(token, self, payload or {})

    def signal(self, name: str, payload: dict[str, Any]) -> None:
        """A signal reaches every token of the instance that waits for it."""
        for token in awake(self.instance.tokens):
            if token.state == WAITING and token.internal_data.get("signal") == name:
                self.fire(token, payload)

    def throw(
        self,
        token: Token,
        code: str,
        message: str,
        variables: Mapping[str, Any] | None = None,
        *,
        outside: bool = False,
    ) -> bool:
        """A BPMN error: the innermost boundary or event sub-process that catches it goes on; True.

        Nobody catches it: the instance ends, with the error kept; one from ``outside`` changes nothing.
        """
        given = {"code": code, "message": message, "variables": dict(variables or {})}
        for carrier in self.outwards(token):
            node, scope = carrier.task_spec, carrier.workflow
            if (boundary := _catcher(node.boundaries, "error", code)) is not None:
                boundary.catch(carrier, self, given, ActivityState.FAILED)
                return True
            # What an event sub-process throws is for those outside its scope.
            caught = carrier.host is None and not isinstance(node, EventSubProcess)
            if caught and (listener := _catcher(scope.spec.listeners, "error", code)) is not None:
                listener.catch(scope, self, given, ActivityState.FAILED)
                return True
        if not outside:
            self.end_with(token, code, message)
        return False

    def escalate(self, token: Token, code: str, payload: dict[str, Any], *, own: bool = False) -> bool:
        """A BPMN escalation goes outwards to the first that catches it (``own``: the token's own boundary, too)."""
        given = {**payload, "code": code}
        for carrier in self.outwards(token):
            node, scope = carrier.task_spec, carrier.workflow
            outer = own or carrier is not token
            if outer and (boundary := _catcher(node.boundaries, "escalation", code)) is not None:
                boundary.catch(carrier, self, given, ActivityState.CANCELLED)
                return True
            caught = carrier.host is None and not isinstance(node, EventSubProcess)
            if caught and (listener := _catcher(scope.spec.listeners, "escalation", code)) is not None:
                listener.catch(scope, self, given, ActivityState.CANCELLED)
                return True
        return False

    def outwards(self, token: Token | None) -> Iterator[Token]:
        """The token, the loop it is a run of, the activity around them …, up to the process."""
        while token is not None:
            yield token
            if token.host is not None:
                token = self.instance.tokens.get(token.host)
            else:
                token = token.workflow.host

    def end_with(self, token: Token | None, code: str, message: str) -> None:
        """The instance ends with an error nobody caught."""
        self.report.error = (code, message)
        self.status = InstanceState.TERMINATED
        if token is not None and token.live:
            self.cancel(token, ActivityState.FAILED)
        self.cancel_all()

    def cancel_all(self) -> None:
        """Take every token away, inner scopes first."""
        for token in list(self.instance.tasks.values()):
            self.cancel(token)
        self.ready.clear()


def _catcher(events: tuple[Any, ...], kind: str, code: str) -> Any:
    """The event that catches this code: the one that names it, else one that catches all."""
    fitting = [event for event in events if event.trigger.kind == kind and event.trigger.code in (code, None)]
    return min(fitting, key=lambda event: event.trigger.code is None, default=None)


def _endless(token: Token, limit: int) -> RunError:
    return RunError(
        "CRM-610",
        f"More than {limit} steps without a wait; the last was '{token.task_spec.title or token.task_spec.origin}'.",
        fix="Look for a loop whose condition never changes, or put a wait into it.",
    )
