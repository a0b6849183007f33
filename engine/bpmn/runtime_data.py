"""What tokens read and write while they run: views of variables, input and output mappings, records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from engine.bpmn.runtime_flow import Instance
from engine.bpmn.runtime_log import Report
from engine.bpmn.runtime_vars import MISSING, RecordView, View, assign, holds_record, layers, stored
from engine.bpmn.specs.base import Token, deep_set
from engine.domain.states import InstanceState
from engine.domain.values import RecordRef


class Data:
    """One command on one instance: its time, its records (each read once until a call ends), its variables."""

    def __init__(self, runtime: Any, process: Any, instance: Instance, now: datetime) -> None:
        self.runtime = runtime
        self.process = process
        self.instance = instance
        self.now = now
        self.status = InstanceState.ACTIVE
        self.report = Report(instance.next_key)
        self.changed = True  # a variable may have changed since conditions were looked at
        self.changes: list[tuple[Any, str, str]] = []  # which did: (store, name, create or update)
        self.outside = False  # records may have changed as well
        self._records: dict[RecordRef, RecordView] = {}
        instance.machine = self

    def record(self, ref: RecordRef) -> RecordView:
        """The record's present fields, read at most once in a run."""
        found = self._records.get(ref)
        if found is None:
            found = self._records[ref] = RecordView(ref, self.runtime.records)
        return found

    def forget_records(self) -> None:
        """Read records anew: a form or a call may have changed them."""
        self._records.clear()

    def view(self, token: Token, extra: Mapping[str, Any] | None = None) -> View:
        """What an expression at this token sees."""
        return View(layers(token, extra), self.record)

    def view_of(self, scope: Any) -> View:
        """What an expression in a scope sees, outside any of its tokens."""
        probe = Token.__new__(Token)
        probe.workflow, probe.data = scope, {}
        return View(layers(probe), self.record)

    def assign(self, scope: Any, path: str, value: Any) -> None:
        """Set a variable where it is known, else in the process."""
        store, before = assign(scope, path, value)
        self.changed = True
        if self.instance.conditions:
            self.note(store, path.partition(".")[0], before)

    def note(self, store: Any, name: str, before: Any) -> None:
        """Remember what became of a variable, for conditions that look at certain changes only."""
        now = store[name]
        if before is MISSING:
            self.changes.append((store, name, "create"))
        elif now is not before and (type(now) is not type(before) or now != before):
            self.changes.append((store, name, "update"))

    def saw(self, at: Token, names: Collection[str], kinds: Collection[str]) -> bool:
        """Whether a variable of these names, as seen from this token, has changed in one of these ways."""
        stores = layers(at)
        for name in names:
            store = next((store for store in stores if name in store), None)
            if any(s is store and n == name and kind in kinds for s, n, kind in self.changes):
                return True
            if self.outside and "update" in kinds and store is not None and holds_record(store[name]):
                return True  # the record behind the variable may be another now
        return False

    def read_inputs(self, token: Token) -> None:
        """Evaluate the input mappings into the token's locals, in order; later ones see earlier ones."""
        node = token.task_spec
        if "given" in token.internal_data:  # a loop body's own item
            token.data = dict(token.internal_data["given"])
        elif token.data:
            token.data = {}
        if "again" in token.internal_data:
            return  # a sub-process opened only to be undone has the data of its time
        for path, expr in node.reads:
            value = stored(expr.value(self.view(token)), path)
            deep_set(token.data, path.split("."), value)

    def settle(self, token: Token) -> None:
        """Write the token's result: through the output mappings, else each variable where it is known."""
        node = token.task_spec
        result: dict[str, Any] = token.internal_data.get("result") or {}
        if node.writes:
            local = dict(result)
            for path, expr in node.writes:
                value = expr.value(self.view(token, local))
                self.assign(token.workflow, path, value)
        if not node.writes or node.keeps:
            for name, value in result.items():
                if name in token.data:
                    token.data[name] = value  # an input mapping made it the activity's own
                else:
                    self.assign(token.workflow, name, value)
        token.internal_data.pop("result", None)
