"""Errors that tell of people: by name and in the reader's time, where the engine's message has log-ins and UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext

from webui.look import when
from webui.names import person_name

_AT = r"(?P<at>\d{4}-\d\d-\d\dT[\d:]+Z)"
#: Code → the engine's message, with the people in it.
_MESSAGES = {
    "CRM-202": re.compile(rf"Task '(?P<task>.+)' was already (?P<how>[a-z ]+) by (?P<who>\S+) at {_AT}\."),
    "CRM-203": re.compile(r"Task '(?P<task>.+)' was already claimed by (?P<who>\S+)\."),
    "CRM-204": re.compile(rf"Task '(?P<task>.+)' was already (?P<how>[a-z ]+) by (?P<who>\S+) at {_AT}\."),
    "CRM-217": re.compile(rf"'(?P<task>.+)' was changed since by (?P<who>\S+?)( at {_AT})?\."),
    "CRM-312": re.compile(r"Task '(?P<task>.+)' is assigned to (?P<who>\S+); only the assignee completes it\."),
    "CRM-313": re.compile(r"'(?P<task>.+)' is for other eyes than those of (?P<who>.+)\."),
}


def told_by_name(code: str, message: str) -> str | None:
    """The message as a page says it; None where it tells of nobody."""
    pattern = _MESSAGES.get(code)
    found = pattern.fullmatch(message) if pattern else None
    return None if found is None else _said(code, found.groupdict())


def _said(code: str, found: Mapping[str, str | None]) -> str:
    who = ", ".join(person_name(login) if login != "crmflow" else login for login in str(found["who"]).split(", "))
    about = {"task": found["task"], "who": who}
    if found.get("at"):
        about["when"] = when(datetime.fromisoformat(str(found["at"])))
    if found.get("how"):
        said = {
            "completed": gettext("“%(task)s” was already completed by %(who)s, %(when)s.", **about),
            "cancelled": gettext("“%(task)s” was already cancelled by %(who)s, %(when)s.", **about),
        }
        return str(said.get(str(found["how"]), gettext("“%(task)s” was over already: %(who)s, %(when)s.", **about)))
    if code == "CRM-217" and "when" in about:
        return str(gettext("“%(task)s” was changed since by %(who)s, %(when)s.", **about))
    known = {
        "CRM-203": gettext("“%(task)s” was already claimed by %(who)s.", **about),
        "CRM-217": gettext("“%(task)s” was changed since by %(who)s.", **about),
        "CRM-312": gettext("“%(task)s” is with %(who)s, who alone can complete it.", **about),
        "CRM-313": gettext("“%(task)s” is for other eyes than those of %(who)s.", **about),
    }
    return str(known[code])
