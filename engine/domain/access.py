"""Who may do what: the roles, their rights, and the rules for one task or instance. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from engine.domain.errors import Conflict, Forbidden


class Role(StrEnum):
    DESIGNER = "designer"
    EMPLOYEE = "employee"
    MANAGER = "manager"
    CONSULTANT = "consultant"
    ADMINISTRATOR = "administrator"
    WORKER = "worker"  # a program that does jobs over REST, by token


class Right(StrEnum):
    """Function-level rights; the matrix is ``GRANTS``."""

    TASK_WORK = "task.work"  # see own and teams' tasks, claim, complete
    TASK_MANAGE = "task.manage"  # see all tasks, reassign others'
    INSTANCE_START = "instance.start"
    INSTANCE_READ = "instance.read"  # any instance, history, variables
    INSTANCE_CANCEL = "instance.cancel"
    INSTANCE_OPERATE = "instance.operate"  # suspend, move, edit data, restart, skip; one or many
    JOB_WORK = "job.work"  # external workers: take jobs of any type, hand in results
    MESSAGE_SEND = "message.send"
    MODEL_READ = "model.read"
    MODEL_DEPLOY = "model.deploy"
    MODEL_PUBLISH = "model.publish"
    INCIDENT_READ = "incident.read"
    INCIDENT_RETRY = "incident.retry"
    RECORD_READ = "record.read"
    RECORD_WRITE = "record.write"
    RECORD_IMPORT = "record.import"
    PEOPLE_READ = "people.read"
    PEOPLE_MANAGE = "people.manage"
    AUDIT_READ = "audit.read"
    TIME_MANAGE = "time.manage"  # calendars, SLA policies


_WORK = {
    Right.TASK_WORK,
    Right.INSTANCE_START,
    Right.MESSAGE_SEND,
    Right.MODEL_READ,
    Right.RECORD_READ,
    Right.RECORD_WRITE,
    Right.PEOPLE_READ,
}
GRANTS: dict[Role, frozenset[Right]] = {
    Role.EMPLOYEE: frozenset(_WORK),
    Role.MANAGER: frozenset(
        _WORK
        | {
            Right.TASK_MANAGE,
            Right.INSTANCE_READ,
            Right.INSTANCE_CANCEL,
            Right.INSTANCE_OPERATE,
            Right.INCIDENT_READ,
            Right.INCIDENT_RETRY,
            Right.RECORD_IMPORT,
        }
    ),
    Role.DESIGNER: frozenset(
        {
            Right.TASK_WORK,
            Right.INSTANCE_START,
            Right.INSTANCE_READ,
            Right.MESSAGE_SEND,
            Right.MODEL_READ,
            Right.MODEL_DEPLOY,
            Right.INCIDENT_READ,
            Right.INCIDENT_RETRY,
            Right.RECORD_READ,
            Right.PEOPLE_READ,
        }
    ),
    Role.CONSULTANT: frozenset(
        {
            Right.TASK_WORK,
            Right.INSTANCE_START,
            Right.INSTANCE_READ,
            Right.MESSAGE_SEND,
            Right.MODEL_READ,
            Right.MODEL_DEPLOY,
            Right.MODEL_PUBLISH,
            Right.INCIDENT_READ,
            Right.INCIDENT_RETRY,
            Right.RECORD_READ,
            Right.RECORD_WRITE,
            Right.RECORD_IMPORT,
            Right.PEOPLE_READ,
            Right.TIME_MANAGE,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Right),
    Role.WORKER: frozenset({Right.JOB_WORK}),
}


def may_work(roles: Iterable[str]) -> bool:
    """Whether somebody with these roles may do tasks at all: who may not can have none."""
    return any(Right.TASK_WORK in GRANTS[Role(role)] for role in roles)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person with roles and teams, or the engine itself (``SYSTEM``)."""

    id: str  # the login name, unique and permanent; "system" for the engine
    name: str  # as shown
    roles: frozenset[Role] = frozenset()
    teams: frozenset[str] = frozenset()  # team keys, nested teams expanded upwards
    locale: str = "en"  # "en" or "zh_Hans"
    timezone: str = "UTC"
    stamp: int = 0  # raised by a new password or deactivation; older sessions end
    leads: bool = False  # a team
    rights: frozenset[Right] = field(init=False)

    def __post_init__(self) -> None:
        granted: set[Right] = set()
        for role in self.roles:
            granted |= GRANTS[role]
        object.__setattr__(self, "rights", frozenset(granted))

    @property
    def is_system(self) -> bool:
        return self.id == "system"

    @property
    def candidacies(self) -> frozenset[str]:
        """What this person matches in ``task_candidate``: ``user:alice``, ``team:sales``, ``role:manager``."""
        return frozenset(
            {f"user:{self.id}", *(f"team:{t}" for t in self.teams), *(f"role:{r.value}" for r in self.roles)}
        )


SYSTEM = Actor(id="system", name="crmflow", roles=frozenset({Role.ADMINISTRATOR}))


def ensure(actor: Actor, right: Right) -> None:
    """Raise ``Forbidden`` CRM-310 unless the actor holds the right."""
    if right not in actor.rights:
        raise Forbidden(
            "CRM-310",
            f"'{actor.id}' may not do this: the right '{right.value}' is missing.",
            fix="Ask an administrator for a role that grants it.",
            right=right.value,
        )


def addressee(to: str) -> tuple[str, str]:
    """What kind it is, and its key: ``team:sales``, ``user:ann`` and ``ann``, who are the same person."""
    kind, colon, key = to.partition(":")
    return (kind, key) if colon else ("user", to)


def may_see_task(actor: Actor, assignee: str | None, candidates: Collection[str]) -> bool:
    """Own tasks, tasks of one's teams and roles; managers and administrators see all."""
    if Right.TASK_MANAGE in actor.rights or assignee == actor.id:
        return True
    return Right.TASK_WORK in actor.rights and not actor.candidacies.isdisjoint(candidates)


def ensure_may_claim(actor: Actor, name: str, assignee: str | None, candidates: Collection[str]) -> None:
    """Raise unless the task is unassigned and the actor is among its candidates."""
    ensure(actor, Right.TASK_WORK)
    if assignee is not None and assignee != actor.id:
        raise Conflict(
            "CRM-203",
            f"Task '{name}' was already claimed by {assignee}.",
            fix="Pick another task, or ask a manager to reassign it.",
            assignee=assignee,
        )
    if not may_see_task(actor, assignee, candidates):
        raise Forbidden("CRM-311", f"'{actor.id}' is not a candidate of task '{name}'.", fix="Ask a manager.")


def ensure_may_complete(actor: Actor, name: str, assignee: str | None, candidates: Collection[str]) -> None:
    """Raise unless the actor is the assignee, or the task is unassigned and the actor a candidate."""
    ensure(actor, Right.TASK_WORK)
    if assignee == actor.id:
        return
    if assignee is not None:
        raise Forbidden(
            "CRM-312",
            f"Task '{name}' is assigned to {assignee}; only the assignee completes it.",
            fix="Ask a manager to reassign it to you.",
            assignee=assignee,
        )
    if not may_see_task(actor, assignee, candidates):
        raise Forbidden("CRM-311", f"'{actor.id}' is not a candidate of task '{name}'.", fix="Ask a manager.")
