"""What an SLA clock is promised: the policy (a DMN decision or fixed targets), its inputs, its calendar, its ladder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, func, insert, select

from engine.domain import sla, yamls
from engine.domain.errors import Invalid, NotFound, RunError
from engine.domain.sla import Target
from engine.domain.telling import ensure_ways
from engine.domain.values import RecordRef
from engine.services.calendars import NEW
from engine.services.context import Context
from engine.services.edges import outward
from engine.services.library import Held
from engine.services.registry import port
from engine.store import rules
from engine.store.tables import task
from engine.store.tables_time import sla_policy

FACTS = ("segment", "tier", "priority", "industry", "kind")
TASK_PRIORITY = "task_priority"  # 0 … 100, of the task a clock is on: asked only where a table names it
_FIELDS = frozenset({"name", "decision", "targets", "unit", "calendar", "pausable", "pause_states", "legal", "ladder"})


@dataclass(frozen=True, slots=True)
class Terms:
    """The promise for one metric. ``target`` None: the policy promises nothing for it."""

    target: Target | None
    named: tuple[tuple[str, str], ...] = ()  # (who says it, calendar), most specific first
    pausable: bool = True
    pause_states: tuple[str, ...] = ()  # of the record: while it is in one of them, the clock stands still
    ladder: tuple[Mapping[str, Any], ...] = ()
    policy: str | None = None
    version: int | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    decided: Mapping[str, Any] = field(default_factory=dict)  # decision, its version, its answer


def facts(ctx: Context, variables: Mapping[str, Any], ref: RecordRef | None) -> dict[str, Any]:
    """What policies are asked with: the five facts from the record, its customer, then the case's variables."""
    found: dict[str, Any] = {"kind": ref.kind if ref else None}
    if ref is not None:
        fields = port("record.read")(ctx, ref)
        found |= {name: fields[name] for name in FACTS if fields.get(name) is not None and name != "kind"}
        found["state"] = fields.get("state")
        customer = next((fields[name] for name in sla.CUSTOMER if fields.get(name)), None)
        if isinstance(customer, RecordRef):
            more = port("record.read")(ctx, customer)
            found = {**{n: more[n] for n in FACTS if more.get(n) is not None}, **found}
    for name, value in variables.items():
        if value is None or isinstance(value, (str, bool, int)) or type(value).__name__ == "Decimal":
            # What the record says is newer than what was copied into the case.
            found.setdefault(name, value)
    return {name: value for name, value in outward(found).items() if value is not None}


def record_in(variables: Mapping[str, Any]) -> RecordRef | None:
    """The record a case is about: the first of its variables that is one."""
    return next((value for value in variables.values() if isinstance(value, RecordRef)), None)


class Known:
    """The newest policies and tables of targets, each read once however many clocks ask."""

    def __init__(self, ctx: Context, drafts: Mapping[str, Held] | None = None) -> None:
        self._ctx = ctx
        self._policies: dict[str, tuple[Mapping[str, Any], int]] = {}
        self._tables: dict[str, Held] = dict(drafts or {})  # decision → what decides it, if it is not published yet

    def policy(self, key: str) -> tuple[Mapping[str, Any], int]:
        """Content and version. Raises ``NotFound`` CRM-427."""
        if key not in self._policies:
            self._policies[key] = load(self._ctx, key)
        return self._policies[key]

    def table(self, decision: str) -> Held:
        """The version of a table that decides now. Raises ``RunError`` CRM-604."""
        if decision not in self._tables:
            newest = rules.latest(self._ctx.conn, decision)
            if newest is None:
                raise RunError("CRM-604", f"There is no decision '{decision}'.", fix="Deploy the table of targets.")
            self._tables[decision] = self._ctx.library.rules(self._ctx.conn, newest[0])
        return self._tables[decision]

    def asks(self, key: str, name: str) -> bool:
        """Whether the table of a policy names this input."""
        decision = str(self.policy(key)[0].get("decision") or "")
        return decision != "" and name in map(str, self.table(decision).model.decisions[decision].inputs)


class Asked:
    """What the policies of one case are asked with, each fact read once however many clocks ask."""

    def __init__(self, ctx: Context, instance_id: str, variables: Mapping[str, Any]) -> None:
        self._ctx, self._instance, self.variables = ctx, instance_id, variables
        self._known: dict[RecordRef | None, dict[str, Any]] = {}
        self._priorities: dict[str, int] | None = None
        self.held = Known(ctx)

    def facts(self, ref: RecordRef | None) -> dict[str, Any]:
        """What is known about a record within this case."""
        if ref not in self._known:
            self._known[ref] = facts(self._ctx, self.variables, ref)
        return self._known[ref]

    def about(self, policy: str | None, ref: RecordRef | None, task_id: str | None) -> Mapping[str, Any]:
        """The same for a policy and the task its clock is on."""
        known = self.facts(ref)
        if policy is None or task_id is None or not self.held.asks(policy, TASK_PRIORITY):
            return known
        if self._priorities is None:
            query = select(task.c.id, task.c.priority).where(task.c.instance_id == self._instance)
            self._priorities = {row.id: row.priority for row in self._ctx.conn.execute(query)}
        return {**known, TASK_PRIORITY: self._priorities.get(task_id)}

    def record_of(self, row: Mapping[str, Any]) -> RecordRef | None:
        """The record of a row of clocks or tasks, else the case's."""
        return RecordRef(row["record_kind"], row["record_id"]) if row["record_id"] else record_in(self.variables)


def own_words(mark: Mapping[str, Any]) -> tuple[tuple[tuple[str, str], ...], bool]:
    """What a mark says itself besides its policy: its calendar, as (who says it, calendar), and whether it pauses."""
    own = (("the element", str(mark["calendar"])),) if mark.get("calendar") else ()
    return own, str(mark.get("pausable", "true")).lower() != "false"


def terms(ctx: Context, mark: Mapping[str, Any], known: Mapping[str, Any], *, held: Known | None = None) -> Terms:
    """What the mark of an element (and its policy) promises.

    Raises ``Invalid`` CRM-077, CRM-078, ``NotFound`` CRM-427, ``RunError`` CRM-604.
    """
    metric = str(mark.get("metric") or "resolve")
    own, pausable = own_words(mark)
    if not mark.get("policy"):
        target = sla.duration(mark.get("target"), str(mark.get("unit") or ""))
        return Terms(target, own, pausable, ladder=sla.DEFAULT)
    key = str(mark["policy"])
    held = held or Known(ctx)
    content, version = held.policy(key)
    return offered(key, version, content, metric, known, mark, own, pausable, held=held)


def offered(
    key: str,
    version: int,
    content: Mapping[str, Any],
    metric: str,
    known: Mapping[str, Any],
    mark: Mapping[str, Any],
    own: tuple[tuple[str, str], ...] = (),
    pausable: bool = True,
    *,
    held: Known,
) -> Terms:
    """What this content of a policy promises."""
    answer, decided, inputs = _decide(content, metric, known, held)
    said = answer.get(metric) or (content.get("targets") or {}).get(metric) or mark.get("target")
    unit = str(answer.get("unit") or content.get("unit") or mark.get("unit") or "")
    calendar = answer.get("calendar") or content.get("calendar")
    who = f"{'legal ' if content.get('legal') else ''}policy {key}"
    return Terms(
        target=None if said in (None, "") else sla.duration(said, unit),
        named=(*own, *(((who, str(calendar)),) if calendar else ())),
        pausable=pausable and not content.get("legal") and content.get("pausable", True) is not False,
        pause_states=tuple(map(str, content.get("pause_states") or ())),
        ladder=tuple(sla.DEFAULT if content.get("ladder") is None else content["ladder"]),
        policy=key,
        version=version,
        inputs=inputs,
        decided=decided,
    )


def _decide(
    content: Mapping[str, Any], metric: str, known: Mapping[str, Any], tables: Known
) -> tuple[Mapping[str, Any], dict[str, Any], dict[str, Any]]:
    decision = content.get("decision")
    if not decision:
        return {}, {}, {name: known[name] for name in FACTS if name in known}
    held = tables.table(decision)
    info = held.model.decisions[decision]
    inputs = {name: known.get(name) for name in dict.fromkeys((*FACTS, *map(str, info.inputs))) if "." not in name}
    kind = known.get("kind")
    if kind in inputs and inputs[kind] is None:
        # A table of the pack's own asks for the record itself: it gets the facts under the record's name.
        inputs[kind] = {name: known.get(name) for name in (*FACTS, "state")}
    value, _, about = held.decide(decision, {**inputs, "metric": metric})
    value = value[0] if isinstance(value, list) and value else value
    answer: Mapping[str, Any] = value if isinstance(value, Mapping) else {metric: value} if value is not None else {}
    shown = {str(name): str(each) for name, each in answer.items()}
    decided = {"decision": decision, "resource": held.id, "answer": shown, **about}
    return answer, decided, {name: value for name, value in outward(inputs).items() if value is not None}


# --- policies --------------------------------------------------------------------------------------


def content_of(given: Mapping[str, Any] | str) -> dict[str, Any]:
    """A policy's content, checked. Raises ``Invalid`` CRM-080 (shape), CRM-077 (targets), CRM-078 (ladder)."""
    if isinstance(given, str):
        import yaml

        try:
            given = yamls.load(given)
        except yaml.YAMLError as error:
            raise Invalid("CRM-080", f"The policy is no YAML: {error}", fix="Mend the text.") from error
    if not isinstance(given, Mapping) or not given.keys() <= _FIELDS:
        names = ", ".join(sorted(_FIELDS))
        raise Invalid("CRM-080", "The policy is no mapping of what policies have.", fix=f"Use {names}.")
    found = {str(name): value for name, value in given.items() if value is not None}
    targets = found.get("targets") or {}
    if not isinstance(targets, Mapping) or not (targets or found.get("decision")):
        raise Invalid("CRM-080", "The policy promises nothing.", fix="Give it targets or a decision.")
    if not all(isinstance(found.get(name, ""), str) for name in ("decision", "calendar", "unit")):
        raise Invalid("CRM-080", "Decision, calendar and unit are texts.", fix="Write their keys.")
    if NEW in targets:
        raise Invalid("CRM-080", f"A target cannot be named '{NEW}'.", fix="Give it another name.")
    for text in ("PT1H", *targets.values()):  # the unit is looked at even where a decision alone promises
        sla.duration(text, str(found.get("unit") or ""))
    for rung in sla.ladder(_rungs(found.get("ladder") or ())):
        for act in rung.acts:
            ensure_ways(act.get("channels"))
    if not isinstance(found.get("pause_states", []), list):
        raise Invalid("CRM-080", "'pause_states' is no list.", fix="Write pause_states: [waiting].")
    return {**found, "targets": {str(k): str(v) for k, v in targets.items()}}


def _rungs(given: Any) -> list[Mapping[str, Any]]:
    """The rungs, if they have the shape of rungs. Raises ``Invalid`` CRM-078."""
    shaped = isinstance(given, (list, tuple)) and all(
        isinstance(rung, Mapping) and isinstance(rung.get("acts") or [], (list, tuple)) for rung in given
    )
    if not shaped:
        raise Invalid("CRM-078", "The ladder is no list of rungs.", fix="Begin each rung with '- at:'.")
    for act in (act for rung in given for act in rung.get("acts") or ()):
        numbers = [act.get(name, 0) for name in ("by", "to")] if _raises(act) else []
        if not all(isinstance(number, int) for number in numbers):
            raise Invalid("CRM-078", "A priority is no whole number.", fix="Write by: 20, or to: 90.")
    return list(given)


def _raises(act: Any) -> bool:
    return isinstance(act, Mapping) and act.get("do") == "priority"


def load(ctx: Context, key: str) -> tuple[Mapping[str, Any], int]:
    """The newest version of a policy. Raises ``NotFound`` CRM-427."""
    row = newest(ctx, key)
    if row is None:
        raise NotFound("CRM-427", f"There is no SLA policy '{key}'.", fix="Make it in the settings.")
    return row.content, row.version


def newest(ctx: Context, key: str) -> Any:
    """The row of the newest version of a policy, or None."""
    p = sla_policy.c
    return ctx.conn.execute(select(sla_policy).where(p.key == key).order_by(p.version.desc()).limit(1)).one_or_none()


def all_newest(ctx: Context) -> list[Any]:
    """The rows of the newest version of every policy, by key."""
    p = sla_policy.c
    last = select(p.key, func.max(p.version).label("version")).group_by(p.key).subquery()
    query = select(sla_policy).join(last, and_(p.key == last.c.key, p.version == last.c.version)).order_by(p.key)
    return list(ctx.conn.execute(query))


def ensure_key(key: str) -> None:
    """Raise ``Invalid`` CRM-080 for what cannot be a policy's key; 'new' is the address of the form for a new one."""
    if not key or len(key) > 100:
        raise Invalid("CRM-080", "The policy has no name.", fix="Give it a short key, such as 'support'.")
    if key == NEW:
        raise Invalid("CRM-080", f"A policy's key cannot be '{NEW}'.", fix="Give it another key, such as 'support'.")


def write(ctx: Context, key: str, content: Mapping[str, Any], by: str) -> int:
    """Add a version; its number."""
    ensure_key(key)
    last = ctx.conn.scalar(select(func.max(sla_policy.c.version)).where(sla_policy.c.key == key)) or 0
    row = {"key": key, "version": last + 1, "content": content, "at": ctx.now, "by": by}
    ctx.conn.execute(insert(sla_policy), [row])
    return int(last) + 1
