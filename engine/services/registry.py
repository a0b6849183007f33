"""Who handles what: one function per command, one per question, one per transactional call, and the ports.

::

    @handles(ClaimTask)
    def claim(ctx: Context, cmd: ClaimTask) -> TaskRow: ...

    @answers(ListTasks)
    def list_tasks(ctx: Context, ask: ListTasks) -> Page[TaskRow]: ...

    @transactional("crmflow:record.create")
    def create(ctx: Context, call: ServiceCall) -> Mapping[str, Any]: ...   # may raise BpmnError

    @provides("record.read")
    def read(ctx: Context, ref: RecordRef) -> Mapping[str, Any]: ...

Ports are how instances and tasks reach records and assignment without importing them (see ``PORTS``).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from engine.domain.errors import RunError

F = TypeVar("F", bound=Callable[..., Any])

commands: dict[type, Callable[..., Any]] = {}
questions: dict[type, Callable[..., Any]] = {}
calls: dict[str, Callable[..., Mapping[str, Any]]] = {}
ports: dict[str, Callable[..., Any]] = {}

#: What each port is for, with its shape. The module that owns the matter provides it.
PORTS: Mapping[str, str] = {
    "record.read": "(ctx, RecordRef) -> Mapping of fields (FEEL sees them); raises NotFound CRM-40x",
    "record.brief": "(ctx, RecordRef) -> (name, segment, amount) of the record, for lists and their filters",
    "record.row": "(ctx, RecordRef) -> RecordRow | None, for the task page",
    "record.write": "(ctx, RecordRef, Mapping of fields to change, by: Actor) -> None",
    "task.assign": "(ctx, TaskOpened, Definition loaded) -> Assignment, called for tasks with crmflow:assignment",
    "people.left": "(ctx, login) -> None, called in the transaction that deactivates somebody",
}


class BpmnError(Exception):
    """Raised by a transactional call: thrown as a BPMN error at the service task, for a boundary to catch."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def handles(command: type) -> Callable[[F], F]:
    """Register the function that carries out a command."""
    return _into(commands, command)


def answers(question: type) -> Callable[[F], F]:
    """Register the function that answers a question."""
    return _into(questions, question)


def transactional(kind: str) -> Callable[[F], F]:
    """Register the function behind a service task type ``crmflow:…``; it runs inside the command's transaction."""
    return _into(calls, kind)


def provides(port: str) -> Callable[[F], F]:
    """Register what answers one of ``PORTS``."""
    if port not in PORTS:
        raise ValueError(f"unknown port {port!r}")
    return _into(ports, port)


def port(name: str) -> Callable[..., Any]:
    """The function behind a port. Raises ``RunError`` CRM-693 if this installation has none."""
    found = ports.get(name)
    if found is None:
        raise RunError("CRM-693", f"This installation has nothing for '{name}'.", fix="Install the complete package.")
    return found


def load_all() -> None:
    """Import every service module once, so that all of them have registered."""
    import engine.services as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def _into(table: dict[Any, Any], key: Any) -> Callable[[F], F]:
    def register(function: F) -> F:
        if table.get(key, function) is not function:
            raise ValueError(f"{key!r} has two handlers")
        table[key] = function
        return function

    return register
