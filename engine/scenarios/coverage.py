"""What the scenarios came by: elements, sequence flows and rules of decision tables, from the history they left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lxml import etree

from engine.bpmn.dialect import crmflow_value, decision_of, static
from engine.domain.access import SYSTEM
from engine.domain.questions import GetInstance, ListInstances
from engine.domain.states import ActivityState
from engine.domain.values import ActivityRow, FileIn
from engine.model import graph
from engine.model.vocabulary import FLOW_NODES
from engine.model.xml import BadXml, read
from engine.scenarios.expect import history
from engine.scenarios.results import PathCoverage, RuleCoverage

if TYPE_CHECKING:
    from engine.scenarios.house import Seen

_DMN = "omg.org/spec/DMN"


class Plan:
    """The models: what there is to come by."""

    def __init__(self, files: Iterable[FileIn]) -> None:
        self.processes: dict[str, graph.Scope] = {}
        self.nodes: dict[tuple[str, str], graph.Node] = {}
        self.tables: dict[str, tuple[str, str, int]] = {}  # decision → (name, table, rules)
        self.needs: dict[str, set[str]] = {}  # decision → decisions it needs
        for file in files:
            try:
                root = read(file.content)
            except BadXml:
                continue  # forms, labels; what is wrong with a model was said at its deployment
            if _DMN in str(root.tag):
                self._rules(root)
            else:
                self.processes |= {p.id: p for p in graph.from_tree(root).processes if p.executable}

        for key, process in self.processes.items():
            self.nodes |= {(key, node.id): node for scope in process.walk() for node in scope.nodes}

    def _rules(self, root: etree._Element) -> None:
        for decision in root.iter("{*}decision"):
            refs = (e.get("href", "").rpartition("#")[2] for e in decision.iter("{*}requiredDecision"))
            self.needs.setdefault(decision.get("id", ""), set()).update(refs)
            table = decision.find("{*}decisionTable")
            if table is not None:
                key = decision.get("id", "")
                rules = len(table.findall("{*}rule"))
                self.tables[key] = (decision.get("name") or key, table.get("id", ""), rules)

    def asked_by(self) -> dict[str, list[str]]:
        """Decision → the processes that ask for it by name, or for one that needs it."""
        found: dict[str, list[str]] = {}
        for key, process in self.processes.items():
            todo, seen = list(_named(process)), set[str]()
            while todo:
                if (one := todo.pop()) not in seen:
                    seen.add(one)
                    todo += self.needs.get(one, ())
            for one in sorted(seen):
                found.setdefault(one, []).append(key)
        return found


def _named(process: graph.Scope) -> Iterator[str]:
    """The decisions a process names: for its rule tasks, its variants, who does its tasks."""
    said = [crmflow_value(process.xml, "process", "variants")]
    for node in (node for scope in process.walk() for node in scope.nodes):
        said += [decision_of(node), crmflow_value(node.xml, "assignment", "decision")]
    yield from (name for text in said if (name := static(text)))


class Tally:
    """Counts over any number of scenarios; ``add`` after each, ``paths`` and ``rules`` at the end."""

    def __init__(self, files: Iterable[FileIn]) -> None:
        self.plan = Plan(files)
        self.ran: dict[str, dict[str, int]] = {}  # process → element or flow → scenarios that came by
        self.matched: dict[str, set[int]] = {}  # table → rules

    def add(self, house: Seen) -> None:
        """Take in everything that happened in a house."""
        came: dict[str, set[str]] = {}
        for row in house.engine.ask(ListInstances(SYSTEM, limit=200)).items:
            past = list(history(house, row.id))
            active: set[tuple[str, str]] = set()
            if row.ended_at is None:
                view = house.engine.ask(GetInstance(row.id, SYSTEM))
                marks = (mark for mark in view.marks if mark.active or mark.incidents)
                active = {(mark.definition_key, mark.element_id) for mark in marks}
                active |= {(task.definition_key, task.element_id) for task in view.tasks}
            self._walk(past, active, came)
            self._traces([row.choice, *(one.detail for one in past)])
        for key, ids in came.items():
            ran = self.ran.setdefault(key, {})
            for one in ids:
                ran[one] = ran.get(one, 0) + 1

    def _walk(self, past: list[ActivityRow], active: set[tuple[str, str]], came: dict[str, set[str]]) -> None:
        here = active | {(one.definition_key, one.element_id) for one in past}
        for key, element in here:
            came.setdefault(key, set()).add(element)
        for one in past:
            if one.state is ActivityState.COMPLETED:
                node = self.plan.nodes.get((one.definition_key, one.element_id))
                if node is not None:
                    came[one.definition_key].update(_taken(node, one, here))

    def _traces(self, told: Iterable[Any]) -> None:
        waiting = list(told)
        while waiting:
            value = waiting.pop()
            if isinstance(value, Mapping):
                if "table" in value and "rules" in value:
                    rules = self.matched.setdefault(str(value["table"]), set())
                    rules.update(int(r["index"]) for r in value["rules"] if r.get("matched"))
                waiting.extend(value.values())
            elif isinstance(value, (list, tuple)):
                waiting.extend(value)

    def paths(self, keys: Iterable[str]) -> tuple[PathCoverage, ...]:
        """Coverage of these processes."""
        return tuple(self._path(self.plan.processes[key]) for key in dict.fromkeys(keys) if key in self.plan.processes)

    def touched(self) -> list[str]:
        """Every process that was run at all."""
        return sorted(self.ran)

    def _path(self, process: graph.Scope) -> PathCoverage:
        nodes = [node for scope in process.walk() for node in scope.nodes if node.kind in FLOW_NODES]
        flows = [flow for scope in process.walk() for flow in scope.flows]
        ran = self.ran.get(process.id, {})
        missed = [(n.id, n.name or n.id) for n in nodes if n.id not in ran]
        missed += [(f.id, _name(f)) for f in flows if f.id not in ran]
        taken = sum(flow.id in ran for flow in flows)
        return PathCoverage(
            key=process.id,
            name=process.name or process.id,
            elements=len(nodes),
            elements_run=sum(node.id in ran for node in nodes),
            flows=len(flows),
            flows_run=taken,
            percent=round(100 * taken / len(flows), 1) if flows else 100.0,
            times={one: ran[one] for one in [*(n.id for n in nodes), *(f.id for f in flows)] if one in ran},
            missed=tuple(id for id, _ in missed),
            missed_names=tuple(name for _, name in missed),
        )

    def rules(self, keys: Iterable[str] = ()) -> tuple[RuleCoverage, ...]:
        """Coverage of the tables that were asked at least once, and of those that these processes name."""
        found, wanted, asked_by = [], set(keys), self.plan.asked_by()
        for decision, (name, table, count) in sorted(self.plan.tables.items()):
            by = tuple(asked_by.get(decision, ()))
            if table in self.matched or wanted & set(by):
                hit = tuple(sorted(self.matched.get(table, ())))
                missed = tuple(n for n in range(1, count + 1) if n not in hit)
                found.append(RuleCoverage(decision, name, table, count, hit, missed, by))
        return tuple(found)


def _taken(node: graph.Node, row: ActivityRow, here: set[tuple[str, str]]) -> list[str]:
    """Ids of the flows that a finished element went on by."""
    told = (row.detail or {}).get("taken")
    if told:
        return [str(one["flow"]) for one in told]
    event = (row.detail or {}).get("event")
    if node.kind == "eventBasedGateway" and event:
        return [flow.id for flow in node.outgoing if flow.target_ref == event]
    if all(flow.condition is None for flow in node.outgoing) and node.default is None:
        return [flow.id for flow in node.outgoing]
    # Conditional flows straight out of an activity leave no note of their own: where they lead must have run.
    return [flow.id for flow in node.outgoing if (row.definition_key, flow.target_ref) in here]


def _name(flow: graph.Flow) -> str:
    source = flow.source.name or flow.source.id if flow.source else flow.source_ref
    target = flow.target.name or flow.target.id if flow.target else flow.target_ref
    return f"{source} → {target}" + (f" ({flow.name})" if flow.name else "")
