"""What a rung does: tell people, raise priority, hand work on, offer it wider, escalate in the model, start a flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engine.domain import telling
from engine.domain.access import SYSTEM
from engine.domain.values import RecordRef
from engine.services import notes
from engine.services.context import Context
from engine.services.eyes import eyes_of, kept
from engine.services.flow import conclude, finished, resume
from engine.services.handing import hand, tell_assigned
from engine.services.instances import begin
from engine.services.ladder_people import having, named
from engine.services.ladder_words import trouble, warning
from engine.services.sla_arise import prioritised
from engine.services.sla_write import Row
from engine.services.spoken import spoken_in
from engine.store import due, models
from engine.store.repos import Locked
from engine.store.tables import principal

Did = dict[str, Any]
KIND = "reminder"  # of news: what somebody may want no mail about


@dataclass
class Scene:
    """A rung that fires: its clock, the case under its lock, the task if it is still open."""

    ctx: Context
    locked: Locked
    clock: Row
    rung: str
    task: Row | None


def act(scene: Scene, what: Mapping[str, Any]) -> Did:
    """Do one act; what was done, to whom. What cannot be done any more is told, not an error."""
    return _ACTS[str(what["do"])](scene, what)


def _notify(scene: Scene, what: Mapping[str, Any]) -> Did:
    ctx, given = scene.ctx, what.get("to") or ["assignee"]
    asked = [given] if isinstance(given, str) else [str(each) for each in given]
    people: list[str] = []
    for who in asked:
        people += named(ctx, who, scene.task, scene.clock["team"])
    did: Did = {"do": "notify", "asked": asked}
    if not people:
        # Never nowhere: where nobody is above, the managers are.
        people, did["instead"] = having(ctx, "manager"), "role:manager"
    ways = telling.ways_of(what.get("channels"))
    posted = bool(what.get("url")) and "webhook" in ways
    # Of a rung with an address, "webhook" is that address and not everybody's own.
    each = [way for way in ways if not (posted and way == "webhook")]
    p = principal.c
    rows = ctx.conn.execute(select(p.id, p.locale, p.timezone).where(p.id.in_(people))).all()
    about: dict[str, Any] = {"task_id": scene.task["id"] if scene.task else None, "instance_id": scene.locked.id}
    for row in rows:
        case = scene.locked.business_key or scene.locked.id
        title, body = warning(_told(scene, row.locale), scene.rung, case, row.locale, row.timezone)
        if each:
            notes.tell(ctx, [row.id], title, body, **about, kind=KIND, due_at=scene.clock["due_at"], ways=each)
    if posted:
        data = {"clock": scene.clock["id"], "instance": scene.locked.id, "rung": scene.rung}
        _job(scene, "webhook", scene.clock["name"], {"url": what["url"], "event": "sla.rung", "data": data})
        did["posted"] = what["url"]
    return {**did, "told": sorted(row.id for row in rows) if each else []}


def tell_failed(scene: Scene, failed: Sequence[Did]) -> None:
    """The managers hear which acts of a rung could not be done, and why."""
    ctx, clock = scene.ctx, scene.clock
    people = named(ctx, "manager", scene.task, clock["team"]) or having(ctx, "manager")
    about: dict[str, Any] = {"task_id": scene.task["id"] if scene.task else None, "instance_id": scene.locked.id}
    p = principal.c
    for login, locale in ctx.conn.execute(select(p.id, p.locale).where(p.id.in_(people)).order_by(p.id)).all():
        title, body = trouble(_told(scene, locale), scene.rung, list(failed), locale)
        notes.tell(ctx, [login], title, body, **about)


def _told(scene: Scene, locale: str) -> Row:
    """The clock under the name that its step (or flow) has in somebody's language."""
    clock = scene.clock
    spot = (clock["instance_id"], clock["element_id"] or clock["definition_key"])
    return {**clock, "name": spoken_in(scene.ctx, locale, [spot]).get(spot, clock["name"])}


def _job(scene: Scene, kind: str, name: str, given: Mapping[str, Any]) -> None:
    payload = {"input": dict(given), "headers": {}}
    row = {"id": scene.ctx.new_id(), "name": name, "type": kind, "payload": payload, "instance_id": scene.locked.id}
    due.add(scene.ctx.conn, scene.ctx.now, [row])
    scene.ctx.wake = True


def _priority(scene: Scene, what: Mapping[str, Any]) -> Did:
    if scene.task is None:
        return {"do": "priority", "nothing": "the task is not open"}
    old = int(scene.task["priority"])
    new = max(0, min(100, int(what["to"]) if "to" in what else old + int(what.get("by", 10))))
    _change(scene, priority=new)
    loaded = scene.ctx.library.load(scene.ctx.conn, scene.locked.definition_id)
    prioritised(scene.ctx, scene.locked, loaded, SYSTEM)
    return {"do": "priority", "from": old, "to": new}


def _reassign(scene: Scene, what: Mapping[str, Any]) -> Did:
    if scene.task is None:
        return {"do": "reassign", "nothing": "the task is not open"}
    asked = str(what.get("to") or "manager")
    old = scene.task["assignee"]
    if asked.startswith("team:"):
        _offer(scene, [asked], replace=True)
        _change(scene, assignee=None, why=_why(scene, asked, None))
        return {"do": "reassign", "from": old, "to": asked}
    barred = {old, *eyes_of(scene.task["why"])}
    people = [who for who in named(scene.ctx, asked, scene.task, scene.clock["team"]) if who not in barred]
    if not people:
        return {"do": "reassign", "asked": asked, "nothing": "nobody is there to take it"}
    _change(scene, assignee=people[0], why=_why(scene, asked, people[0]))
    tell_assigned(scene.ctx, scene.locked.id, scene.task["node"], people[0])
    return {"do": "reassign", "from": old, "to": people[0]}


def _candidate(scene: Scene, what: Mapping[str, Any]) -> Did:
    if scene.task is None:
        return {"do": "candidate", "nothing": "the task is not open"}
    given = what.get("add") or what.get("to") or "role:manager"
    asked = [given] if isinstance(given, str) else [str(each) for each in given]
    added: list[str] = []
    for who in asked:
        added += [who] if ":" in who else [f"user:{p}" for p in named(scene.ctx, who, scene.task, scene.clock["team"])]
    _offer(scene, [*scene.task["candidates"], *added])
    return {"do": "candidate", "added": added}


def _escalate(scene: Scene, what: Mapping[str, Any]) -> Did:
    """Throw a BPMN escalation where the task stands (or anywhere in the case): the model says what follows."""
    code = str(what.get("code") or "sla")
    if scene.locked.blob is None or scene.task is None:
        return {"do": "escalate", "code": code, "nothing": "the task is not open"}
    flow, run = resume(scene.ctx, scene.locked, SYSTEM, operate=True)
    caught = run.escalate(scene.task["node"], code, {"clock": scene.clock["name"], "rung": scene.rung})
    finished(scene.ctx, flow, conclude(scene.ctx, flow, run))
    return {"do": "escalate", "code": code, "caught": caught}


def _start(scene: Scene, what: Mapping[str, Any]) -> Did:
    ctx, key = scene.ctx, str(what.get("process") or "")
    found = models.published(ctx.conn, key)
    if found is None:
        return {"do": "start", "process": key, "nothing": "no such flow is published"}
    clock = scene.clock
    given = {
        "clock": clock["name"],
        "rung": scene.rung,
        "instance_id": scene.locked.id,
        **(what.get("variables") or {}),
    }
    if clock["record_id"]:
        given[clock["record_kind"]] = RecordRef(clock["record_kind"], clock["record_id"])
    started = begin(ctx, ctx.library.load(ctx.conn, found), given, SYSTEM, parent_id=scene.locked.id)
    return {"do": "start", "process": key, "instance": started.instance_id}


def _change(scene: Scene, **values: Any) -> None:
    """Change the open task; whoever looks at it sees a new revision."""
    assert scene.task is not None
    scene.task.update(values, revision=scene.task["revision"] + 1)
    ctx, locked = scene.ctx, scene.locked
    loaded = ctx.library.load(ctx.conn, locked.definition_id)
    hand(ctx, loaded, locked.id, scene.task["id"], {**values, "revision": scene.task["revision"]})


def _offer(scene: Scene, candidates: list[str], *, replace: bool = False) -> None:
    assert scene.task is not None
    _change(scene, candidates=list(dict.fromkeys(candidates)))


def _why(scene: Scene, asked: str, login: str | None) -> Did:
    """The stored explanation of an assignment the ladder made."""
    assert scene.task is not None
    because = f"{scene.rung} of {scene.clock['metric']} ({scene.clock['target']}) had passed"
    why = {"by": "ladder", "asked": asked, "chosen": login, "previous": scene.task["assignee"], "reason": because}
    return kept(scene.task["why"], why)


_ACTS: Mapping[str, Callable[[Scene, Mapping[str, Any]], Did]] = {
    "notify": _notify,
    "priority": _priority,
    "reassign": _reassign,
    "candidate": _candidate,
    "escalate": _escalate,
    "start": _start,
}
