"""Choosing people: a list of all, or where they are very many a field that finds them while one types."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.domain.access import Right
from engine.domain.staff import FindPeople, PersonName
from webui.door import ask, me

MOST = 200  # in a list; more are found by typing
_KEY = re.compile(r"(team:)?[a-z0-9][a-z0-9._@-]*")


@dataclass(frozen=True, slots=True)
class Choice:
    """The people of a list; ``more``: they are too many for one."""

    people: tuple[PersonName, ...] = ()
    more: bool = False


def choices(kind: str | None = None) -> Choice:
    """Active people, teams or both, for the macro ``picker``; nobody for who may not read people."""
    actor = me()
    if Right.PEOPLE_READ not in actor.rights:
        return Choice()
    found = ask(FindPeople(actor, "", kind, MOST + 1))
    return Choice(found[:MOST], more=len(found) > MOST)


def whom_of(typed: str, kind: str | None = None) -> str:
    """Who is meant: a key as it stands, a name that one alone has, else what was typed (a command refuses it)."""
    said = typed.strip()
    if not said or _KEY.fullmatch(said):
        return said
    same = [one for one in ask(FindPeople(me(), said, kind, 3)) if one.name.casefold() == said.casefold()]
    return (same[0].id if kind else same[0].said) if len(same) == 1 else said
