"""Real files come in whole: every row becomes a record or is put aside with its reason, and totals reconcile."""

from __future__ import annotations

import csv
import sqlite3
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.cli.mapping import load
from engine.cli.reading import look
from engine.cli.records import run
from engine.domain.access import SYSTEM
from engine.domain.questions import ListQuarantine, ListRecords
from engine.domain.values import ImportReport, RecordRow

pytestmark = pytest.mark.data
MAPS = Path(__file__).parent / "maps"
PARTS = {"Sub Total": 1, "Discount": -1, "Tax": -1, "Adjustments": 1}  # of a grand total, as the export adds them up


def take(engine: Engine, file: Path, mapping: str, limit: int | None = None) -> ImportReport:
    """Import a file as ``crmflow records import`` does."""
    columns = load(MAPS / f"{mapping}.yaml")
    source = look(file, columns.encoding, columns.separator)
    return run(engine, SYSTEM, source, columns.fit(source), start=columns.start, limit=limit, quiet=True)


def rows_of(file: Path, limit: int | None = None) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig") as text:
        return list(csv.DictReader(text))[:limit]


def everything(engine: Engine, kind: str) -> list[RecordRow]:
    found: list[RecordRow] = []
    cursor = None
    while True:
        page = engine.ask(ListRecords(SYSTEM, kind=kind, limit=500, cursor=cursor))
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


def money(text: str) -> Decimal:
    return Decimal(text.replace("$", "").replace(",", ""))


def test_a_vendors_export_comes_in_with_its_links(
    lite: Engine, data: Path, many: Callable[[int, int], int]
) -> None:  # C9, H6
    folder, count = data / "zoho", many(800, 10_000)
    leads = take(lite, folder / "Leads.csv", "zoho-leads", count)
    theirs = rows_of(folder / "Leads.csv", count)
    assert (leads.created, leads.quarantined) == (len(theirs), 0)
    lost = [row for row in theirs if row["Lead Status"] in ("Junk Lead", "Lost Lead")]
    assert len([r for r in everything(lite, "lead") if r.state == "lost" and r.data["reason"]]) == len(lost)

    potentials = take(lite, folder / "Potentials.csv", "zoho-potentials", count)
    deals = rows_of(folder / "Potentials.csv", count)
    known = {row["LEADID"] for row in theirs}
    assert potentials.quarantined == sum(row["LEADID"] not in known for row in deals), "their lead is not there"
    by_state = Counter(r.state for r in everything(lite, "opportunity"))
    assert by_state == Counter(row["Forecast Type"].lower() for row in deals if row["LEADID"] in known)


def test_bad_rows_are_put_aside_with_the_reason(lite: Engine, data: Path) -> None:  # C9
    folder = data / "zoho"
    accounts = take(lite, folder / "Accounts.csv", "zoho-accounts")
    assert (accounts.created, accounts.quarantined, accounts.finished) == (2226, 3, True)
    assert accounts.reasons == {"name: is required": 3}
    page = lite.ask(ListQuarantine(accounts.import_id, SYSTEM, limit=2))
    rest = lite.ask(ListQuarantine(accounts.import_id, SYSTEM, limit=2, cursor=page.next))
    assert (len(page.items), len(rest.items), rest.next, rest.total) == (2, 1, None, 3)
    assert page.items[-1]["row"] < rest.items[0]["row"]

    first = take(lite, folder / "Contacts.csv", "zoho-contacts", limit=250)
    assert (first.done, first.finished) == (250, False), "interrupted"
    second = take(lite, folder / "Contacts.csv", "zoho-contacts")
    assert (second.created + second.quarantined, second.finished) == (1265, True), "it goes on where it stopped"
    aside = lite.ask(ListQuarantine(second.import_id, SYSTEM)).items
    assert [row["reason"] for row in aside] == ["account: there is no account 'zoho-account:1093'"]
    assert take(lite, folder / "Contacts.csv", "zoho-contacts") == second, "again does nothing"
    assert len(everything(lite, "contact")) == second.created


@pytest.mark.parametrize(
    ("file", "mapping", "kind"), [("Quotes", "zoho-quotes", "quote"), ("Sales_Orders", "zoho-orders", "order")]
)
def test_quotes_and_orders_reconcile(
    lite: Engine, data: Path, many: Callable[[int, int], int], file: str, mapping: str, kind: str
) -> None:  # A5, D8
    path, count = data / "zoho" / f"{file}.csv", many(500, 10_000)
    report = take(lite, path, mapping, count)
    rows = rows_of(path, count)
    ours = {r.data["number"]: Decimal(r.data["total"]["amount"]) for r in everything(lite, kind)}
    assert report.created == len(rows) == len(ours)
    for row in rows:
        exact = sum(sign * money(row[name]) for name, sign in PARTS.items())
        assert ours[next(iter(row.values()))] == exact, "to the cent"
        assert abs(exact - money(row["Grand Total"])) <= 1, "the export's grand totals are whole dollars"


def test_the_sales_pipeline_comes_in_with_its_accounts(
    lite: Engine, data: Path, many: Callable[[int, int], int]
) -> None:
    folder, count = data / "crm_sales", many(800, 10_000)
    assert take(lite, folder / "accounts.csv", "sales-accounts").created == 85
    report = take(lite, folder / "sales_pipeline.csv", "sales-pipeline", count)
    theirs = rows_of(folder / "sales_pipeline.csv", count)
    assert (report.created, report.quarantined) == (len(theirs), 0)
    deals = everything(lite, "opportunity")
    names = {"Won": "won", "Lost": "lost", "Engaging": "open", "Prospecting": "open"}
    assert Counter(d.state for d in deals) == Counter(names[r["deal_stage"]] for r in theirs)
    won = sum(Decimal(d.data["amount"]["amount"]) for d in deals if d.state == "won")
    assert won == sum(money(r["close_value"]) for r in theirs if r["deal_stage"] == "Won")
    linked = sum(bool(r["account"]) for r in theirs)
    accounts = [a.id for a in everything(lite, "account")]
    assert sum(lite.ask(ListRecords(SYSTEM, kind="opportunity", linked_to=a)).total or 0 for a in accounts) == linked


@pytest.mark.prove
def test_bank_contacts_are_scored_and_assigned(
    new_house: Callable[..., Any], data: Path, many: Callable[[int, int], int]
) -> None:  # C11, C12
    """Real contacts enter lead-to-order in one import (10,000 of them: the driver's test of the REST API)."""
    house = new_house()
    count = many(300, 2_000)
    report = take(house.engine, data / "bank" / "bank-full.csv", "bank", limit=count)
    assert (report.created, report.started_instances, report.quarantined) == (count, count, 0)
    with sqlite3.connect(house.url.removeprefix("sqlite:///")) as db:
        leads = db.execute(
            "select json_extract(data, '$.grade'), state, owner, count(*) from record group by 1, 2, 3"
        ).fetchall()
        tasks = db.execute("select element_id, assignee, count(*) from task group by 1, 2").fetchall()
        incidents = db.execute("select count(*) from incident").fetchone()[0]
    assert incidents == 0
    assert sum(n for *_, n in leads) == count
    assert {state for _, state, _, _ in leads} == {"assigned"}
    assert {grade for grade, *_ in leads} <= {"hot", "warm", "cold"}
    owned = Counter[str]()
    for _, _, owner, n in leads:
        owned[owner] += n
    assert owned == {assignee: n for _, assignee, n in tasks}, "every lead has its task with its owner"
    assert max(owned.values()) - min(owned.values()) <= 1 + sum(n for g, *_, n in leads if g == "hot") // 2
