"""The inbox: what do I do next, and by when?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Actor, Right
from engine.domain.desk import DoneRow, FilterRow, GetLayout, Layout, ListDone
from engine.domain.errors import Invalid
from engine.domain.filters import COLOURS, COLUMNS, DUES, SORTS, Wanted
from engine.domain.questions import CountFilters, ListDefinitions, ListTasks
from engine.domain.values import Page, TaskRow
from webui.door import ask, cursor_of, need
from webui.names import know, person_name
from webui.pages.wanting import name_of, plain, typed_of, wanted_of
from webui.parts import nearest
from webui.said import said_error
from webui.sheets import csv_stream

room = Blueprint("inbox", __name__, url_prefix="/inbox")
CHUNK = 500  # rows of a CSV read at once
COLUMN_OF: Mapping[str, Callable[[TaskRow], Any]] = {
    "flow": attrgetter("definition_name"),
    "stage": attrgetter("stage"),
    "segment": attrgetter("segment"),
    "amount": attrgetter("amount"),
    "priority": attrgetter("priority"),
    "assignee": lambda row: person_name(row.assignee),
    "created": attrgetter("created_at"),
    "key": attrgetter("business_key"),
}
BOXES = ("mine", "teams", "delegated", "following", "later", "done", "all")


@room.get("")
def show() -> ResponseReturnValue:
    """The room: boxes with counts, filters, the list, and beside it (on a wide screen) the task one reads."""
    actor = need(Right.TASK_WORK)
    if request.args.get("box") == "done":
        return done(actor)
    try:
        wanted = wanted_of(request.args, actor)
    except Invalid as error:
        return sheet_of(actor, error, request.args)
    layout = ask(GetLayout(actor))
    counts, numbers = counts_of(actor, layout.filters)
    if "box" not in request.args and not counts.get("mine") and counts.get("teams"):
        wanted = replace(wanted, box="teams")  # nothing of one's own: show what waits for a taker
    return page_of(actor, wanted, layout, counts, numbers, page=tasks_of(actor, wanted))


def sheet_of(actor: Actor, error: Invalid, typed: Mapping[str, str]) -> ResponseReturnValue:
    """The room with its sheet of filters open: what was typed, and at each field what is wrong with it."""
    layout = ask(GetLayout(actor))
    counts, numbers = counts_of(actor, layout.filters)
    said = said_error(error)
    fields: Mapping[str, str] = error.context.get("fields") or {"name": f"{said.what} {said.way}"}
    shown = {**typed_of(typed), **{name: typed.get(name, "") for name in ("name", "colour", "team")}}
    empty: Page[TaskRow] = Page((), None)
    page = page_of(
        actor, Wanted(), layout, counts, numbers, page=empty, wrong=error, complaints=fields, typed=shown
    )  # fmt: skip
    return page, error.status


def page_of(
    actor: Actor, wanted: Wanted, layout: Layout, counts: Mapping[str, int], numbers: Sequence[int], **more: Any
) -> str:
    """The whole room."""
    typed = {**plain(wanted), **({"customer": name_of(wanted.customer, actor)} if wanted.customer else {})}
    values: dict[str, Any] = {"wrong": None, "complaints": {}, "typed": typed, **more}
    return render_template(
        "inbox/page.html",
        **about(actor, wanted, counts, layout),
        filters=[replace(row, count=number) for row, number in zip(layout.filters, numbers, strict=True)],
        sorts=SORTS,
        dues=DUES,
        colours=COLOURS,
        all_columns=COLUMNS,
        kept=plain(wanted),
        **values,
    )


def done(actor: Actor) -> ResponseReturnValue:
    """What one has completed, newest first."""
    page: Page[DoneRow] = ask(ListDone(actor, cursor=cursor_of()))
    counts, _ = counts_of(actor)
    return render_template("inbox/done.html", page=page, boxes=boxes_of(actor), counts=counts, box="done")


@room.get("/flows")
def flows() -> ResponseReturnValue:
    """The choices of flows, asked for when the sheet of filters opens."""
    actor = need(Right.TASK_WORK)
    found = ask(ListDefinitions(by=actor, limit=200)).items if Right.MODEL_READ in actor.rights else ()
    return render_template("inbox/flows.html", flows=found, chosen=request.args.get("flow", ""))


@room.get("/list")
def listing() -> ResponseReturnValue:
    """The list alone, polled with If-None-Match: 304 while nothing changed."""
    actor = need(Right.TASK_WORK)
    wanted = wanted_of(request.args, actor)
    page = tasks_of(actor, wanted)
    counts, _ = counts_of(actor)
    tag = mark_of(page, counts, actor.locale)
    if tag in request.if_none_match:
        answer = make_response("", 304)
    else:
        answer = make_response(
            render_template("inbox/list.html", page=page, **about(actor, wanted, counts, ask(GetLayout(actor))))
        )
    answer.set_etag(tag)
    return answer


@room.get("/export.csv")
def export() -> ResponseReturnValue:
    """The whole list as CSV: the same conditions, order and columns, sent page by page as it is read."""
    actor = need(Right.TASK_WORK)
    wanted = wanted_of(request.args, actor)
    columns = ask(GetLayout(actor)).columns
    first = ask(ListTasks(by=actor, wanted=wanted, limit=CHUNK))  # what is wrong is told before the file begins
    heads = [gettext("Task"), gettext("Customer"), gettext("Due"), *(column_words()[name] for name in columns)]
    lines = (
        [t.name, t.subject, nearest(t), *(COLUMN_OF[name](t) for name in columns)] for t in rest(actor, wanted, first)
    )
    return csv_stream("inbox", heads, lines)


def rest(actor: Actor, wanted: Wanted, page: Page[TaskRow]) -> Iterator[TaskRow]:
    """All tasks from this page on; of each page one statement, and one for the people it names first."""
    while True:
        know(t.assignee for t in page.items)
        yield from page.items
        if page.next is None:
            return
        page = ask(ListTasks(by=actor, wanted=wanted, limit=CHUNK, cursor=page.next))


def column_words() -> dict[str, str]:
    """The columns in the reader's language."""
    return {
        "flow": gettext("Flow"),
        "stage": gettext("Stage"),
        "segment": gettext("Segment"),
        "amount": gettext("Value"),
        "priority": gettext("Priority"),
        "assignee": gettext("Assignee"),
        "created": gettext("Came up"),
        "key": gettext("Business key"),
    }


def about(actor: Actor, wanted: Wanted, counts: Mapping[str, int], layout: Layout) -> dict[str, Any]:
    """What the list and the page around it both tell."""
    narrowed = {k: v for k, v in wanted.plain().items() if k not in ("box", "sort")}
    address = {**wanted.plain(), "q": wanted.search or None, "search": None}
    return {
        "wanted": wanted,
        "box": wanted.box,
        "q": wanted.search,
        "narrowed": narrowed,
        "address": address,
        "counts": counts,
        "boxes": boxes_of(actor),
        "columns": layout.columns,
    }


def counts_of(actor: Actor, filters: Sequence[FilterRow] = ()) -> tuple[dict[str, int], list[int]]:
    """Numbers on the boxes, and on the filters; 1000 stands for more than 999. One statement."""
    named = {box: Wanted(box=box) for box in boxes_of(actor) if box != "done"}
    named["overdue"] = Wanted(box="mine", due="overdue")
    numbers = ask(CountFilters(actor, (*named.values(), *(row.wanted for row in filters))))
    return dict(zip(named, numbers, strict=False)), list(numbers[len(named) :])


def boxes_of(actor: Actor) -> tuple[str, ...]:
    """The boxes this person has."""
    return BOXES if Right.TASK_MANAGE in actor.rights else BOXES[:-1]


def tasks_of(actor: Actor, wanted: Wanted) -> Page[TaskRow]:
    """One page of a box."""
    return ask(ListTasks(by=actor, wanted=wanted, cursor=cursor_of()))


def mark_of(page: Page[TaskRow], counts: Mapping[str, int], language: str) -> str:
    """An ETag that changes with anything the list shows."""
    seen = [
        (t.id, t.revision, t.assignee, t.due_at, t.next_deadline_at, t.priority, t.subject, t.stage) for t in page.items
    ]
    shown = repr((seen, page.next, sorted(counts.items()), language))
    return blake2b(shown.encode(), digest_size=12).hexdigest()
