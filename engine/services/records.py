"""CRM records: save with a revision, read, links; the ports by which running instances reach records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete, literal, select, update

from engine.domain.access import Actor, Right, ensure
from engine.domain.commands import SaveRecord
from engine.domain.errors import Invalid, NotFound, Stale
from engine.domain.matching import index_words, match_values
from engine.domain.questions import GetRecord, RecordKinds
from engine.domain.records import Kind, described
from engine.domain.values import RecordLink, RecordRef, RecordRow
from engine.services import idempotency
from engine.services.conditions import begin_related, begin_where
from engine.services.context import Context
from engine.services.kinds import compute, kind_of, kinds, seen
from engine.services.registry import answers, handles, provides
from engine.services.sight import ensure_may_write, ensure_seen, hidden_from, veiled
from engine.services.sla_terms import FACTS
from engine.store import due, models, post
from engine.store.moves import change_facts
from engine.store.prepared import Insert, Prepared
from engine.store.tables import principal, record, record_link, record_match, record_word

_INSERT = Insert(record)
_WORDS = Insert(record_word)
_MATCHES = Insert(record_match)
_LINKS = Insert(record_link)
_LOCKED = ("kind", "name", "owner", "state", "data", "revision")
_LOCK = Prepared(select(*(record.c[n] for n in _LOCKED)).where(record.c.id == bindparam("id")).with_for_update())
_CHANGED = ("name", "data", "state", "owner", "changed_at", "revision")
_CHANGE = Prepared(
    update(record).where(record.c.id == bindparam("id_")).values({n: bindparam(f"new_{n}") for n in _CHANGED})
)
_DATA = Prepared(select(record.c.data).where(record.c.id == bindparam("id")))
_BRIEF = Prepared(select(record.c.name, record.c.kind, record.c.data).where(record.c.id == bindparam("id")))


# --- commands and questions ------------------------------------------------------------------------


@handles(SaveRecord)
def save_record(ctx: Context, cmd: SaveRecord) -> RecordRow:
    ensure(cmd.by, Right.RECORD_WRITE)
    _check_owner(ctx, cmd.owner)
    ensure_may_write(kind_of(ctx.packs, cmd.kind), cmd.data, cmd.by)
    data = cmd.data if cmd.state is None else {**cmd.data, "state": cmd.state}
    if cmd.id is not None:
        ref = RecordRef(cmd.kind, cmd.id)
        ensure_seen(ctx, cmd.id, cmd.by)
        change(ctx, ref, data, cmd.by, owner=cmd.owner, revision=cmd.revision, links=cmd.links)
        return veiled(ctx, row_of(ctx, ref.id), cmd.by)
    request = ""
    if cmd.idempotency_key:
        request = idempotency.request_digest("record", cmd.kind, data, cmd.owner, cmd.links)
        known = idempotency.recall(ctx, cmd.by, cmd.idempotency_key, request)
        if known is not None:
            return row_of(ctx, known["id"])
    owner = cmd.owner or (None if cmd.by.is_system else cmd.by.id)
    ref = create(ctx, cmd.kind, data, cmd.by, owner=owner, links=cmd.links)
    if cmd.idempotency_key:
        idempotency.remember(ctx, cmd.by, cmd.idempotency_key, request, {"id": ref.id})
    return row_of(ctx, ref.id)


def _check_owner(ctx: Context, owner: str | None) -> None:
    """A record belongs to a user there is; raises ``NotFound`` CRM-411."""
    p = principal.c
    if owner and ctx.conn.scalar(select(p.id).where(p.id == owner, p.kind == "user")) is None:
        raise NotFound("CRM-411", f"There is no user '{owner}'.", fix="Choose somebody of the list of people.")


@answers(GetRecord)
def get_record(ctx: Context, ask: GetRecord) -> RecordRow:
    ensure(ask.by, Right.RECORD_READ)
    ensure_seen(ctx, ask.record_id, ask.by)
    return veiled(ctx, row_of(ctx, ask.record_id), ask.by)


@answers(RecordKinds)
def record_kinds(ctx: Context, ask: RecordKinds) -> tuple[Mapping[str, Any], ...]:
    ensure(ask.by, Right.RECORD_READ)
    return tuple(described(kind, hidden_from(kind, ask.by)) for kind in kinds(ctx.packs).values())


# --- ports of running instances --------------------------------------------------------------------


def _read_statement() -> Prepared:
    """The record, one row per outgoing link: one statement tells its fields and where its relations lead."""
    other = record.alias("other")
    linked = record_link.join(other, other.c.id == record_link.c.to_id)
    return Prepared(
        select(
            record.c.kind,
            record.c.name,
            record.c.owner,
            record.c.state,
            record.c.data,
            record.c.created_at,
            record.c.changed_at,
            record_link.c.relation,
            record_link.c.to_id,
            other.c.kind,
        )
        .select_from(record.outerjoin(linked, record_link.c.from_id == record.c.id))
        .where(record.c.id == bindparam("id"))
        .order_by(record_link.c.relation, record_link.c.to_id)
    )


_READ = _read_statement()


@provides("record.read")
def read(ctx: Context, ref: RecordRef) -> Mapping[str, Any]:
    """Fields as FEEL sees them, with state, owner, created, changed, and each relation as a ``RecordRef`` or null."""
    rows = _READ.rows(ctx.conn, id=ref.id)
    if not rows:
        raise _missing(ref.id)
    key, name, owner, state, data, created, changed, *_ = rows[0]
    kind = kind_of(ctx.packs, key)
    fields: dict[str, Any] = {relation: None for relation, _ in kind.relations}
    fields |= {row[7]: RecordRef(row[9], row[8]) for row in reversed(rows) if row[7] is not None}
    fields |= {"name": name, **seen(kind, data)}
    return {**fields, "state": state, "owner": owner, "created": created, "changed": changed}


@provides("record.brief")
def brief_of(ctx: Context, ref: RecordRef) -> tuple[str, str | None, float | None]:
    """What a task's row keeps of its record: name, segment, amount."""
    row = _BRIEF.row(ctx.conn, id=ref.id)
    if row is None:
        raise _missing(ref.id)
    name, kind, data = row
    return (str(name), *kind_of(ctx.packs, kind).facts_of(data))


def data_of(ctx: Context, ref: RecordRef) -> Mapping[str, Any]:
    """The stored fields; raises ``NotFound`` CRM-410."""
    row = _DATA.row(ctx.conn, id=ref.id)
    if row is None:
        raise _missing(ref.id)
    data: Mapping[str, Any] = row[0]
    return data


@provides("record.row")
def row_or_none(ctx: Context, ref: RecordRef, by: Actor | None = None) -> RecordRow | None:
    """``by``: without what is hidden from them."""
    found = ctx.conn.execute(select(record).where(record.c.id == ref.id)).mappings().first()
    row = None if found is None else row_from(found, _links(ctx, ref.id))
    return row if row is None or by is None else veiled(ctx, row, by)


@provides("record.write")
def write(ctx: Context, ref: RecordRef, data: Mapping[str, Any], by: Actor) -> None:
    """Change fields from a form or a service task; whoever may complete the task may write what its form shows."""
    change(ctx, ref, data, by)


# --- the matter itself -----------------------------------------------------------------------------


def create(
    ctx: Context,
    kind_key: str,
    data: Mapping[str, Any],
    by: Actor,
    *,
    owner: str | None = None,
    links: Mapping[str, str] | None = None,
    external_id: str | None = None,
) -> RecordRef:
    """A new record; ``data`` may name its ``state``. Raises ``BadForm`` CRM-215, ``NotFound`` CRM-414."""
    kind = kind_of(ctx.packs, kind_key)
    fields = {k: v for k, v in data.items() if k != "state"}
    clean = compute(kind, kind.clean(fields))
    ref = RecordRef(kind_key, ctx.new_id())
    row: dict[str, Any] = {
        "id": ref.id,
        "kind": kind_key,
        "name": kind.name_of(clean),
        "owner": owner,
        "state": kind.clean_state(data.get("state")),
        "external_id": external_id,
        "data": clean,
        "created_at": ctx.now,
        "changed_at": ctx.now,
        "revision": 1,
    }
    _INSERT.run(ctx.conn, [row])
    _index(ctx, ref.id, kind, row["name"], clean)
    _set_links(ctx, ref, links or {})
    ctx.audit(by, "record.create", target=ref.id, detail={"kind": kind_key})
    if starting := [row[0] for row in models.starts_by(ctx.conn, "conditional", kind_key)]:
        begin_where(ctx, ref, starting, read, None)
    return ref


def change(
    ctx: Context,
    ref: RecordRef,
    data: Mapping[str, Any],
    by: Actor,
    *,
    owner: str | None = None,
    revision: int | None = None,
    links: Mapping[str, str] | None = None,
) -> bool:
    """Change the fields named (and ``state``) and relations; False if no field differs.

    Raises ``Stale`` CRM-291, ``BadForm``. Conditions are looked at once, when both are written.
    """
    row = _LOCK.row(ctx.conn, id=ref.id)
    if row is None:
        raise _missing(ref.id)
    found = dict(zip(_LOCKED, row, strict=True))
    if found["kind"] != ref.kind:
        raise Invalid("CRM-028", f"Record '{ref.id}' is a {found['kind']}, not a {ref.kind}.", fix="Name its kind.")
    if revision is not None and revision != found["revision"]:
        raise Stale(
            "CRM-291",
            f"'{found['name']}' was changed meanwhile (revision {found['revision']}, not {revision}).",
            fix="Read it again, then change it.",
            revision=found["revision"],
        )
    kind = kind_of(ctx.packs, ref.kind)
    clean = compute(kind, kind.clean(_unsaid(data), before=found["data"]))
    values = {
        "name": kind.name_of(clean),
        "data": clean,
        "state": kind.clean_state(data.get("state") or found["state"]),
        "owner": owner or found["owner"],
    }
    changed = sorted({k for k in values if values[k] != found[k]} - {"data"} | _differing(found["data"], clean))
    was = read(ctx, ref) if links else {}
    _set_links(ctx, ref, links or {})
    if not changed:
        if _differ(was, links or {}):
            _tell_conditions(ctx, ref, was)
        return False
    values |= {"changed_at": ctx.now, "revision": found["revision"] + 1}
    _CHANGE.run(ctx.conn, id_=ref.id, **{f"new_{name}": value for name, value in values.items()})
    _reindex(ctx, ref.id, kind, found, values)
    if (facts := kind.facts_of(clean)) != kind.facts_of(found["data"]):
        change_facts(ctx.conn, ref.id, *facts)
    ctx.audit(by, "record.change", target=ref.id, detail={"fields": changed})
    before = {**was, **seen(kind, found["data"]), **{k: found[k] for k in ("name", "state", "owner")}}
    _tell_conditions(ctx, ref, before, customer=bool(set(changed) & set(FACTS)))
    return True


def _tell_conditions(ctx: Context, ref: RecordRef, before: Mapping[str, Any], *, customer: bool = False) -> None:
    """Instances that work on the record and wait for a condition, or promise something by what it says, look at it
    again, each in a transaction of its own; processes begin whose condition has become true by the change."""
    found = post.conditional_on(ctx.conn, ref.id, ref.kind, customer)
    if found.starting:
        begin_where(ctx, ref, list(found.starting), read, before)
    if found.related:
        begin_related(ctx, ref, list(found.related), read, before)
    promising = {drawn for drawn in {drawn for _, drawn in found.running} if ctx.library.promises(ctx.conn, drawn)}
    watching = {*found.waiting, *(one for one, drawn in found.running if drawn in promising)}
    rows = [{"name": ref.kind, "type": "crmflow:look", "payload": {"instance": one}} for one in sorted(watching)]
    if rows:
        due.add(ctx.conn, ctx.now, [{"id": ctx.new_id(), **row} for row in rows])
        ctx.wake = True


def _unsaid(data: Mapping[str, Any]) -> dict[str, Any]:
    """Without the state, and without computed lines' totals that a form sends back."""
    return {k: v for k, v in data.items() if k != "state"}


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {k for k in {*before, *after} if before.get(k) != after.get(k)}


def link(ctx: Context, ref: RecordRef, links: Mapping[str, str]) -> None:
    """Set relations, and look at the conditions where one leads elsewhere now. Raises CRM-029, CRM-410."""
    was = read(ctx, ref) if links else {}
    _set_links(ctx, ref, links)
    if _differ(was, links):
        _tell_conditions(ctx, ref, was)


def _differ(was: Mapping[str, Any], links: Mapping[str, str]) -> bool:
    """Whether a relation led elsewhere, or nowhere, before."""
    return any(getattr(was.get(relation), "id", None) != to for relation, to in links.items())


def _set_links(ctx: Context, ref: RecordRef, links: Mapping[str, str]) -> None:
    """A relation declared by the kind leads to one record, of the declared kind."""
    if not links:
        return
    declared = dict(kind_of(ctx.packs, ref.kind).relations)
    found = ctx.conn.execute(select(record.c.id, record.c.kind).where(record.c.id.in_(links.values()))).all()
    kinds_found = {row.id: row.kind for row in found}
    for relation, to in links.items():
        if to not in kinds_found:
            raise _missing(to)
        if declared.get(relation) != kinds_found[to]:
            legal = ", ".join(f"{r} → {k}" for r, k in declared.items()) or "none"
            raise Invalid(
                "CRM-029",
                f"A {ref.kind} has no relation '{relation}' to a {kinds_found[to]}.",
                fix=f"Relations of a {ref.kind}: {legal}.",
            )
    gone = delete(record_link).where(record_link.c.from_id == ref.id, record_link.c.relation.in_(links))
    ctx.conn.execute(gone)
    _LINKS.run(ctx.conn, [{"from_id": ref.id, "relation": r, "to_id": to} for r, to in links.items()])


def _index(ctx: Context, record_id: str, kind: Kind, name: str, data: Mapping[str, Any]) -> None:
    _WORDS.run(ctx.conn, [{"word": w, "record_id": record_id} for w in index_words(kind, name, data)])
    _MATCHES.run(ctx.conn, [{"value": v, "record_id": record_id} for v in match_values(kind, data)])


def _reindex(ctx: Context, record_id: str, kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Write the search words and digests anew, where they differ."""
    old, new = (index_words(kind, r["name"], r["data"]) for r in (before, after))
    if old != new:
        ctx.conn.execute(delete(record_word).where(record_word.c.record_id == record_id))
        _WORDS.run(ctx.conn, [{"word": w, "record_id": record_id} for w in new])
    old, new = (match_values(kind, r["data"]) for r in (before, after))
    if old != new:
        ctx.conn.execute(delete(record_match).where(record_match.c.record_id == record_id))
        _MATCHES.run(ctx.conn, [{"value": v, "record_id": record_id} for v in new])


def row_of(ctx: Context, record_id: str) -> RecordRow:
    """The record with its links, both ways; raises ``NotFound`` CRM-410."""
    found = ctx.conn.execute(select(record).where(record.c.id == record_id)).mappings().first()
    if found is None:
        raise _missing(record_id)
    return row_from(found, _links(ctx, record_id))


def _links(ctx: Context, record_id: str) -> tuple[RecordLink, ...]:
    other, pair = record.alias("other"), record_link.c
    told = (pair.relation, other.c.kind, other.c.id, other.c.name)
    out = select(*told, literal(False).label("inbound")).join_from(record_link, other, other.c.id == pair.to_id)
    back = select(*told, literal(True).label("inbound")).join_from(record_link, other, other.c.id == pair.from_id)
    both = out.where(pair.from_id == record_id).union_all(back.where(pair.to_id == record_id)).limit(400)
    found = [RecordLink(row[0], row[1], row[2], row[3], bool(row[4])) for row in ctx.conn.execute(both)]
    return tuple(sorted(found, key=lambda one: (one.inbound, one.relation, one.name)))


def row_from(found: Mapping[Any, Any], links: tuple[RecordLink, ...] = ()) -> RecordRow:
    """A row of ``record`` as people see it."""
    names = ("id", "kind", "name", "data", "owner", "state", "created_at", "changed_at", "revision", "external_id")
    return RecordRow(**{name: found[name] for name in names}, links=links)


def _missing(record_id: str) -> NotFound:
    return NotFound("CRM-410", f"There is no record '{record_id}'.", fix="Look it up in the list of records.")
