"""Users and teams: to read, and for who manages people to add and change."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from engine.domain.access import Actor, Right, Role
from engine.domain.commands import AddTeam, AddUser, ChangeUser, GrantRole
from engine.domain.errors import Conflict, CrmflowError, Forbidden, Invalid, NotFound
from engine.domain.questions import ListPeople
from engine.domain.sla_values import HangCalendar, ListCalendars
from engine.domain.staff import ChangePerson, ChangeTeam, FindPeople, GetPerson, PersonRow
from engine.domain.values import PrincipalRow
from webui.choosing import choices
from webui.door import ask, cursor_of, do, need

room = Blueprint("people", __name__, url_prefix="/people")
WRONG = (Invalid, NotFound, Conflict, Forbidden)  # what a person can mend in the form
CHUNK = 200  # people asked for at once


@room.get("")
def show() -> ResponseReturnValue:
    """Who works here, in which teams, with which roles."""
    actor = need(Right.PEOPLE_READ)
    kind = "team" if request.args.get("kind") == "team" else "user"
    search = request.args.get("q", "").strip()
    page = ask(ListPeople(by=actor, kind=kind, search=search, cursor=cursor_of()))
    return render_template("people.html", page=page, kind=kind, q=search)


@room.get("/new")
def fresh() -> ResponseReturnValue:
    """An empty form for a user or a team."""
    need(Right.PEOPLE_MANAGE)
    return render_template("people/new.html", kind=request.args.get("kind", "user"), given={}, error=None)


@room.post("/new")
def add() -> ResponseReturnValue:
    """Add a user or a team, then show their page."""
    actor = need(Right.PEOPLE_MANAGE)
    form = request.form
    kind, key = form.get("kind", "user"), form.get("key", "").strip()
    name = form.get("name", "").strip() or key
    try:
        if kind == "team":
            do(AddTeam(key, actor, name))
        else:
            password = form.get("password") or None
            do(AddUser(key, actor, name, email=form.get("email") or None, password=password, roles=("employee",)))
    except WRONG as error:
        page = render_template("people/new.html", kind=kind, given=form, error=error)
        return make_response(page, error.status)
    flash(gettext("“%(name)s” is saved.", name=name))
    return redirect(url_for("people.one", key=key))


@room.get("/-/named")
def named() -> ResponseReturnValue:
    """Whom the letters typed may mean, as choices of the field ``of``: people, teams or both."""
    actor = need(Right.PEOPLE_READ)
    given = request.args
    typed = given.get(given.get("of", ""), "").strip()[:200]
    kind = given.get("kind") if given.get("kind") in ("user", "team") else None
    found = ask(FindPeople(actor, typed, kind)) if typed else ()
    return render_template("people/named.html", found=found, plain=kind is not None)


@room.get("/<key>")
def one(key: str) -> ResponseReturnValue:
    """One person or team."""
    return page_of(key, need(Right.PEOPLE_READ))


@room.post("/<key>")
def save(key: str) -> ResponseReturnValue:
    """Change a person or a team; what was typed stays if it does not fit."""
    actor = need(Right.PEOPLE_MANAGE)
    try:
        if request.form.get("kind") == "team":
            save_team(key, actor)
        else:
            save_person(key, actor)
    except WRONG as error:
        return make_response(page_of(key, actor, error), error.status)
    flash(gettext("“%(name)s” is saved.", name=request.form.get("name") or key))
    return redirect(url_for("people.one", key=key))


def page_of(key: str, actor: Actor, error: CrmflowError | None = None) -> str:
    """The page of a person or team, with what was typed on top of what is kept."""
    person = ask(GetPerson(key, actor))
    row = person.row
    if row.kind == "team":
        everybody = all_of(actor)
        calendars = ask(ListCalendars(actor))
        return render_template("people/team.html", team=row, everybody=everybody, calendars=calendars, error=error)
    typed: dict[str, Any] = dict(request.form) if error else {}
    users, teams = (all_of(actor, kind) for kind in ("user", "team"))
    return render_template(
        "people/person.html",
        person=person,
        given={**given_of(person), **typed},
        users=users,
        choice=choices("user"),
        teams=teams,
        roles=[role.value for role in Role],
        zones=sorted(available_timezones()),
        calendars=ask(ListCalendars(actor)),
        error=error,
    )


def all_of(actor: Actor, kind: str | None = None) -> list[PrincipalRow]:
    """Everybody to choose from: a form that misses somebody would drop them when it is saved."""
    found: list[PrincipalRow] = []
    cursor: str | None = None
    while True:
        part = ask(ListPeople(by=actor, kind=kind, limit=CHUNK, cursor=cursor))
        found += part.items
        cursor = part.next
        if cursor is None:
            return found


def given_of(person: PersonRow) -> dict[str, Any]:
    """The form's fields as they are kept."""
    row = person.row
    return {
        "name": row.name,
        "email": row.email or "",
        "timezone": row.timezone,
        "locale": row.locale,
        "manager": row.manager or "",
        "weight": person.weight,
        "most": "" if person.most is None else person.most,
        "languages": ", ".join(person.languages),
        "territories": ", ".join(person.territories),
        "skills": "\n".join(f"{name}: {level}" for name, level in person.skills.items()),
        "calendar": person.calendar or "",
    }


def save_person(key: str, actor: Actor) -> None:
    """What the person's form says: bounds are checked before anything is changed."""
    form = request.form
    before = ask(GetPerson(key, actor)).row
    do(
        ChangePerson(
            key,
            actor,
            weight=whole(form.get("weight"), 100),
            most=whole(form.get("most"), -1),
            languages=words(form.get("languages", "")),
            territories=words(form.get("territories", "")),
            skills=skills_of(form.get("skills", "")),
            calendar=form.get("calendar", "").strip(),
            manager=form.get("manager", ""),
            teams=tuple(form.getlist("teams")),
        )
    )
    texts = {n: form[n].strip() for n in ("name", "email", "timezone", "locale") if form.get(n, "").strip()}
    active = form.get("active") == "yes"
    do(ChangeUser(key, actor, **texts, active=active if active != before.active else None))
    wanted = set(form.getlist("roles"))
    for role in sorted(wanted ^ set(before.roles)):
        do(GrantRole(key, role, actor, revoke=role not in wanted))


def save_team(key: str, actor: Actor) -> PrincipalRow:
    """What the team's form says."""
    form = request.form
    about: dict[str, Any] = {"name": form.get("name", ""), "lead": form.get("lead", "")}
    about |= {"parents": tuple(form.getlist("parents")), "members": tuple(form.getlist("members"))}
    changed = do(ChangeTeam(key, actor, **about))
    if "calendar" in form and Right.TIME_MANAGE in actor.rights:
        held = {target: row.key for row in ask(ListCalendars(actor)) for kind, target in row.uses if kind == "team"}
        if held.get(key, "") != form["calendar"]:
            do(HangCalendar("team", key, form["calendar"] or None, actor))
    return changed


def words(text: str) -> tuple[str, ...]:
    """``de, en`` as ("de", "en")."""
    return tuple(part.strip() for part in text.replace("，", ",").split(",") if part.strip())


def skills_of(text: str) -> dict[str, int]:
    """One skill a line, ``german: 3``; without a level it is 1."""
    found = {}
    for line in text.replace("：", ":").splitlines():
        name, _, level = line.rpartition(":")
        if line.strip():
            found[(name or level).strip()] = whole(level, 1) if name else 1
    return found


def whole(text: str | None, default: int) -> int:
    """A whole number, or the default for nothing; raises ``Invalid`` CRM-091."""
    if not (text or "").strip():
        return default
    try:
        return int(str(text))
    except ValueError:
        raise Invalid("CRM-091", f"'{text}' is no whole number.", fix="Write digits only.") from None
