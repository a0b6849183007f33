"""Loaded definitions, forms and decisions, shared by all threads. Rows of models never change: ids are cache keys."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from engine import bpmn, dmn, forms
from engine.domain import sla
from engine.domain.errors import NotFound, RunError
from engine.services.labels import Labels, shown
from engine.store import models, rules

_SIZE = 512  # definitions kept


@dataclass(frozen=True, slots=True)
class Held:
    """One version of a DMN model, compiled with what it imports."""

    id: str
    key: str
    version: int
    model: dmn.Model

    def decide(self, decision: str, inputs: Mapping[str, Any]) -> tuple[Any, Any, Mapping[str, Any]]:
        """(value, trace, which version it was)."""
        outcome = self.model.decide(decision, inputs)
        return outcome.value, outcome.trace, {"rules": self.key, "rules_version": self.version}


@dataclass(frozen=True)
class Loaded:
    """One definition, compiled, with everything it is pinned to. Immutable."""

    id: str
    key: str
    version: int
    name: str
    hash: str
    info: Mapping[str, Any]  # see ``deploy.describe``
    process: bpmn.Process
    pinned: Mapping[str, str]  # called process key → definition id; its own key too
    names: Mapping[str, str]  # definition key → name, own and called
    infos: Mapping[str, Mapping[str, Any]]  # definition key → info, own and called
    forms: Mapping[str, forms.Form]
    models: Mapping[str, Held]  # decision → the version of the model it is pinned to
    labels: Mapping[str, Labels]  # definition key → its texts in other languages, own and called

    def text(self, element: str, drawn: str, locale: str, key: str = "") -> str:
        """An element's name in a language; the process itself goes by its key."""
        return shown(self.labels, key or self.key, element, drawn, locale)

    def named(self) -> set[str]:
        """The processes that are called by name, its own too; those an expression may choose are left out."""
        found: set[str] = set()
        waiting = [self.key]
        while waiting:
            key = waiting.pop()
            if key not in found and key in self.infos:
                found.add(key)
                waiting.extend(self.infos[key]["wants"]["calls"])
        return found

    def element(self, key: str, definition_key: str = "") -> Mapping[str, Any]:
        """What is drawn as ``key``: {"name", "kind", "documentation"}; empty if the element is not drawn."""
        found: Mapping[str, Any] = self.infos.get(definition_key or self.key, self.info)["elements"].get(key, {})
        return found

    def documentation(self, key: str, locale: str, definition_key: str = "") -> str:
        """What the model says about an element, in a language; empty if it says nothing."""
        drawn = self.element(key, definition_key).get("documentation", "")
        return self.text(f"{key}#documentation", drawn, locale, definition_key)

    def rules(self, decision: str) -> Held:
        """The version this definition is pinned to. Raises ``RunError`` CRM-604 if it is not pinned to any."""
        held = self.models.get(decision)
        if held is None:
            raise RunError(
                "CRM-604",
                f"Process '{self.name}' is not pinned to a decision '{decision}'.",
                fix="Deploy the table that holds it together with the process.",
            )
        return held


class Library:
    """Definitions compiled once per process. Threads may load the same one at once; the first to finish is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: OrderedDict[str, Loaded] = OrderedDict()
        self._parts: OrderedDict[str, Any] = OrderedDict()  # resource id → Form or Held
        self._promises: dict[str, bool] = {}  # definition id → whether a policy promises something in it

    def load(self, conn: Connection, definition_id: str) -> Loaded:
        """The definition; no statement when it is known. Raises ``NotFound`` CRM-401."""
        with self._lock:
            found = self._loaded.get(definition_id)
            if found is not None:
                self._loaded.move_to_end(definition_id)
                return found
        row = models.definition(conn, definition_id)
        if row is None:
            raise NotFound("CRM-401", f"There is no definition '{definition_id}'.", fix="Look it up in the list.")
        made = self._make(conn, row)
        with self._lock:
            made = self._loaded.setdefault(definition_id, made)
            while len(self._loaded) > _SIZE:
                self._loaded.popitem(last=False)
        return made

    def rules(self, conn: Connection, resource_id: str) -> Held:
        """One version of a DMN model; no statement when it is known."""
        with self._lock:
            found = self._parts.get(resource_id)
        held: Held = found if found is not None else self._resources(conn, {resource_id})[resource_id]
        return held

    def promises(self, conn: Connection, definition_id: str) -> bool:
        """Whether a definition, or one it calls, has a promise that a policy makes; nothing is compiled for it."""
        known = self._promises.get(definition_id)
        if known is None:
            rows = models.definitions(conn, [definition_id])
            called = models.definitions(conn, [one for row in rows for one in row.pins["calls"].values()])
            times = [row.info.get("time") for row in (*rows, *called)]
            known = self._promises[definition_id] = any(any(sla.by_policy(time)) for time in times)
        return known

    def _make(self, conn: Connection, row: Row[Any]) -> Loaded:
        pins = row.pins
        called = models.definitions(conn, list(pins["calls"].values()))
        parts = self._resources(conn, {*pins["forms"].values(), *pins["decisions"].values()})
        return Loaded(
            id=row.id,
            key=row.key,
            version=row.version,
            name=row.name,
            hash=row.hash,
            info=row.info,
            process=bpmn.compile(row.xml, row.key, {other.key: other.xml for other in called}),
            pinned={**pins["calls"], row.key: row.id},
            names={**{other.key: other.name for other in called}, row.key: row.name},
            infos={**{other.key: other.info for other in called}, row.key: row.info},
            labels=self._labels(conn, {**pins["calls"], row.key: row.id}),
            forms={key: parts[part] for key, part in pins["forms"].items()},
            models={key: parts[part] for key, part in pins["decisions"].items()},
        )

    def _labels(self, conn: Connection, pinned: Mapping[str, str]) -> dict[str, Labels]:
        found = models.labels(conn, list(pinned.values()))
        return {key: found[definition] for key, definition in pinned.items() if definition in found}

    def _resources(self, conn: Connection, wanted: set[str]) -> dict[str, Any]:
        """Forms and decision models by id; one statement for those not known yet."""
        with self._lock:
            known = {key: self._parts[key] for key in wanted if key in self._parts}
        rows = models.resources(conn, wanted - known.keys())
        known |= {row.id: forms.load(row.content) for row in rows if row.kind == "form"}
        tables = [row for row in rows if row.kind == "dmn"]
        notes = rules.notes(conn, [row.id for row in tables])
        for row in tables:
            imports = models.resources(conn, notes[row.id].imports) if row.id in notes else []
            model = dmn.Model.load(row.content, imports=[bytes(other.content) for other in imports])
            known[row.id] = Held(row.id, row.key, row.version, model)
        with self._lock:
            self._parts.update(known)
            while len(self._parts) > _SIZE:
                self._parts.popitem(last=False)
        return known
