"""What a model asks of an assignment: the attributes of ``crmflow:assignment``, what a decision adds, relations.

Attributes (literal or FEEL): ``strategy``; among whom: ``team``, ``role``, ``user``, ``relation`` (each one or a
list, combined freely); ``owner``; ``skills`` ({name: level} or names), ``passing``; ``language``; ``territory``;
``exclude``; ``fourEyes`` (ids of steps whose doers may not do this one); ``default``; ``decision`` with ``with``
(its inputs; by default the record under its kind's name). What the element says goes before what the decision says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, union

from engine.domain.choosing import FULL, Asked
from engine.domain.errors import RunError
from engine.domain.values import RecordRef, TaskOpened
from engine.services.context import Context
from engine.services.deciding import decide
from engine.services.edges import outward
from engine.services.library import Loaded
from engine.services.registry import port
from engine.store.tables import activity, principal, record, record_link, task

_PEOPLE = ("owner", "manager", "lead")  # where a relation ends


def asked_for(ctx: Context, opened: TaskOpened, loaded: Loaded) -> tuple[Asked, dict[str, Any]]:
    """The request, and what the explanation says of how it came about."""
    said = {name: value for name, value in (opened.assignment or {}).items() if value not in (None, "", [])}
    about: dict[str, Any] = {}
    if said.get("decision"):
        said = _decided(ctx, opened, loaded, said, about)
    related = [_related(ctx, opened, path) for path in _texts(said.get("relation"))]
    if said.get("relation"):
        about["relation"] = dict(zip(_texts(said["relation"]), related, strict=True))
    teams = [f"team:{name.removeprefix('team:')}" for name in _texts(said.get("team"))]
    roles = [f"role:{name.removeprefix('role:')}" for name in _texts(said.get("role"))]
    users = [f"user:{name.removeprefix('user:')}" for name in (*_texts(said.get("user")), *filter(None, related))]
    strategy = str(said.get("strategy") or ("skills" if said.get("skills") else "least-loaded"))
    owner = said.get("owner")
    if owner is None and strategy == "owner":
        owner = next(filter(None, related), None) or _owner(ctx, opened.record)
    return Asked(
        strategy=strategy,
        among=tuple(dict.fromkeys((*teams, *roles, *users))),
        owner=None if owner is None else str(owner),
        exclude=tuple(_texts(said.get("exclude"))),
        eyes=_doers(ctx, _texts(said.get("fourEyes"))),
        skills=_skills(said.get("skills")),
        passing=_whole(said.get("passing", FULL), "passing score"),
        language=_text(said.get("language")),
        territory=_text(said.get("territory")),
        default=_text(said.get("default")),
    ), about


def _decided(
    ctx: Context, opened: TaskOpened, loaded: Loaded, said: Mapping[str, Any], about: dict[str, Any]
) -> dict[str, Any]:
    """The decision's answer under what the element says; its trace is kept."""
    name = str(said["decision"])
    inputs = said.get("with")
    if not isinstance(inputs, Mapping):
        ref = opened.record
        inputs = {} if ref is None else {ref.kind: port("record.read")(ctx, ref)}
    inputs = {k: port("record.read")(ctx, v) if isinstance(v, RecordRef) else v for k, v in inputs.items()}
    value, trace, rules = decide(ctx, loaded, name, inputs)
    if not isinstance(value, Mapping):
        raise RunError(
            "CRM-654",
            f"Decision '{name}' answers no context such as {{strategy: …, team: …}}.",
            fix="Give the table outputs named like the attributes of crmflow:assignment.",
        )
    about["decided"] = {"decision": name, "trace": outward(trace), **rules}
    answer = {k: v for k, v in value.items() if v not in (None, "", [])}
    return {**answer, **{k: v for k, v in said.items() if k not in ("decision", "with")}}


def _related(ctx: Context, opened: TaskOpened, path: str) -> str | None:
    """``owner``, ``account.owner``, ``account.owner.manager``: links from the task's record, then a person.

    Raises ``RunError`` CRM-655 for a path that does not end at a person.
    """
    steps = path.split(".")
    if opened.record is None or not any(step in _PEOPLE for step in steps):
        raise RunError(
            "CRM-655",
            f"The relation '{path}' of '{opened.name}' leads to nobody.",
            fix="Name the record (crmflow:record), and end with owner, manager or lead: account.owner.",
        )
    at: str | None = opened.record.id
    who: str | None = None
    arrived = False
    for step in steps:
        if not arrived and step not in _PEOPLE:
            linked = select(record_link.c.to_id).where(record_link.c.from_id == at, record_link.c.relation == step)
            at = ctx.conn.scalar(linked)
            continue
        if not arrived:
            who, arrived = ctx.conn.scalar(select(record.c.owner).where(record.c.id == at)), True
            if step == "owner":
                continue
        who = ctx.conn.scalar(select(principal.c[step]).where(principal.c.id == who))
    return who


def eyes_asked(ctx: Context, opened: TaskOpened) -> tuple[str, ...]:
    """Who did the steps that the element wants other eyes for, whatever else it asks."""
    return _doers(ctx, _texts((opened.assignment or {}).get("fourEyes")))


def _doers(ctx: Context, elements: list[str]) -> tuple[str, ...]:
    """Who did (or does) these steps of the instance. A step that ends in this very command is still a task."""
    if not elements or ctx.current is None:
        return ()
    here = ctx.current.id
    done = select(activity.c.by).where(activity.c.instance_id == here, activity.c.element_id.in_(elements))
    open_ = select(task.c.assignee).where(task.c.instance_id == here, task.c.element_id.in_(elements))
    found = set(ctx.conn.scalars(union(done, open_)))
    if None in found and not ctx.current.by.is_system:
        found.add(ctx.current.by.id)  # a task nobody claimed is being completed by whoever acts
    return tuple(sorted(login for login in found if login and login != "system"))


def _owner(ctx: Context, ref: RecordRef | None) -> str | None:
    return None if ref is None else ctx.conn.scalar(select(record.c.owner).where(record.c.id == ref.id))


def _skills(given: Any) -> dict[str, int]:
    """{name: level}, or names, which then ask for level 1."""
    if isinstance(given, Mapping):
        return {str(name): _whole(level, "level of a skill") for name, level in given.items()}
    return dict.fromkeys(_texts(given), 1)


def _whole(given: Any, what: str) -> int:
    """Raises ``RunError`` CRM-656 for what is no whole number."""
    try:
        return int(given)
    except (TypeError, ValueError, OverflowError) as error:
        raise RunError("CRM-656", f"'{given}' is no {what}.", fix="Give a whole number.") from error


def _texts(given: Any) -> list[str]:
    """One text (several separated by commas), or a list of them."""
    if given is None:
        return []
    parts = given if isinstance(given, (list, tuple)) else str(given).split(",")
    return [str(part).strip() for part in parts if part is not None and str(part).strip()]


def _text(given: Any) -> str | None:
    return None if given is None else str(given)
