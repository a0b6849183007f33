"""Random decision tables: the table check says exactly what trying every input shows; its examples are true (C7)."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from itertools import combinations, product
from typing import Any
from xml.sax.saxutils import escape

import pytest

from engine.dmn import Model, check
from engine.domain.values import Finding

SHOWN = 20
SPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
Cells = list[list[str]]

# kind of a column: (type, allowed values, cells, values that between them show every difference)
COLUMNS: dict[str, tuple[str, str, tuple[str, ...], tuple[Any, ...]]] = {
    "number": (
        "number",
        "",
        (
            "< 1",
            "<= 1",
            "1",
            "> 1",
            "[1..2]",
            "(1..2)",
            "[2..3[",
            "not(1)",
            "not([1..2])",
            "1, 3",
            "< 1, > 2",
            "-",
            "-",
        ),
        (0, 1, 1.5, 2, 2.5, 3, 4),
    ),
    "bounded": ("number", "[0..10]", ("< 5", ">= 5", "[0..3]", "5", "> 8", "-"), (0, 3, 3.5, 5, 4, 6, 8, 9, 10)),
    "text": ("string", "", ('"a"', '"b"', '"a", "b"', 'not("a")', 'not("a", "b")', "-", "-"), ("a", "b", "z")),
    "choice": ("string", '"a", "b", "c"', ('"a"', '"b"', '"c"', 'not("a")', '"a", "c"', "-"), ("a", "b", "c")),
    "flag": ("boolean", "", ("true", "false", "not(true)", "-", "-"), (True, False)),
    "day": (
        "date",
        "",
        ('< @"2026-01-02"', '@"2026-01-02"', '>= date("2026-01-03")', '[@"2026-01-01"..@"2026-01-02"]', "-"),
        (*(f"2026-01-0{n}" for n in range(1, 6)), "2025-12-01"),
    ),
}
INPUTS = '<inputData id="i{0}" name="x{0}"><variable name="x{0}" typeRef="{1}"/></inputData>'


def model(kinds: list[str], rules: Cells, hit: str) -> bytes:
    """A table over inputs x0, x1 …; each rule's output is given as its last cell."""
    inputs, columns = [], []
    for number, kind in enumerate(kinds):
        type_ref, allowed, _, _ = COLUMNS[kind]
        inputs.append(INPUTS.format(number, type_ref))
        limit = f"<inputValues><text>{escape(allowed)}</text></inputValues>" if allowed else ""
        text = f'<inputExpression typeRef="{type_ref}"><text>x{number}</text></inputExpression>'
        columns.append(f"<input>{text}{limit}</input>")
    lines = []
    for number, (*cells, output) in enumerate(rules, 1):
        tests = "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in cells)
        lines.append(f'<rule id="r{number}">{tests}<outputEntry><text>{escape(output)}</text></outputEntry></rule>')
    needs = "".join(
        f'<informationRequirement><requiredInput href="#i{n}"/></informationRequirement>' for n in range(len(kinds))
    )
    limit = '<outputValues><text>"best", "good", "poor"</text></outputValues>' if hit == "PRIORITY" else ""
    return (
        f'<definitions xmlns="{SPACE}" id="m" name="m" namespace="urn:m">{"".join(inputs)}<decision id="d" name="d">'
        f'<variable name="d"/>{needs}<decisionTable id="t" hitPolicy="{hit}">{"".join(columns)}'
        f'<output name="y">{limit}</output>{"".join(lines)}</decisionTable></decision></definitions>'
    ).encode()


class Tried:
    """A table and what it does on every combination of the sample values."""

    def __init__(self, kinds: list[str], rules: Cells) -> None:
        numbered = [[*cells, str(n)] for n, (*cells, _) in enumerate(rules, 1)]
        self.model = Model.load(model(kinds, numbered, "RULE ORDER"))
        self.kinds = kinds
        points = product(*(COLUMNS[kind][3] for kind in kinds))
        self.matches = [self.hits({f"x{n}": value for n, value in enumerate(point)}) for point in points]

    def hits(self, inputs: dict[str, Any]) -> frozenset[int]:
        """Numbers of the rules that match; dates come as text in examples."""
        given = {f"x{n}": _typed(kind, inputs.get(f"x{n}", COLUMNS[kind][3][0])) for n, kind in enumerate(self.kinds)}
        return frozenset(int(one) for one in self.model.decide("d", given).value)

    def never(self, wins: Callable[[frozenset[int]], int], count: int) -> set[int]:
        """Rules that win nowhere."""
        return set(range(1, count + 1)) - {wins(hits) for hits in self.matches if hits}


def _typed(kind: str, value: Any) -> Any:
    return dt.date.fromisoformat(value) if kind == "day" and isinstance(value, str) else value


def draw(source: random.Random, hit: str) -> tuple[list[str], Cells]:
    kinds = [source.choice(list(COLUMNS)) for _ in range(source.randint(1, 3))]
    outputs = ['"best"', '"good"', '"poor"'] if hit == "PRIORITY" else ["1", "2", "3", "4", "5"]
    rules = [
        [*(source.choice(COLUMNS[kind][2]) for kind in kinds), source.choice(outputs)]
        for _ in range(source.randint(1, 7))
    ]
    return kinds, rules


def of(findings: list[Finding], code: str) -> list[Finding]:
    return [finding for finding in findings if finding.code == code]


@pytest.mark.parametrize("hit", ["UNIQUE", "ANY", "FIRST", "PRIORITY"])
def test_the_check_says_what_trying_every_input_shows(hit: str, many: Any) -> None:
    for seed in range(many(60, 2000)):
        source = random.Random(f"{hit} {seed}")
        kinds, rules = draw(source, hit)
        findings = check(model(kinds, rules, hit))
        tried = Tried(kinds, rules)
        cut = any(len(of(findings, code)) == SHOWN for code in ("CRM-156", "CRM-157"))
        assert cut or not of(findings, "CRM-155"), seed  # all cells are constants
        gaps = of(findings, "CRM-156")
        assert bool(gaps) == (frozenset() in tried.matches), (hit, seed)
        for gap in gaps:
            assert tried.hits(gap.params["example"]) == frozenset(), (hit, seed, gap.message)
        doubled = {finding.params["rules"][1] for finding in of(findings, "CRM-159")}
        for dead in (*of(findings, "CRM-158"), *of(findings, "CRM-159")):  # it would match, but another one says it
            if "example" in dead.params:
                assert len(tried.hits(dead.params["example"])) > 1, (hit, seed, dead.message)
                assert dead.params["rules"][-1] in tried.hits(dead.params["example"]), (hit, seed, dead.message)
        if hit in ("UNIQUE", "ANY"):
            _overlaps(hit, seed, rules, findings, tried, doubled)
        else:
            _winners(hit, seed, rules, findings, tried, doubled)


def _overlaps(hit: str, seed: int, rules: Cells, findings: list[Finding], tried: Tried, doubled: set[int]) -> None:
    """Exactly the pairs that both match somewhere (with other outputs, for ANY), each with an example that shows it."""
    told = {tuple(finding.params["rules"]): finding for finding in of(findings, "CRM-157")}
    shown = {pair for hits in tried.matches for pair in combinations(sorted(hits), 2) if not doubled & set(pair)}
    if hit == "ANY":
        shown = {(i, j) for i, j in shown if rules[i - 1][-1] != rules[j - 1][-1]}
    if len(shown) > SHOWN:  # the first of them are told, and that there are more
        assert set(told) < shown, (hit, seed)
        assert len(told) == SHOWN, (hit, seed)
        assert of(findings, "CRM-155"), (hit, seed)
    else:
        assert set(told) == shown, (hit, seed)
    for pair, finding in told.items():
        assert set(pair) <= tried.hits(finding.params["example"]), (hit, seed, finding.message)


def _winners(hit: str, seed: int, rules: Cells, findings: list[Finding], tried: Tried, doubled: set[int]) -> None:
    """Exactly the rules that decide nothing are told as such."""
    ranks = [('"best"', '"good"', '"poor"').index(rule[-1]) if hit == "PRIORITY" else 0 for rule in rules]
    if hit == "FIRST":
        silent = tried.never(min, len(rules)) - doubled
    else:
        best = [{n for n in hits if ranks[n - 1] == min(ranks[m - 1] for m in hits)} for hits in tried.matches if hits]
        silent = set(range(1, len(rules) + 1)) - set().union(*best) - doubled
    told = {finding.params["rules"][-1] for finding in of(findings, "CRM-158")}
    assert told == silent, (hit, seed)
