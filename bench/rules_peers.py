"""Runs one peer on the cases of ``rules_cases``: ``python rules_peers.py NAME < job.json``, with the peers' own Python.

Imports nothing of crmflow. Every peer keeps what it can keep: zen its compiled expressions and decisions, SpiffWorkflow
its parsed table; pySFeel and bkflow-feel read the text each time, since they offer nothing else. bkflow-feel's tree can
be kept by hand; that is measured as ``bkflow_feel_tree``.
"""

from __future__ import annotations

import datetime
import json
import logging
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from types import SimpleNamespace
from typing import Any

Ask = Callable[[dict[str, Any]], Any]
BATCHES = 5
ENOUGH = 1.0  # seconds spent on one quick case at most, about
SLOW = 0.05  # seconds: who takes longer is asked once


class Zen:
    """zen-engine, in Rust."""

    def __init__(self, job: dict[str, Any]) -> None:
        import zen

        self.zen = zen

    def expression(self, case: dict[str, Any]) -> Ask:
        program = self.zen.compile_expression(case["zen"])
        return lambda context: program.evaluate(context)

    def table(self, table: dict[str, Any]) -> Ask:
        decision = self.zen.ZenEngine().create_decision(self.zen.ZenDecisionContent(json.dumps(table["jdm"])))
        return lambda context: (decision.evaluate(context)["result"] or {}).get("rate")


class Pysfeel:
    """pySFeel: a name with dots is one name to it, so records are laid flat for it beforehand."""

    def __init__(self, job: dict[str, Any]) -> None:
        from pySFeel import SFeelParser

        self.parser = SFeelParser()

    def expression(self, case: dict[str, Any]) -> Ask:
        text, parser, flat = case["feel"], self.parser, _flat

        def ask(context: dict[str, Any]) -> Any:
            parser.names = flat(context)
            faults, value = parser.sFeelParse(text)
            if faults:
                raise ValueError("; ".join(faults["errors"]))
            return value

        return ask

    def table(self, table: dict[str, Any]) -> Ask:
        parser, flat, rules = self.parser, _flat, table["rules"]

        def ask(context: dict[str, Any]) -> Any:
            parser.names = flat(context)
            return next((rate for text, rate in rules if parser.sFeelParse(text)[1] is True), None)

        return ask


class Bkflow:
    """bkflow-feel through ``parse_expression``."""

    def __init__(self, job: dict[str, Any]) -> None:
        from bkflow_feel.api import parse_expression

        logging.disable(logging.CRITICAL)
        self.parse = parse_expression

    def expression(self, case: dict[str, Any]) -> Ask:
        text, parse = case["feel"], self.parse
        return lambda context: parse(text, context)

    def table(self, table: dict[str, Any]) -> Ask:
        parse, rules = self.parse, table["rules"]
        return lambda context: next((rate for text, rate in rules if parse(text, context) is True), None)


class BkflowTree:
    """bkflow-feel with its trees kept by the caller."""

    def __init__(self, job: dict[str, Any]) -> None:
        import bkflow_feel

        logging.disable(logging.CRITICAL)
        self.read = lambda text: bkflow_feel.transformer.transform(bkflow_feel.parser.parse(text))

    def expression(self, case: dict[str, Any]) -> Ask:
        tree = self.read(case["feel"])
        return lambda context: tree.evaluate(context)

    def table(self, table: dict[str, Any]) -> Ask:
        rules = [(self.read(text), rate) for text, rate in table["rules"]]
        return lambda context: next((rate for tree, rate in rules if tree.evaluate(context) is True), None)


class Spiff:
    """SpiffWorkflow's script engine (Python) and DMN engine, with a task that has nothing but data."""

    def __init__(self, job: dict[str, Any]) -> None:
        from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment

        names = {"date": datetime.date, "timedelta": datetime.timedelta}
        self.engine = PythonScriptEngine(TaskDataEnvironment(names))

    def expression(self, case: dict[str, Any]) -> Ask:
        text, evaluate = case["spiff"], self.engine.evaluate
        return lambda context: evaluate(SimpleNamespace(data=context), text)

    def table(self, table: dict[str, Any]) -> Ask:
        from lxml import etree
        from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
        from SpiffWorkflow.dmn.parser.DMNParser import DMNParser

        root = etree.fromstring(table["dmn"].encode())
        parser = DMNParser(None, root, {"dmn": root.nsmap[None]})
        parser.parse()
        engine = DMNEngine(parser.decision.decisionTables[0])
        workflow = SimpleNamespace(script_engine=self.engine)
        return lambda context: engine.result(SimpleNamespace(data=context, workflow=workflow)).get("rate")


PEERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "zen": Zen,
    "pysfeel": Pysfeel,
    "bkflow_feel": Bkflow,
    "bkflow_feel_tree": BkflowTree,
    "spiff": Spiff,
}


def _flat(context: dict[str, Any]) -> dict[str, Any]:
    names = dict(context)
    for key, value in context.items():
        if isinstance(value, dict):
            names.update({f"{key}.{inner}": part for inner, part in value.items()})
    return names


def same(got: Any, expected: Any) -> bool:
    """Equal as JSON: numbers by value (binary fractions a little off are forgiven), the rest with its type."""
    if isinstance(expected, bool) or expected is None or isinstance(got, bool):
        return got is expected
    if isinstance(expected, (int, float)):
        try:
            return abs(float(got) - expected) < 1e-9
        except (TypeError, ValueError):
            return False
    return type(got) is type(expected) and bool(got == expected)


def microseconds(ask: Ask, contexts: list[dict[str, Any]], repeats: int, once: float) -> float:
    """The median over batches of one evaluation's time; ``once`` is about what it will be, in seconds."""
    if once > SLOW:
        return once * 1e6
    turns = max(1, min(repeats, int(ENOUGH / BATCHES / max(once, 1e-7) / len(contexts))))
    batches = []
    for _ in range(BATCHES):
        begun = perf_counter()
        for _ in range(turns):
            for context in contexts:
                ask(context)
        batches.append((perf_counter() - begun) / turns / len(contexts))
    return median(batches) * 1e6


def run(engine: Any, job: dict[str, Any]) -> dict[str, Any]:
    """``{"expressions": [µs or None], "tables": {size: µs or None}, "wrong": [...]}``; None where it cannot."""
    wrong: list[dict[str, str]] = []
    times = []
    for case in job["expressions"]:
        rows = [{"context": job["context"], "expected": case["expected"]}]
        times.append(_measure(case["feel"], engine.expression, case, rows, job["repeats"], wrong))
    tables = {
        str(table["size"]): _measure(
            f"table of {table['size']} rules", engine.table, table, table["rows"], job["repeats"], wrong
        )
        for table in job["tables"]
    }
    return {"expressions": times, "tables": tables, "wrong": wrong}


def _measure(
    what: str,
    make: Callable[[dict[str, Any]], Ask],
    case: dict[str, Any],
    rows: list[dict[str, Any]],
    repeats: int,
    wrong: list[dict[str, str]],
) -> float | None:
    """Microseconds of one case, its results compared first; None, with the reason in ``wrong``, if it cannot."""
    spent = []
    try:
        ask = make(case)
        for row in rows:
            begun = perf_counter()
            got = ask(row["context"])
            spent.append(perf_counter() - begun)
            if not same(got, row["expected"]):
                wrong.append({"what": what, "got": repr(got)[:80], "expected": repr(row["expected"])})
                break
    except Exception as error:  # noqa: BLE001 -- a peer may fail in any way it likes; the report names it
        reason = str(error).partition("\n")[0]
        wrong.append({"what": what, "error": f"{type(error).__name__}: {reason}"[:160]})
        return None
    return microseconds(ask, [row["context"] for row in rows], repeats, median(spent))


def main() -> None:
    """One peer, one job, one line of JSON."""
    job = json.load(sys.stdin)
    print(json.dumps(run(PEERS[sys.argv[1]](job), job)))


if __name__ == "__main__":
    main()
