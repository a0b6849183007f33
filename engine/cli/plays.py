"""What the demo does before anybody logs in, so that every room has something in it: said by the packs' data.

::

    plays:                                       # in this order
      - {task: Task_FirstContact, share: 0.6, each: [{contact: reached}, {contact: message}]}
      - {message: quote.accepted, kind: quote, state: sent, share: 0.5}
      - {kind: case, state: working, becomes: waiting, share: 0.2}

A task is completed by its assignee, or by the first who may claim it; ``each`` holds forms' data, used in turn.
A message goes to that share of the records of a kind and state, with the record's id as its key; ``becomes`` gives
them another state, as people do by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.domain.access import SYSTEM, Actor
from engine.domain.commands import CompleteTask, SaveRecord, SendMessage
from engine.domain.errors import CrmflowError
from engine.domain.questions import ActorNamed, ListPeople, ListRecords, ListTasks
from engine.domain.values import RecordRow, TaskRow
from engine.jobs import drain

if TYPE_CHECKING:
    from engine.app import Engine


def play(opened: Engine, plays: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Do the plays one after the other; what could not be done is told, and the rest goes on."""
    for one in plays:
        drain(opened)
        acts = _tasks(opened, one) if "task" in one else _records(opened, one)
        for number, command in enumerate(acts):
            try:
                opened.do(command(number))
            except CrmflowError as error:
                yield f"{one.get('task') or one.get('message') or one.get('kind')}: {error}"
    drain(opened)


def _tasks(opened: Engine, one: Mapping[str, Any]) -> Iterator[Any]:
    data = one.get("each") or [{}]
    people: dict[str, Actor] = {}
    for row in _some(list(_open(opened, one["task"])), one):
        login = row.assignee or _candidate(opened, row)
        if login is None:
            continue
        actor = people.get(login) or people.setdefault(login, opened.ask(ActorNamed(login)))
        yield lambda n, row=row, actor=actor: CompleteTask(row.id, actor, data[n % len(data)])


def _records(opened: Engine, one: Mapping[str, Any]) -> Iterator[Any]:
    payloads = one.get("each") or [{}]
    found: tuple[RecordRow, ...] = opened.ask(
        ListRecords(SYSTEM, kind=one["kind"], state=one.get("state"), limit=500)
    ).items
    for row in _some(sorted(found, key=lambda each: each.id), one):
        if "becomes" in one:
            yield lambda n, row=row: SaveRecord(row.kind, SYSTEM, {}, row.id, state=one["becomes"])
        else:
            yield lambda n, row=row: SendMessage(one["message"], SYSTEM, row.id, payloads[n % len(payloads)])


def _some(found: Sequence[Any], one: Mapping[str, Any]) -> Sequence[Any]:
    return found[: round(len(found) * float(one.get("share", 1)))]


def _open(opened: Engine, element: str) -> Iterator[TaskRow]:
    """Open tasks at an element, oldest first."""
    rows: list[TaskRow] = []
    cursor: str | None = None
    while True:
        page = opened.ask(ListTasks(SYSTEM, box="all", limit=200, cursor=cursor))
        rows += [row for row in page.items if row.element_id == element]
        cursor = page.next
        if cursor is None:
            break
    yield from sorted(rows, key=lambda row: row.id)


def _candidate(opened: Engine, row: TaskRow) -> str | None:
    """Somebody who may claim the task."""
    teams = {key.removeprefix("team:") for key in row.candidates}
    for person in opened.ask(ListPeople(SYSTEM, kind="user", limit=500)).items:
        if teams & set(person.teams) and person.roles:
            return person.id
    return None
