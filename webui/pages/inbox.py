"""The inbox: what do I do next, and by when?"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from engine.domain.access import Actor, Right
from engine.domain.questions import CountTasks, ListTasks
from engine.domain.values import Page, TaskRow
from webui.door import ask, cursor_of, need

room = Blueprint("inbox", __name__, url_prefix="/inbox")
BOXES = ("mine", "teams", "all")


@room.get("")
def show() -> ResponseReturnValue:
    """The room: boxes with counts, the list, and beside it (on a wide screen) the task one reads."""
    actor = need(Right.TASK_WORK)
    counts = ask(CountTasks(by=actor))
    box, q = box_of(actor), search_of()
    if "box" not in request.args and not counts.get("mine") and counts.get("teams"):
        box = "teams"  # nothing of one's own: show what waits for a taker
    page = tasks_of(actor, box, q)
    return render_template("inbox/page.html", page=page, counts=counts, box=box, q=q, boxes=boxes_of(actor))


@room.get("/list")
def listing() -> ResponseReturnValue:
    """The list alone, polled with If-None-Match: 304 while nothing changed."""
    actor = need(Right.TASK_WORK)
    box, q = box_of(actor), search_of()
    page = tasks_of(actor, box, q)
    counts = ask(CountTasks(by=actor))
    tag = mark_of(page, counts, actor.locale)
    if tag in request.if_none_match:
        answer = make_response("", 304)
    else:
        answer = make_response(render_template("inbox/list.html", page=page, counts=counts, box=box, q=q))
    answer.set_etag(tag)
    return answer


def boxes_of(actor: Actor) -> tuple[str, ...]:
    """The boxes this person has."""
    return BOXES if Right.TASK_MANAGE in actor.rights else BOXES[:2]


def box_of(actor: Actor) -> str:
    """The box asked for, if the person has it."""
    box = request.args.get("box", "mine")
    return box if box in boxes_of(actor) else "mine"


def search_of() -> str:
    """The words searched for."""
    return request.args.get("q", "").strip()[:200]


def tasks_of(actor: Actor, box: str, q: str) -> Page[TaskRow]:
    """One page of a box."""
    return ask(ListTasks(by=actor, box=box, search=q, cursor=cursor_of()))


def mark_of(page: Page[TaskRow], counts: Mapping[str, int], language: str) -> str:
    """An ETag that changes with anything the list shows."""
    seen = [(t.id, t.revision, t.assignee, t.due_at, t.next_deadline_at, t.priority, t.subject) for t in page.items]
    shown = repr((seen, page.next, sorted(counts.items()), language))
    return blake2b(shown.encode(), digest_size=12).hexdigest()
