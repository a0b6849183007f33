"""What people are called: pages show names, the login beside them where it helps.

Names are kept in the process for a few minutes, so that a list of fifty people's tasks costs no statement more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import current_app

from engine.domain.staff import PeopleNames
from webui.door import ask, me, the_engine

KEPT_FOR = timedelta(minutes=5)
_PLACE = "crmflow.names"


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


def _kept() -> Kept:
    now = the_engine().clock.now()
    found: Kept | None = current_app.extensions.get(_PLACE)
    if found is None or now - found.since > KEPT_FOR:
        found = current_app.extensions[_PLACE] = Kept(now)
    return found
