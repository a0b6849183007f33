"""What the benchmark of rules asks every engine: one context, ten expressions, a table of 20 and one of 2,000 rules.

Each engine gets the cases in its own spelling; ``expected`` is what the specification says (DMN 1.5, chapters 8, 10).
Everything here is plain data, so that it can be handed to a peer in another interpreter as JSON.
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

CONTEXT: dict[str, Any] = {
    "amount": 1200,
    "quantity": 12,
    "discount": 5,
    "score": 71,
    "status": "open",
    "country": "DE",
    "created": "2026-03-01",
    "due": "2026-03-20",
    "prices": [120, 50, 220],
    "customer": {"name": "Ann Seaborn", "segment": "gold", "age": 41},
    "order": {
        "total": 1500,
        "currency": "EUR",
        "lines": [{"sku": "A1", "price": 120, "qty": 2}, {"sku": "B2", "price": 50, "qty": 1}],
    },
    "owner": {"name": "Bob", "team": "north", "active": True},
}

# (FEEL, zen, SpiffWorkflow's Python, expected)
EXPRESSIONS: tuple[tuple[str, str, str, Any], ...] = (
    (
        'amount > 1000 and customer.segment = "gold"',
        "amount > 1000 and customer.segment == 'gold'",
        "amount > 1000 and customer['segment'] == 'gold'",
        True,
    ),
    (
        "amount * quantity * (100 - discount) / 100",
        "amount * quantity * (100 - discount) / 100",
        "amount * quantity * (100 - discount) / 100",
        13680,
    ),
    (
        'if score >= 80 then "A" else if score >= 60 then "B" else "C"',
        "score >= 80 ? 'A' : (score >= 60 ? 'B' : 'C')",
        "'A' if score >= 80 else 'B' if score >= 60 else 'C'",
        "B",
    ),
    (
        "order.total between 1000 and 5000",
        "order.total in [1000..5000]",
        "1000 <= order['total'] <= 5000",
        True,
    ),
    (
        'status in ("open", "pending")',
        "status in ['open', 'pending']",
        "status in ('open', 'pending')",
        True,
    ),
    ("upper case(customer.name)", "upper(customer.name)", "customer['name'].upper()", "ANN SEABORN"),
    (
        'starts with(customer.name, "Ann") and owner.active',
        "startsWith(customer.name, 'Ann') and owner.active",
        "customer['name'].startswith('Ann') and owner['active']",
        True,
    ),
    (
        'date(created) + duration("P14D") < date(due)',
        "d(created).add('14d') < d(due)",
        "date.fromisoformat(created) + timedelta(days=14) < date.fromisoformat(due)",
        True,
    ),
    (
        "some p in prices satisfies p > 200",
        "some(prices, # > 200)",
        "any(p > 200 for p in prices)",
        True,
    ),
    (
        "count(order.lines[price > 100])",
        "len(filter(order.lines, #.price > 100))",
        "len([one for one in order['lines'] if one['price'] > 100])",
        1,
    ),
)

COLUMNS = ("customer.segment", "amount", "score", "country")
SEGMENTS = ("gold", "silver", "basic", "trial")
REGIONS = (("DE", "AT"), ("FR", "IT", "ES"))
ACCOUNT = 100  # width of a stretch of amounts


def rules(count: int) -> list[tuple[Any, ...]]:
    """``count`` rules without overlap: (segment, from, below, least score or None, countries, rate).

    Per stretch of amounts come four segments; the first is split by country and two of them look at the score.
    """
    made: list[tuple[Any, ...]] = []
    for number in range(count):
        stretch, place = divmod(number, 5)
        low, high = stretch * ACCOUNT * 20 // max(count // 100, 1), (stretch + 1) * ACCOUNT * 20 // max(count // 100, 1)
        segment = SEGMENTS[max(place - 1, 0)]
        countries = REGIONS[place] if place < 2 else ()
        score = (None, None, 50, None, 30)[place]
        made.append((segment, low, high, score, countries, (number % 40) / 4))
    return made


def rows(count: int) -> list[dict[str, Any]]:
    """Contexts that hit rules at the front, the middle and the end of the table, and one that hits none."""
    table = rules(count)
    asked = []
    for number in (0, count // 4, count // 2 + 1, count - 1):
        segment, low, high, score, countries, rate = table[number]
        asked.append(_row(segment, (low + high) // 2, (score or 60) + 1, countries[-1] if countries else "US", rate))
    return [*asked, _row("unknown", 10, 99, "DE", None)]


def _row(segment: str, amount: int, score: int, country: str, rate: float | None) -> dict[str, Any]:
    customer = {**CONTEXT["customer"], "segment": segment}
    context = {**CONTEXT, "customer": customer, "amount": amount, "score": score, "country": country}
    return {"context": context, "expected": rate}


def feel_cells(rule: tuple[Any, ...]) -> list[str]:
    """The cells of a rule as FEEL's unary tests."""
    segment, low, high, score, countries, _ = rule
    names = ", ".join(f'"{name}"' for name in countries)
    return [f'"{segment}"', f"[{low}..{high})", f">= {score}" if score is not None else "-", names or "-"]


def feel_condition(rule: tuple[Any, ...]) -> str:
    """The same rule as one expression, for libraries that have no tables."""
    segment, low, high, score, countries, _ = rule
    parts = [f'customer.segment = "{segment}"', f"amount >= {low}", f"amount < {high}"]
    if score is not None:
        parts.append(f"score >= {score}")
    if countries:
        parts.append("(" + " or ".join(f'country = "{name}"' for name in countries) + ")")
    return " and ".join(parts)


def python_cells(rule: tuple[Any, ...]) -> list[str]:
    """The cells as SpiffWorkflow reads them: Python, ``?`` for the input."""
    segment, low, high, score, countries, _ = rule
    among = f"? in {countries!r}" if countries else "-"
    return [f"'{segment}'", f"{low} <= ? < {high}", f">= {score}" if score is not None else "-", among]


def dmn(count: int, python: bool = False) -> str:
    """The table as a DMN file; with ``python`` in SpiffWorkflow's spelling."""
    cells = python_cells if python else feel_cells
    columns = ("customer['segment']", *COLUMNS[1:]) if python else COLUMNS
    inputs = "".join(
        f'<input id="i{n}" label="{text}"><inputExpression id="x{n}"><text>{text}</text></inputExpression></input>'
        for n, text in enumerate(columns)
    )
    lines = []
    for number, rule in enumerate(rules(count)):
        tests = "".join(
            f'<inputEntry id="c{number}_{n}"><text>{escape(cell)}</text></inputEntry>'
            for n, cell in enumerate(cells(rule))
        )
        lines.append(
            f'<rule id="r{number}">{tests}<outputEntry id="o{number}"><text>{rule[-1]}</text></outputEntry></rule>'
        )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rates" name="rates" namespace="bench">'
        '<decision id="rate" name="rate"><decisionTable id="t" hitPolicy="UNIQUE">'
        f'{inputs}<output id="o" name="rate" typeRef="number"/>{"".join(lines)}</decisionTable></decision>'
        "</definitions>"
    )


def jdm(count: int) -> dict[str, Any]:
    """The table as zen's JSON decision model."""
    lines = []
    for number, rule in enumerate(rules(count)):
        cells = {f"i{n}": "" if cell == "-" else cell for n, cell in enumerate(feel_cells(rule))}
        lines.append({"_id": f"r{number}", **cells, "o": str(rule[-1])})
    content = {
        "hitPolicy": "first",
        "inputs": [
            {"id": f"i{n}", "name": text, "type": "expression", "field": text} for n, text in enumerate(COLUMNS)
        ],
        "outputs": [{"id": "o", "name": "rate", "type": "expression", "field": "rate"}],
        "rules": lines,
    }
    return {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "table", "name": "table", "type": "decisionTableNode", "content": content},
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "table"},
            {"id": "b", "type": "edge", "sourceId": "table", "targetId": "out"},
        ],
    }


def job(tables: tuple[int, ...], repeats: int) -> dict[str, Any]:
    """Everything a peer is asked, as JSON-able data; ``repeats`` runs of each expression."""
    return {
        "context": CONTEXT,
        "expressions": [
            {"feel": feel, "zen": zen, "spiff": spiff, "expected": expected}
            for feel, zen, spiff, expected in EXPRESSIONS
        ],
        "tables": [
            {
                "size": size,
                "rows": rows(size),
                "rules": [[feel_condition(rule), rule[-1]] for rule in rules(size)],
                "dmn": dmn(size, python=True),
                "jdm": jdm(size),
            }
            for size in tables
        ],
        "repeats": repeats,
    }
