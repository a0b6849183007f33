"""Deploy and publish: files become immutable versions, pinned to their forms, decisions and called processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from engine import bpmn
from engine.domain.access import Actor, Right, ensure
from engine.domain.commands import Deploy, Publish
from engine.domain.errors import CrmflowError, Invalid, NotFound, Refused
from engine.domain.questions import LintFiles
from engine.domain.states import DefinitionState, Severity
from engine.domain.values import DefinitionRow, Deployment, Finding, ResourceRow
from engine.services import bindings, sla_files
from engine.services.context import Context
from engine.services.decisions_words import kept, retell
from engine.services.definitions import finding_json, row_of
from engine.services.labels import Labels
from engine.services.registry import answers, handles
from engine.services.sla_moves import rules_changed
from engine.services.sla_spread import spread
from engine.services.sla_terms import all_newest
from engine.services.sources import Part, Process, Rules, Sources, describe, gather
from engine.services.starts import open_starts
from engine.store import models, rules


@answers(LintFiles)
def lint(ctx: Context, ask: LintFiles) -> tuple[Finding, ...]:
    """All findings of the files together with what is deployed."""
    ensure(ask.by, Right.MODEL_READ)
    return tuple(gather(ctx, ask.files).findings)


@handles(Deploy)
def deploy(ctx: Context, cmd: Deploy) -> Deployment:
    """Check everything, then write new versions of what changed. Raises ``Refused`` CRM-168 with all findings."""
    ensure(cmd.by, Right.MODEL_DEPLOY)
    if cmd.publish:
        ensure(cmd.by, Right.MODEL_PUBLISH)
    if not cmd.files:
        raise Invalid("CRM-169", "There is no file to deploy.", fix="Name at least one BPMN, DMN or form file.")
    sources = gather(ctx, cmd.files)
    if sources.refused:
        raise refused(sources.findings)
    shelf = Shelf(ctx, sources, cmd.by.id)
    resources = shelf.put_parts()
    shelf.added += _promised(ctx, sources, shelf, cmd.by)
    replan_clocks(ctx, shelf)
    definitions = shelf.put_processes()
    if shelf.added:
        ctx.audit(cmd.by, "deploy", detail={"new": shelf.added, "unchanged": shelf.unchanged})
    if cmd.publish:
        definitions = [publish(ctx, Publish(row.key, cmd.by, row.version)) for row in definitions]
    return Deployment(tuple(definitions), tuple(resources), tuple(sources.findings), tuple(shelf.unchanged))


def _promised(ctx: Context, sources: Sources, shelf: Shelf, by: Actor) -> list[str]:
    """Save the calendars, then the policies, of files that are new or say something new."""
    fresh = {p.file: p for p in sources.parts if p.kind == sla_files.KIND and p.file not in shelf.unchanged}
    old = {key: row.id for (kind, key), row in shelf.resources.items() if kind == sla_files.KIND}
    known = {
        row.key: row.content for row in models.resources(ctx.conn, [old[p.key] for p in fresh.values() if p.key in old])
    }
    return sla_files.put_all(ctx, [(sources.promises[f], known.get(p.key)) for f, p in fresh.items()], by)


@handles(Publish)
def publish(ctx: Context, cmd: Publish) -> DefinitionRow:
    """Let people start a version. Raises ``Refused`` CRM-168 when owner, goal or KPI is missing.  # A13, B1"""
    ensure(cmd.by, Right.MODEL_PUBLISH)
    row = _version(ctx, cmd.key, cmd.version)
    missing = _unfit(row)
    if missing:
        raise refused(missing)
    if row.state != DefinitionState.PUBLISHED.value:
        models.publish(ctx.conn, row, published_at=ctx.now, published_by=cmd.by.id)
        open_starts(ctx, ctx.library.load(ctx.conn, row.id))
        ctx.audit(cmd.by, "publish", target=row.id, detail={"key": row.key, "version": row.version})
    published = models.definition(ctx.conn, row.id)
    assert published is not None
    return row_of(published)


def _version(ctx: Context, key: str, number: int | None) -> Any:
    """The row of a version, or of the newest. Raises ``NotFound`` CRM-401."""
    if number is None:
        newest = models.latest(ctx.conn, [key])
        found = newest[0].id if newest else None
    else:
        named = models.version(ctx.conn, key, number)
        found = named[0] if named else None
    row = models.definition(ctx.conn, found) if found else None
    if row is None:
        which = f"version {number} of '{key}'" if number is not None else f"definition '{key}'"
        raise NotFound("CRM-401", f"There is no {which}.", fix="Deploy it first.")
    return row


def _unfit(row: Any) -> list[Finding]:
    """What forbids publishing this version."""
    return bpmn.publishable(next(info for info in bpmn.inspect(row.xml) if info.key == row.key))


def refused(findings: list[Finding]) -> Refused:
    errors = sum(f.severity is Severity.ERROR for f in findings)
    first = next(f for f in findings if f.severity is Severity.ERROR)
    return Refused(
        "CRM-168",
        f"Refused with {errors} error{'s' if errors != 1 else ''}; the first: [{first.code}] {first.message}",
        findings,
        fix="Mend what the findings name and deploy again.",
    )


@dataclass(slots=True)
class _Unit:
    """A process as it will stand: new in this deployment, or the newest one that is there already."""

    id: str
    key: str
    digest: str  # of its XML
    wants: dict[str, Any]  # {"forms", "decisions", "calls"}: names it refers to itself; their "tags"; what is "open"
    xml: bytes | None = None  # set: comes with this deployment
    tag: str | None = None
    labels: Labels = field(default_factory=dict)


def replan_clocks(ctx: Context, shelf: Shelf) -> int:
    """Reckon the open clocks anew whose targets new tables decide; how many moved at once."""
    moved = 0
    for row in shelf.decided:
        names = next(part.provides for part in shelf.sources.parts if (part.kind, part.key) == (row.kind, row.key))
        done = rules_changed(ctx, ctx.library.rules(ctx.conn, row.id), names, by=shelf.by, write=True)
        moved += len(done.moves) if done else 0
        spread(ctx, [row.key for row in all_newest(ctx) if row.content.get("decision") in names], shelf.by)
    return moved


class Shelf:
    """Puts the files of one deployment beside what is there: same content stays, the rest gets a version."""

    def __init__(self, ctx: Context, sources: Sources, by: str, reason: str | None = None) -> None:
        self.ctx = ctx
        self.sources = sources
        self.by = by
        self.reason = reason
        self.put: dict[tuple[str, str], str] = {}  # (kind, key) → resource id of this deployment's parts
        self.added: list[str] = []
        self.unchanged: list[str] = []
        self.decided: list[ResourceRow] = []  # new versions of DMN models
        self.resources = {(row.kind, row.key): row for row in models.latest_resources(ctx.conn)}
        self.definitions = {row.key: row for row in models.latest(ctx.conn)}
        self.offers: dict[tuple[str, str], tuple[str, str]] = {}  # (kind, provided name) → (resource id, hash)
        # Where two models hold a decision of one name, the one deployed last is meant, as at run time.
        for row in sorted(self.resources.values(), key=lambda row: (row.deployed_at, row.version, row.id)):
            self._offer(row.kind, row.provides, row.id, row.hash)

    def put_parts(self) -> list[ResourceRow]:
        # What is imported comes first: who imports it notes its id.
        order = sorted(self.sources.parts, key=lambda part: len(part.rules.imports) if part.rules else 0)
        made = {part.file: self._part(part) for part in order}
        return [made[part.file] for part in self.sources.parts]

    def put_processes(self) -> list[DefinitionRow]:
        new = {p.info.key: self._unit(p) for p in self.sources.processes}
        plans = []
        for process in self.sources.processes:
            unit = new[process.info.key]
            reached = list(self._reached(unit, new))
            digest = self._digest(unit, reached)
            old = self.definitions.get(unit.key)
            if old is not None and old.hash == digest:
                unit.id = old.id  # decided before anything is pinned to it: calls may go in circles
            plans.append((process, unit, reached, digest, old))
        return [self._process(*plan) for plan in plans]

    def _part(self, part: Part) -> ResourceRow:
        old = self.resources.get((part.kind, part.key))
        digest = part.digest
        if old is not None and old.hash == digest:
            retold = part.rules is not None and retell(self.ctx, old.id, self.sources.labels.get(part.key))
            (self.added if retold else self.unchanged).append(f"labels of {part.key}" if retold else part.file)
            row = ResourceRow(old.id, old.kind, old.key, old.version, old.name, old.hash, old.deployed_at)
        else:
            number = 1 if old is None else old.version + 1
            row = ResourceRow(self.ctx.new_id(), part.kind, part.key, number, part.name, digest, self.ctx.now)
            written = {
                name: getattr(row, name) for name in ("id", "kind", "key", "version", "name", "hash", "deployed_at")
            }
            extra = {"content": part.content, "provides": list(part.provides), "deployed_by": self.by}
            models.add_resources(self.ctx.conn, [written | extra])
            if part.rules is not None:
                self.decided.append(row)
                _note(self, row.id, part, part.rules, old.id if old is not None else None)
            self.added.append(f"{part.kind} {part.key} v{number}")
        self.put[part.kind, part.key] = row.id
        self._offer(part.kind, part.provides, row.id, digest)
        return row

    def _offer(self, kind: str, names: Any, resource_id: str, digest: str) -> None:
        for name in names:
            self.offers[kind, name] = (resource_id, digest)

    def _unit(self, process: Process) -> _Unit:
        info = process.info
        wants: dict[str, Any] = {area: list(getattr(info, area)) for area in ("forms", "decisions", "calls")}
        if info.start_form and info.start_form not in wants["forms"]:
            wants["forms"].append(info.start_form)
        # Said only where there is something to say: what was deployed before is the same as it was.
        wants |= ({"open": list(info.open)} if info.open else {}) | ({"tags": dict(info.tags)} if info.tags else {})
        labels = self._labels(info.key)
        return _Unit(self.ctx.new_id(), info.key, process.digest, wants, process.xml, info.version_tag, labels)

    def _labels(self, key: str) -> Labels:
        """Its texts in other languages: those that came along, else those of the version before."""
        given = self.sources.labels.get(key)
        if given is not None or key not in self.definitions:
            return given or {}
        return models.labels(self.ctx.conn, [self.definitions[key].id]).get(self.definitions[key].id, {})

    def _process(self, process: Process, unit: _Unit, reached: list[_Unit], digest: str, old: Any) -> DefinitionRow:
        """The stored version where nothing changed, else a new one."""
        if old is not None and old.hash == digest:
            self.unchanged.append(f"{process.file}#{unit.key}")
            stored = models.definition(self.ctx.conn, old.id)
            assert stored is not None
            return row_of(stored)
        called = {other.key: other.xml or self._xml(other.id) for other in reached}
        try:
            bpmn.compile(process.xml, unit.key, called)
        except Refused:
            raise
        except CrmflowError as error:
            # What the checks let through but the compiler cannot take is refused like any other finding.
            finding = Finding(error.code, Severity.ERROR, error.message, file=process.file, fix=error.fix)
            raise refused([*self.sources.findings, finding]) from error
        number = 1 if old is None else old.version + 1
        row = {
            "id": unit.id,
            "key": unit.key,
            "version": number,
            "name": process.info.name,
            "state": DefinitionState.DEPLOYED.value,
            "hash": digest,
            "xml": process.xml,
            "pins": self._pins(unit, reached),
            "info": describe(process.info, process.digest) | {"wants": unit.wants},
            "findings": [finding_json(f) for f in process.findings],
            "variant_of": process.info.variant_of,
            "deployed_at": self.ctx.now,
            "deployed_by": self.by,
        }
        models.add_definitions(self.ctx.conn, [row])
        models.add_labels(self.ctx.conn, unit.id, unit.labels)
        self.added.append(f"process {unit.key} v{number}")
        stored = models.definition(self.ctx.conn, unit.id)
        assert stored is not None
        return row_of(stored)

    def _reached(self, start: _Unit, new: dict[str, _Unit]) -> Iterator[_Unit]:
        """Every process it calls, directly or not: from this deployment, else the newest deployed (with the tag)."""
        everything = sorted({*new, *self.definitions})
        seen: dict[str, _Unit | None] = {start.key: start}
        waiting = bindings.called(start.wants, everything)
        while waiting:
            key, tag = waiting.pop(0)
            unit = self._meant(key, tag, new)
            if key in seen:
                if unit is not None and (known := seen[key]) is not None and known.id != unit.id:
                    raise bindings.two_versions("process", key, start.key)
                continue
            seen[key] = unit
            if unit is not None:
                yield unit
                waiting.extend(bindings.called(unit.wants, everything))

    def _meant(self, key: str, tag: str | None, new: dict[str, _Unit]) -> _Unit | None:
        """The version of a process that is called; None where there is none."""
        unit = new.get(key)
        if unit is not None and tag in (None, unit.tag):
            return unit
        row = self.definitions.get(key) if tag is None else models.tagged(self.ctx.conn, key, tag)
        return None if row is None else _Unit(row.id, key, row.info["source"], row.info["wants"])

    def _xml(self, definition_id: str) -> bytes:
        row = models.definition(self.ctx.conn, definition_id)
        assert row is not None
        return bytes(row.xml)

    def _pins(self, unit: _Unit, reached: list[_Unit]) -> dict[str, dict[str, str]]:
        """What each name means for this version, for ever."""
        pins: dict[str, dict[str, str]] = {"forms": {}, "decisions": {}, "calls": {u.key: u.id for u in reached}}
        for each in (unit, *reached):
            for area, name, offer in _parts(self, each):
                if offer is not None and pins[area].setdefault(name, offer[0]) != offer[0]:
                    raise bindings.two_versions("form", name, unit.key)
        return pins

    def _digest(self, unit: _Unit, reached: list[_Unit]) -> str:
        """Of the XML and of the content of everything it is pinned to."""
        lines = [f"process {unit.key} {unit.digest}"]
        lines += sorted(
            f"label {locale} {element} {text}" for locale, each in unit.labels.items() for element, text in each.items()
        )
        lines += sorted(f"call {other.key} {other.digest}" for other in reached)
        kinds = {"forms": "form", "decisions": "dmn"}
        for each in (unit, *reached):
            for area, name, offer in _parts(self, each):
                lines.append(f"{kinds[area]} {name} {(offer or ('', ''))[1]}")
        return sha256("\n".join(dict.fromkeys(lines)).encode()).hexdigest()


def _parts(shelf: Shelf, unit: _Unit) -> Iterator[tuple[str, str, tuple[str, str] | None]]:
    """The forms and decisions a process names: (area, name, (resource id, hash))."""
    tags = unit.wants.get("tags", {}).get("forms", {})
    every = (
        sorted(name for kind, name in shelf.offers if kind == "form") if "forms" in unit.wants.get("open", ()) else ()
    )
    for name in dict.fromkeys((*unit.wants["forms"], *every)):
        # What comes with this deployment is stored already: its tag is found there.
        tag = tags.get(name)
        yield "forms", name, bindings.tagged_form(shelf.ctx, name, tag) if tag else shelf.offers.get(("form", name))
    for name in unit.wants["decisions"]:
        yield "decisions", name, shelf.offers.get(("dmn", name))


def _note(shelf: Shelf, resource_id: str, part: Part, about: Rules, before: str | None) -> None:
    """The names by which a DMN model decides, what it is read with, what its check found."""
    fresh = {key: row_id for (kind, key), row_id in shelf.put.items() if kind == "dmn"}
    noted = {
        "namespace": about.namespace,
        "imports": [fresh.get(one, one) for one in about.imports],
        "findings": dict(Counter(finding.severity.value for finding in about.findings)),
        "reason": shelf.reason,
        "labels": kept(shelf.ctx, before, shelf.sources.labels.get(part.key)),
    }
    names = {name: about.tags.get(name) for name in part.provides if len(name) <= 255}
    rules.note(shelf.ctx.conn, resource_id, names, noted)
    shelf.ctx.deciding.clear()
