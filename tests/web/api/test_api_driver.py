"""Real contacts enter by the importer and are worked to an order or a documented loss over REST alone; totals agree.

Issue 2, "Real input": 10,000 contacts of a bank in one run, 1,000 of them driven (without CRMFLOW_PROVE fewer).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from api_place import Api

from engine.app import Engine
from engine.cli.demo import add_people, deploy_packs, read_plan
from engine.cli.mapping import load
from engine.cli.reading import look
from engine.cli.records import run
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import IssueToken
from engine.jobs import drain
from webui import create_app

MAP = Path(__file__).parents[2] / "unit" / "cli" / "maps" / "bank-contacts.yaml"
BANT = {
    "need": "a loan",
    "budget": {"amount": 50000, "currency": "EUR"},
    "authority": "Board",
    "decisionBy": "2026-04-01",
}
MEDDIC = dict.fromkeys(("metrics", "buyer", "criteria", "process", "pain", "champion"), 5)


@dataclass
class Tally:
    """What the driver saw happen."""

    accepted: int = 0
    declined: int = 0
    unqualified: int = 0
    ordered: Decimal = Decimal(0)
    quoted: Decimal = Decimal(0)


@dataclass
class Driver:
    """Works one instance after the other as its people would, knowing only the API."""

    api: Api
    candidates: dict[str, str]  # team → a member
    tally: Tally = field(default_factory=Tally)

    def work(self, number: int, instance: str) -> None:
        for _ in range(20):
            tasks = self.api("mia", "GET", f"/tasks?box=all&instance_id={instance}").json["items"]
            for task in tasks:
                self._complete(number, task)
            if not tasks and not self._answer(number, instance):
                return
        raise AssertionError(f"{instance} of contact {number} does not come to an end; open: {tasks}")

    def _complete(self, number: int, task: dict[str, Any]) -> None:
        who = task["assignee"] or self.candidates[task["candidates"][0].removeprefix("team:")]
        data = self._data(number, task["element_id"])
        done = self.api(who, "POST", f"/tasks/{task['id']}/complete", {"data": data})
        assert done.status_code == 200, (task["element_id"], done.text)
        if data.get("verdict") == "unqualified":
            self.tally.unqualified += 1

    def _data(self, number: int, element: str) -> dict[str, Any]:
        """What is typed: every fifth contact has no need; discounts climb until somebody has to approve."""
        verdict = {"lead": {"reason": "no need"}, "verdict": "unqualified"}
        if number % 5:
            verdict = {"lead": BANT, "verdict": "qualified"}
        line = {"product": "Account", "quantity": number % 7 + 1, "price": 200, "cost": 40, "discount": number % 4 * 11}
        return {
            "Task_FirstContact": {"contact": "reached"},
            "Task_Qualify": verdict,
            "Task_Discover": {"meddic": MEDDIC, "lead": BANT},
            "Task_ReviewDeal": {"review": "go"},
            "Task_PrepareQuote": {"quote": {"subject": f"Offer {number}", "currency": "EUR", "lines": [line]}},
            "Task_HandOver": {"order": {"dueDate": "2026-04-15"}},
        }.get(element, {"approval": {"verdict": "approve"}})

    def _answer(self, number: int, instance: str) -> bool:
        """The customer answers an open quote; False if the instance waits for nobody."""
        view = self.api("mia", "GET", f"/instances/{instance}").json
        if view["row"]["state"] != "active":
            return False
        assert view["incidents"] == [], view["incidents"]
        quote = self.api("mia", "GET", f"/records/{view['variables']['quote']['$record'][1]}").json
        total = Decimal(quote["data"]["total"]["amount"])
        self.tally.quoted += total
        accepts = number % 3 != 0
        self.tally.accepted += accepts
        self.tally.declined += not accepts
        self.tally.ordered += total if accepts else 0
        name = "quote.accepted" if accepts else "quote.declined"
        body = {"name": name, "correlation_key": quote["id"], "payload": {} if accepts else {"reason": "too dear"}}
        sent = self.api("mia", "POST", "/messages", body, headers={"Idempotency-Key": f"answer-{quote['id']}"})
        assert sent.json["outcome"] == "correlated", sent.text
        return True


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Api]:
    """The packs, the demo's people with tokens, and the API over them."""
    clock = FixedClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    engine = Engine.open(sqlite_url, clock=clock)
    plan = read_plan(engine)
    deploy_packs(engine)
    tokens = {login: engine.do(IssueToken(login, by=SYSTEM)) for login in add_people(engine, plan)}
    yield Api(create_app(engine, {"TESTING": True, "API_LIMITER": Unlimited()}), engine, clock, tokens)
    engine.close()


class Unlimited:
    """No rate limit: the driver is everybody at once."""

    def wait(self, who: str) -> float:
        return 0.0


def sums(url: str) -> dict[str, Any]:
    """The database's own account, by plain SQL."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as base:
        rows = base.execute(
            "select kind, state, data from record where kind in ('lead', 'quote', 'order', 'opportunity')"
        )
        found = [(kind, state, json.loads(data)) for kind, state, data in rows]
    base.close()

    def total(kind: str) -> Decimal:
        return sum((Decimal(data["total"]["amount"]) for k, _, data in found if k == kind), Decimal(0))

    return {
        "orders": sum(kind == "order" for kind, _, _ in found),
        "ordered": total("order"),
        "quoted": total("quote"),
        "won": sum(kind == "opportunity" and state == "won" for kind, state, _ in found),
        "lost": sum(kind == "opportunity" and state == "lost" for kind, state, _ in found),
        "lost leads": sum(kind == "lead" and state == "lost" for kind, state, _ in found),
        "unexplained": sum(state == "lost" and not data.get("reason") for _, state, data in found),
    }


@pytest.mark.data
@pytest.mark.prove(first=True)
@pytest.mark.timeout(2400)
def test_contacts_are_worked_to_an_order_or_a_loss(
    place: Api, data: Path, sqlite_url: str, many: Callable[[int, int], int]
) -> None:
    mapping = load(MAP)
    source = look(data / "bank" / "bank-full.csv", mapping.encoding, mapping.separator)
    wanted, driven = many(30, 10_000), many(15, 1_000)
    report = run(place.engine, SYSTEM, source, mapping.fit(source), start="lead-to-order", limit=wanted, quiet=True)
    assert (report.created, report.started_instances, report.quarantined) == (wanted, wanted, 0)
    drain(place.engine)

    candidates = {team: row["members"][0] for row in pages(place, "/people?kind=team") for team in (row["id"],)}
    driver = Driver(place, candidates)
    numbers = {int(row["business_key"].removeprefix("bank:")): row["id"] for row in pages(place, "/instances")}
    assert len(numbers) == wanted
    for number in sorted(numbers)[:driven]:
        driver.work(number, numbers[number])

    tally, base = driver.tally, sums(sqlite_url)
    assert tally.accepted + tally.declined + tally.unqualified == driven
    assert tally.accepted
    assert tally.declined
    assert tally.unqualified
    assert base == {
        "orders": tally.accepted,
        "ordered": tally.ordered,
        "quoted": tally.quoted,
        "won": tally.accepted,
        "lost": tally.declined,
        "lost leads": tally.unqualified,
        "unexplained": 0,
    }
    # Nobody is forgotten: who was not driven waits in somebody's inbox with a deadline.
    waiting = pages(place, "/tasks?box=all")
    assert len(waiting) == wanted - driven
    assert all(task["assignee"] and task["due_at"] for task in waiting)
    assert pages(place, "/incidents") == []


def pages(place: Api, path: str) -> list[dict[str, Any]]:
    """All rows of a list."""
    rows: list[dict[str, Any]] = []
    mark, cursor = "&" if "?" in path else "?", ""
    while True:
        page = place("mia", "GET", f"{path}{mark}limit=200{cursor}").json
        rows += page["items"]
        if not page["next"]:
            return rows
        cursor = f"&cursor={page['next']}"
