"""What people, teams, flows and jobs are called: pages show names, the login beside them where it helps.

People's names are kept in the process for a few minutes, so that a list of fifty people's tasks costs no more
statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app, g
from flask_babel import lazy_gettext as _l

from engine.domain.questions import FlowNames
from engine.domain.staff import PeopleNames, TeamNames
from webui.door import ask, me, the_engine
from webui.parts import reason, role_name

KEPT_FOR = timedelta(minutes=5)
_PLACE = "crmflow.names"
#: The engine's own kinds of jobs and its connectors in words; other kinds are what models call their workers.
JOBS = {
    "crmflow:arise": _l("Deadlines promised only now"),
    "crmflow:assigned": _l("Word of a new task"),
    "crmflow:away": _l("Stand-ins for somebody who is away"),
    "crmflow:bulk": _l("Operation on many"),
    "crmflow:deliver": _l("Message to a case that waits"),
    "crmflow:digest": _l("Daily mail"),
    "crmflow:handout": _l("Handing out of waiting work"),
    "crmflow:left": _l("Work of somebody who has left"),
    "crmflow:look": _l("Look at conditions"),
    "crmflow:message": _l("Message to other flows"),
    "crmflow:replan": _l("Deadlines worked out anew"),
    "crmflow:result": _l("Answer to a case"),
    "crmflow:rung": _l("Step of a deadline’s ladder"),
    "crmflow:signal": _l("Signal to all that wait"),
    "crmflow:start": _l("Start of a flow"),
    "http": _l("Call to another system"),
    "mail": _l("Mail"),
    "webhook": _l("Call to another system"),
}


@dataclass
class Kept:
    """Names by login, and when they were read first."""

    since: datetime
    names: dict[str, str] = field(default_factory=dict)


def person_name(login: str | None) -> str:
    """A person's name; the login of somebody who is gone; what crmflow did itself is crmflow's."""
    if not login:
        return ""
    if login == "system":
        return "crmflow"
    if login == me().id:
        return me().name
    names = _kept().names
    if login not in names:
        names |= {login: login, **ask(PeopleNames(me(), (login,)))}
    return names[login]


def know(logins: Iterable[str | None]) -> None:
    """Read the names of people that are about to be shown, by one statement for all."""
    names = _kept().names
    strange = tuple(sorted({login for login in logins if login and login not in names}))
    if strange:
        names |= {**{login: login for login in strange}, **ask(PeopleNames(me(), strange))}


def _kept() -> Kept:
    now = the_engine().clock.now()
    found: Kept | None = current_app.extensions.get(_PLACE)
    if found is None or now - found.since > KEPT_FOR:
        found = current_app.extensions[_PLACE] = Kept(now)
    return found


def team_name(key: str) -> str:
    """What a team is called; asked once a request."""
    if "team_names" not in g:
        g.team_names = ask(TeamNames(me()))
    return str(g.team_names.get(key, key))


def flow_name(key: str) -> str:
    """What a flow is called in the reader's language; asked once a request."""
    if "flow_names" not in g:
        g.flow_names = ask(FlowNames(me()))
    return str(g.flow_names.get(key, key))


def whom(text: str) -> str:
    """A person, a team (``team:key``) or a role (``role:name``) by name; of other kinds what stands there."""
    kind, apart, key = text.partition(":")
    known = {"team": team_name, "role": role_name, "user": person_name, "person": person_name}
    return known[kind](key) if kind in known else key if apart else person_name(text)


def named(key: str, value: Any) -> str:
    """A value of a stored explanation: people, teams and flows by name, the engine's own words translated."""
    told = reason(value)
    if not isinstance(value, str) or told != value:
        return told
    if key in ("assignee", "chosen", "owner", "queue", "by"):
        return whom(value)
    if key in ("process", "base", "variant"):
        return flow_name(value)
    return team_name(value) if key == "team" else told


def job_word(kind: str) -> str:
    """What kind of work a job is."""
    return str(JOBS.get(kind, kind))


def set_up(app: Flask) -> None:
    """Attach globals."""
    found = (team_name, person_name, whom, flow_name, named, job_word)
    app.jinja_env.globals.update({each.__name__: each for each in found})
