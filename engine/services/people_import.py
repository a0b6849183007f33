"""People by CSV: users and teams, made or changed to what the rows say. Bad rows are put aside with the reason.

Columns: ``login`` (or ``key``), ``kind`` (user, team), ``name``, ``email``, ``roles``, ``teams``, ``locale``,
``timezone``, ``manager``, ``lead``, ``active``, ``weight``, ``most``, ``languages``, ``territories``, ``skills``
(``german:3``), ``calendar``. Lists are separated by ``;``. A column that is not there, or empty, changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from engine.domain.access import Actor, Right, ensure
from engine.domain.commands import AddTeam, AddUser, ChangeUser, GrantRole
from engine.domain.errors import CrmflowError, Invalid
from engine.domain.staff import ChangePerson, ChangeTeam, ImportPeople, PeopleImported, PersonRow
from engine.services import people, staff
from engine.services.context import Context
from engine.services.registry import handles
from engine.store.tables import import_run, principal, quarantine

COLUMNS = frozenset(
    {"login", "key", "kind", "name", "email", "roles", "teams", "locale", "timezone", "manager", "lead", "active"}
) | {"weight", "most", "languages", "territories", "skills", "calendar"}
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@handles(ImportPeople)
def import_people(ctx: Context, cmd: ImportPeople) -> PeopleImported:
    """Teams first, then users, then who belongs where and reports to whom: rows may name later rows.

    Raises ``Invalid`` CRM-093 for a column that is none of ``COLUMNS``.
    """
    ensure(cmd.by, Right.PEOPLE_MANAGE)
    unknown = sorted({name for _, row in cmd.rows for name in row} - COLUMNS)
    if unknown:
        raise Invalid("CRM-093", f"There is no column '{unknown[0]}'.", fix=f"Use {', '.join(sorted(COLUMNS))}.")
    reasons: dict[int, str] = {}
    made: set[int] = set()
    changed: set[int] = set()
    rows = [(number, {k: v.strip() for k, v in row.items() if v and v.strip()}) for number, row in cmd.rows]
    for number, row in rows:
        strange = sorted(name for name, text in row.items() if _UNWRITABLE.search(text))
        if strange:  # neither the people nor the list of what was put aside could keep it
            reasons[number] = f"CRM-093 {strange[0]}: there are characters that no text has."
            row.update({name: _UNWRITABLE.sub("\ufffd", row[name]) for name in strange})
    for step in (_make, _fill):
        for number, row in sorted(rows, key=lambda each: (each[1].get("kind") != "team", each[0])):
            if number in reasons:
                continue
            try:
                with ctx.attempt():
                    did = step(ctx, row, cmd.by)
            except CrmflowError as error:
                reasons[number] = f"{error.code} {error.message}"
                if number in made:
                    _unmake(ctx, _key(row))
                continue
            if did:
                (made if step is _make else changed).add(number)
    _note(ctx, cmd, rows, reasons, made, changed)
    updated = changed - made - reasons.keys()
    created = made - reasons.keys()
    unchanged = len(rows) - len(created) - len(updated) - len(reasons)
    return PeopleImported(cmd.import_id, len(created), len(updated), unchanged, len(reasons), reasons)


def _key(row: Mapping[str, str]) -> str:
    key = row.get("login") or row.get("key")
    if not key:
        raise Invalid("CRM-093", "The row names nobody.", fix="Fill the column login.")
    return key


def _make(ctx: Context, row: Mapping[str, str], by: Actor) -> bool:
    """The user or team itself, if it is not there yet."""
    key, kind = _key(row), row.get("kind", "user")
    if kind not in ("user", "team"):
        raise Invalid("CRM-093", f"'{kind}' is neither user nor team.", fix="Use user or team.")
    known = ctx.conn.scalar(select(principal.c.kind).where(principal.c.id == key))
    if known is not None:
        if known != kind:
            raise Invalid("CRM-093", f"'{key}' is a {known} already.", fix="Choose another key.")
        return False
    if kind == "team":
        people.add_team(ctx, AddTeam(key, by, row.get("name", key)))
    else:
        place: dict[str, Any] = {name: row[name] for name in ("locale", "timezone", "email") if name in row}
        people.add_user(ctx, AddUser(key, by, row.get("name", key), **place))
    return True


def _unmake(ctx: Context, key: str) -> None:
    """A row that is put aside leaves nobody behind, unless somebody reports to them by now."""
    refers = select(principal.c.id).where(or_(principal.c.manager == key, principal.c.lead == key)).limit(1)
    if ctx.conn.scalar(refers) is None:
        ctx.conn.execute(delete(principal).where(principal.c.id == key))


def _fill(ctx: Context, row: Mapping[str, str], by: Actor) -> bool:
    """Everything the row says of it; whether that changed anything."""
    key = _key(row)
    if row.get("kind") == "team":
        before = people.one(ctx, key)
        parents = tuple(_list(row["teams"])) if "teams" in row else None
        wanted = ChangeTeam(key, by, name=row.get("name"), lead=row.get("lead"), parents=parents)
        if all(_same(getattr(before, a), getattr(wanted, b)) for a, b in _TEAM):
            return False
        staff.change_team(ctx, wanted)
        return True
    held = staff.person_of(ctx, key, by)
    done = _basics(ctx, key, row, by, held)
    wanted_person = _person(key, row, by)
    if not _differs(held, wanted_person):
        return done
    staff.change_person(ctx, wanted_person)
    return True


_TEAM = (("name", "name"), ("lead", "lead"), ("teams", "parents"))


def _basics(ctx: Context, key: str, row: Mapping[str, str], by: Actor, held: PersonRow) -> bool:
    """Name, mail, language, zone, roles, whether they are active."""
    names = ("name", "email", "locale", "timezone")
    change: dict[str, Any] = {n: row[n] for n in names if n in row and getattr(held.row, n) != row[n]}
    if "active" in row:
        if row["active"].casefold() not in _WORDS:
            raise Invalid("CRM-093", f"'{row['active']}' is neither yes nor no.", fix="Use yes or no.")
        if _WORDS[row["active"].casefold()] != held.row.active:
            change["active"] = _WORDS[row["active"].casefold()]
    if change:
        people.change_user(ctx, replace(ChangeUser(key, by), **change))
    if "roles" not in row:
        return bool(change)
    wanted = set(_list(row["roles"]))
    for role in sorted(wanted ^ set(held.row.roles)):
        people.grant_role(ctx, GrantRole(key, role, by, revoke=role not in wanted))
        change[role] = True
    return bool(change)


def _person(key: str, row: Mapping[str, str], by: Actor) -> ChangePerson:
    lists = {n: tuple(sorted(_list(row[n]))) for n in ("languages", "territories", "teams") if n in row}
    numbers = {n: _number(n, row[n]) for n in ("weight", "most") if n in row}
    texts = {n: row[n] for n in ("manager", "calendar") if n in row}
    skills = _skills(row["skills"]) if "skills" in row else None
    return ChangePerson(key, by, **numbers, **texts, **lists, skills=skills)  # type: ignore[arg-type]


def _differs(held: PersonRow, wanted: ChangePerson) -> bool:
    pairs = [(getattr(held, n), getattr(wanted, n)) for n in ("weight", "most", "languages", "territories", "calendar")]
    pairs += [(dict(held.skills), wanted.skills), (held.row.manager, wanted.manager)]
    pairs.append((tuple(sorted(held.row.teams)), wanted.teams))
    return any(not _same(have, want) for have, want in pairs)


def _same(have: Any, want: Any) -> bool:
    """Whether what is wanted (None: nothing) is so already."""
    return want is None or have == want or (isinstance(want, tuple) and sorted(have) == sorted(want))


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.replace("|", ";").split(";") if part.strip()]


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Invalid("CRM-093", f"{name}: '{text}' is no whole number.", fix="Write digits.") from None


def _skills(text: str) -> dict[str, int]:
    found = {}
    for part in _list(text):
        name, _, level = part.rpartition(":")
        found[name.strip() or level.strip()] = _number("skills", level) if name else 1
    return found


def _note(
    ctx: Context,
    cmd: ImportPeople,
    rows: list[tuple[int, dict[str, str]]],
    reasons: Mapping[int, str],
    made: set[int],
    changed: set[int],
) -> None:
    """The run and what it put aside, as other imports keep them."""
    run = import_run.c
    counts = {"created": len(made - reasons.keys()), "updated": len(changed - made - reasons.keys())}
    counts |= {"quarantined": len(reasons), "started": 0, "upto": max((n for n, _ in rows), default=0)}
    counts["unchanged"] = len(rows) - counts["created"] - counts["updated"] - counts["quarantined"]
    done = update(import_run).where(run.id == cmd.import_id).values(**counts, finished=True)
    if not ctx.conn.execute(done).rowcount:
        row = {"id": cmd.import_id, "file": cmd.file, "kind": "people", "by": cmd.by.id, "at": ctx.now}
        ctx.conn.execute(insert(import_run).values({**row, **counts, "finished": True}))
    ctx.conn.execute(delete(quarantine).where(quarantine.c.import_id == cmd.import_id))
    raw = {number: ",".join(row.values()) for number, row in rows}
    aside = [{"import_id": cmd.import_id, "row": n, "reason": why, "raw": raw[n]} for n, why in reasons.items()]
    if aside:
        ctx.conn.execute(insert(quarantine), aside)
    ctx.audit(cmd.by, "import.people", target=cmd.import_id, detail={"rows": len(rows), "aside": len(reasons)})
