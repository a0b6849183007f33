"""Warm evaluation of everyday rules beside other engines: ``python -m bench.rules [--json]``.

Ten expressions, a table of 20 rules and one of 2,000, all with the same context of twelve keys (see ``rules_cases``).
The last line of standard output is ``{"expression_us": {...}, "table20_us": {...}, "table2000_us": {...}}``:
microseconds per evaluation, an expression's being the mean over the ten of their medians. Everything else stands above
it (with ``--json`` on standard error): what an engine cannot do or does wrongly is under "wrong"; a peer that cannot be
had is null, with the reason under "missing"; "rounds" says how often each was measured. An engine whose round takes
longer than ``PATIENCE`` is measured once: its figures are so large that a second look would not change what they say.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable
from statistics import fmean, median
from time import perf_counter
from typing import Any

import click

from bench import rules_cases, rules_peers
from bench.peers import PACKAGES, NoPeer, Peers
from engine import dmn, feel

TABLES = (20, 2000)
FIGURES = ("expression_us", *(f"table{size}_us" for size in TABLES))
PATIENCE = 15.0  # seconds of one engine's round beyond which it has no other


class Crmflow:
    """Ours, asked as a caller would: a plain dict of JSON values in, the answer (and for tables the trace) out."""

    def expression(self, case: dict[str, Any]) -> rules_peers.Ask:
        program = feel.compile(case["feel"])
        for _ in range(100):  # warm: it has been written as code
            program.evaluate(rules_cases.CONTEXT)
        return program.evaluate

    def table(self, table: dict[str, Any]) -> rules_peers.Ask:
        model = dmn.Model.load(rules_cases.dmn(table["size"]).encode())
        for _ in range(100):
            model.decide("rate", rules_cases.CONTEXT)
        return lambda context: model.decide("rate", context).value


def measure(
    job: dict[str, Any], rounds: int, peers: Peers | None, clock: Callable[[], float] = perf_counter
) -> dict[str, Any]:
    """Ours and the peers', round after round, so that a busy machine slows all alike; medians of the rounds."""
    names = ["crmflow", *(PACKAGES if peers else ())]
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    missing: dict[str, str] = {}
    slow: set[str] = set()
    for _ in range(rounds):
        for name in names:
            if name in missing or name in slow:
                continue
            begun = clock()
            try:
                told[name].append(_one(name, job, peers))
            except NoPeer as fault:
                missing[name] = f"{fault.code} {fault}"
            if clock() - begun > PATIENCE and name != "crmflow":
                slow.add(name)
    result = _summary(told, job)
    result["rounds"] = {name: len(runs) for name, runs in told.items()}
    result["wrong"] = {name: runs[0]["wrong"] for name, runs in told.items() if runs and runs[0]["wrong"]}
    result["missing"] = missing
    if peers:
        result["versions"] = {name: peers.version(name) for name in PACKAGES if name not in missing}
    result["python"] = platform.python_version()
    return result


def _one(name: str, job: dict[str, Any], peers: Peers | None) -> dict[str, Any]:
    if name == "crmflow":
        return rules_peers.run(Crmflow(), job)
    assert peers is not None
    peers.ready(name)
    return peers.run(name, job)


def _summary(told: dict[str, list[dict[str, Any]]], job: dict[str, Any]) -> dict[str, Any]:
    each = {
        name: [_median([run["expressions"][n] for run in runs]) for n in range(len(job["expressions"]))]
        for name, runs in told.items()
    }
    result: dict[str, Any] = {"expression_us": {name: _mean(times) for name, times in each.items()}}
    for table in job["tables"]:
        size = str(table["size"])
        result[f"table{size}_us"] = {
            name: _median([run["tables"][size] for run in runs]) for name, runs in told.items()
        }
    result["each_us"] = {
        case["feel"]: {name: times[n] for name, times in each.items()} for n, case in enumerate(job["expressions"])
    }
    result["times_faster"] = {name: _ratio(each["crmflow"], times) for name, times in each.items() if name != "crmflow"}
    return result


def _median(times: list[float | None]) -> float | None:
    known = [time for time in times if time is not None]
    return round(median(known), 2) if known else None


def _mean(times: list[float | None]) -> float | None:
    """Over the expressions the engine could evaluate at all."""
    known = [time for time in times if time is not None]
    return round(fmean(known), 2) if known else None


def _ratio(ours: list[float | None], theirs: list[float | None]) -> float | None:
    """How many times faster ours is, over the expressions that both could evaluate."""
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a and b]
    return round(sum(b for _, b in pairs) / sum(a for a, _ in pairs), 1) if pairs else None


@click.command()
@click.option("--repeats", default=2000, show_default=True, help="evaluations per batch of a quick case")
@click.option("--rounds", default=3, show_default=True, help="how often each engine is measured")
@click.option("--own", is_flag=True, help="crmflow only, no peers")
@click.option("--json", "as_json", is_flag=True, help="only the JSON line; the rest goes to standard error")
def main(repeats: int, rounds: int, own: bool, as_json: bool) -> None:
    """Benchmark expressions and decision tables."""
    job = rules_cases.job(TABLES, repeats)
    result = measure(job, rounds, None if own else Peers())
    for name, reason in result["missing"].items():
        print(f"{name} was not measured: {reason}", file=sys.stderr)
    for key, value in result.items():
        print(f"{key:>16}: {json.dumps(value, ensure_ascii=False)}", file=sys.stderr if as_json else sys.stdout)
    print(json.dumps({key: result[key] for key in FIGURES}, ensure_ascii=False))


if __name__ == "__main__":
    main()
