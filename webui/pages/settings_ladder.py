"""The ladder of a policy as rows of a form: read from content, changed by buttons, written back; nothing typed is lost.

Fields: ``rungs`` (how many), ``r0-when``, ``r0-at``, ``r0-free``, ``r0-acts`` (how many), ``r0-a0-do``, ``r0-a0-what``,
``r0-a0-ways``, ``r0-a0-rest`` (what the rows do not show, as JSON). Buttons are named ``act``: ``rung-add``,
``rung-up-1``, ``rung-down-0``, ``rung-drop-1``, ``act-add-0``, ``act-drop-0-1``; they work without a script.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import yaml
from flask_babel import gettext

from engine.domain import sla, yamls
from engine.domain.errors import CrmflowError, Invalid
from engine.domain.telling import WAYS, ways_of

WHO = ("assignee", "lead", "manager", "executive")
_KINDS = ("user", "team", "role")
_MOST = 30
_WHAT = {"notify": "to", "reassign": "to", "candidate": "add", "escalate": "code", "start": "process"}
_LISTS = ("notify", "candidate")
Rows = list[dict[str, Any]]


def do_words() -> dict[str, str]:
    """What a rung can do, in the reader's language."""
    return {
        "notify": gettext("Tell"),
        "reassign": gettext("Hand the work to"),
        "candidate": gettext("Offer the work to"),
        "priority": gettext("Raise the priority by"),
        "escalate": gettext("Escalate in the model, code"),
        "start": gettext("Start the flow"),
    }


def ways_words() -> dict[str, str]:
    """By which ways a rung tells; none said is what each person wishes."""
    return {
        "": gettext("by all their ways"),
        "app": gettext("in the app alone"),
        "mail": gettext("by mail alone"),
        "webhook": gettext("by webhook alone"),
        "app,mail": gettext("in the app and by mail"),
        "app,webhook": gettext("in the app and by webhook"),
        "mail,webhook": gettext("by mail and webhook"),
    }


def when_words() -> dict[str, str]:
    """How a rung says when."""
    return {
        "share": gettext("percent of the target"),
        "after": gettext("after the start"),
        "before": gettext("before it is due"),
    }


def rows_of(ladder: Any) -> Rows:
    """Rows of the form from a ladder's content; a policy without one goes by the default one."""
    return [_row(rung) for rung in (sla.DEFAULT if ladder is None else ladder)]


def typed(given: Mapping[str, str]) -> Rows:
    """Rows as people typed them."""
    found: Rows = []
    for n in range(min(_MOST, _count(given, "rungs"))):
        acts = [
            {name: given.get(f"r{n}-a{m}-{name}", "") for name in ("do", "what", "ways", "rest")}
            for m in range(min(_MOST, _count(given, f"r{n}-acts")))
        ]
        about = {"when": given.get(f"r{n}-when", "share"), "at": given.get(f"r{n}-at", "").strip()}
        found.append({**about, "free": bool(given.get(f"r{n}-free")), "acts": acts})
    return found


def changed(rows: Rows, act: str) -> str | None:
    """Do what a button says to the rows; the field that is next, or None if it is no button of the ladder."""
    what, *numbers = act.split("-")[0:1] + act.split("-")[1:]
    verb = numbers[0] if numbers else ""
    at = [int(n) for n in numbers[1:] if n.isdecimal() and len(n) < 4]
    if what not in ("rung", "act") or verb not in ("add", "up", "down", "drop"):
        return None
    if what == "rung":
        return _move(rows, verb, at[0] if at else len(rows))
    if not at or at[0] >= len(rows):
        return "rungs"
    acts = rows[at[0]]["acts"]
    if verb == "add":
        acts.append({"do": "notify", "what": "", "ways": "", "rest": ""})
        return f"r{at[0]}-a{len(acts) - 1}-do"
    if len(at) > 1 and at[1] < len(acts):
        del acts[at[1]]
    return f"r{at[0]}-add"


def _move(rows: Rows, verb: str, n: int) -> str:
    if verb == "add":
        first = {"do": "notify", "what": "lead", "ways": "", "rest": ""}
        rows.append({"when": "share", "at": "", "free": False, "acts": [first]})
        return f"r{len(rows) - 1}-at"
    other = n - 1 if verb == "up" else n + 1
    if verb == "drop":
        del rows[n : n + 1]
        return f"r{min(n, len(rows) - 1)}-at" if rows else "rung-add"
    if 0 <= n < len(rows) and 0 <= other < len(rows):
        rows[n], rows[other] = rows[other], rows[n]
    at = min(max(other, 0), len(rows) - 1)
    # At the end of its way the button is off: the next one is the way back.
    return f"r{at}-{'down' if at == 0 else 'up' if at == len(rows) - 1 else verb}"


def content(rows: Rows) -> tuple[list[dict[str, Any]], dict[str, CrmflowError]]:
    """The ladder, and what is wrong with it by field."""
    found: list[dict[str, Any]] = []
    wrong: dict[str, CrmflowError] = {}
    for n, row in enumerate(rows):
        acts = [_tried(wrong, f"r{n}-a{m}-what", partial(_act, act)) for m, act in enumerate(row["acts"])]
        rung = {"at": _at(row), **({"unaccepted": True} if row["free"] else {}), "acts": [a for a in acts if a]}
        _tried(wrong, f"r{n}-at", partial(sla.ladder, [rung]))
        if f"r{n}-at" not in wrong:
            _tried(wrong, f"r{n}-at", partial(sla.ladder, [*found, rung]))
        found.append(rung)
    return found, wrong


def of_text(text: str) -> list[dict[str, Any]]:
    """A ladder from YAML. Raises ``Invalid`` CRM-078."""
    try:
        found = yamls.load(text) or []
    except yaml.YAMLError as error:
        fix = "Write one rung per line, as in the help."
        raise Invalid("CRM-078", "The ladder cannot be read.", fix=fix) from error
    if not isinstance(found, list) or not all(isinstance(rung, dict) for rung in found):
        raise Invalid("CRM-078", "The ladder is no list of rungs.", fix="Begin each rung with '- at:'.")
    sla.ladder(found)
    return found


def to_text(ladder: Any) -> str:
    """A ladder as YAML."""
    return yaml.safe_dump(list(ladder or ()), allow_unicode=True, sort_keys=False)


def _tried(wrong: dict[str, CrmflowError], field: str, what: Callable[[], Any]) -> Any:
    try:
        return what()
    except CrmflowError as error:
        wrong[field] = error
        return None


def _count(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "0")
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _row(rung: Mapping[str, Any]) -> dict[str, Any]:
    at = str(rung.get("at", ""))
    when = "share" if at.endswith("%") else "before" if at.startswith("-") else "after"
    acts = [_act_row(act) for act in rung.get("acts") or ()]
    return {"when": when, "at": at.strip("%-"), "free": bool(rung.get("unaccepted")), "acts": acts}


def _act_row(act: Mapping[str, Any]) -> dict[str, str]:
    do = str(act.get("do", ""))
    rest = {key: value for key, value in act.items() if key != "do"}
    if do == "priority":
        what = f"={rest.pop('to')}" if "to" in rest else str(rest.pop("by", 10))
    else:
        said = rest.pop(_WHAT.get(do, "to"), "")
        what = ", ".join(map(str, said)) if isinstance(said, list) else str(said)
    named = ways_of(rest.pop("channels", None)) if do == "notify" else WAYS
    ways = "" if named == WAYS else ",".join(named)
    return {"do": do, "what": what, "ways": ways, "rest": json.dumps(rest, ensure_ascii=False) if rest else ""}


def _at(row: Mapping[str, Any]) -> str:
    text = str(row["at"])
    if row["when"] == "share":
        return text if text.endswith("%") else f"{text}%"
    return f"-{text}" if row["when"] == "before" else text


def _act(row: Mapping[str, str]) -> dict[str, Any]:
    """One act from its row. Raises ``Invalid`` CRM-078."""
    do, what = row["do"], row["what"].strip()
    act: dict[str, Any] = {"do": do}
    if do == "priority":
        number = what.lstrip("=+")
        if not number.isdecimal() or len(number) > 3:
            raise Invalid("CRM-078", f"'{what}' is no priority.", fix="Write 20 to raise it by 20, =90 to set it.")
        act["to" if what.startswith("=") else "by"] = int(number)
    elif do in ("escalate", "start"):
        if not what:
            raise Invalid("CRM-078", "The rung does not say what.", fix="Give the code or the flow's key.")
        act[_WHAT[do]] = what
    elif do in _WHAT:
        people = [_who(part) for part in what.replace("，", ",").split(",") if part.strip()]
        if not people:
            raise Invalid("CRM-078", "The rung does not say whom.", fix=f"Write one of {', '.join(WHO)}, or team:KEY.")
        if len(people) > 1 and do not in _LISTS:
            raise Invalid("CRM-078", "The work goes to one alone.", fix="Name one, or offer the work to several.")
        act[_WHAT[do]] = people if do in _LISTS else people[0]
        if do == "notify" and row.get("ways"):
            act["channels"] = row["ways"].split(",")
    return act | _rest(row.get("rest", ""))


def _who(text: str) -> str:
    said = text.strip()
    kind, colon, key = said.partition(":")
    if said in WHO or (colon and kind in _KINDS and key):
        return said
    raise Invalid("CRM-078", f"'{said}' is nobody.", fix=f"Write {', '.join(WHO)}, user:LOGIN, team:KEY or role:NAME.")


def _rest(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
