"""Records through the engine: save, revision, links, search in Chinese, duplicates, computed totals."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import AddUser, SaveRecord
from engine.domain.errors import BadForm, Forbidden, Invalid, NotFound, Stale
from engine.domain.questions import ActorNamed, GetRecord, ListRecords, RecordKinds

LINES = [
    {"product": "Chair", "quantity": 3, "price": "99.99", "cost": 60},
    {"product": "Sofa", "quantity": 1, "price": "1200", "discount": "12.5", "cost": 700},
]


def test_totals_are_computed_exactly_at_every_save(engine: Engine) -> None:  # A4
    quote = engine.do(SaveRecord("quote", SYSTEM, {"subject": "Office", "lines": LINES, "discount": 10}))
    assert quote.data["list"] == {"amount": "1499.97", "currency": "EUR"}
    assert [line["total"] for line in quote.data["lines"]] == ["299.97", 1050]
    assert quote.data["net"] == {"amount": "1214.97", "currency": "EUR"}  # (299.97 + 1050.00) × 0.9, half to even
    assert quote.data["discountRate"] == "19.0004"
    changed = engine.do(
        SaveRecord("quote", SYSTEM, {"discount": None, "currency": "CNY", "total": 1}, id=quote.id, revision=1)
    )
    assert changed.data["total"] == {"amount": "1349.97", "currency": "CNY"}, "what is computed cannot be typed in"
    assert changed.revision == 2


def test_the_second_of_two_changes_is_told(engine: Engine) -> None:
    lead = engine.do(SaveRecord("lead", SYSTEM, {"name": "Ann"}))
    engine.do(SaveRecord("lead", SYSTEM, {"company": "Acme"}, id=lead.id, revision=lead.revision))
    with pytest.raises(Stale, match="CRM-291"):
        engine.do(SaveRecord("lead", SYSTEM, {"company": "Other"}, id=lead.id, revision=lead.revision))
    same = engine.do(SaveRecord("lead", SYSTEM, {"company": "Acme"}, id=lead.id))
    assert same.revision == 2, "nothing changed, nothing written"


def test_links_are_typed_and_seen_from_both_ends(engine: Engine) -> None:  # A9
    account = engine.do(SaveRecord("account", SYSTEM, {"name": "Acme"}))
    ann = engine.do(SaveRecord("contact", SYSTEM, {"name": "Ann"}, links={"account": account.id}))
    assert [(x.relation, x.name, x.inbound) for x in ann.links] == [("account", "Acme", False)]
    back = engine.ask(GetRecord(account.id, SYSTEM)).links
    assert [(x.relation, x.name, x.inbound) for x in back] == [("account", "Ann", True)]
    assert [r.id for r in engine.ask(ListRecords(SYSTEM, linked_to=account.id)).items] == [ann.id]
    with pytest.raises(Invalid, match="CRM-029"):
        engine.do(SaveRecord("contact", SYSTEM, {}, id=ann.id, links={"account": ann.id}))
    with pytest.raises(NotFound, match="CRM-410"):
        engine.do(SaveRecord("contact", SYSTEM, {}, id=ann.id, links={"account": "nowhere"}))


def test_search_finds_two_chinese_characters_and_beginnings(engine: Engine, clock: FixedClock) -> None:
    for name, company in (("王芳", "上海线索科技有限公司"), ("李雷", "北京客户咨询公司"), ("Ann O'Neil", "Acme GmbH")):
        clock.move(timedelta(seconds=1))
        engine.do(SaveRecord("lead", SYSTEM, {"name": name, "company": company, "phone": "+49 30 123456"}))

    def found(text: str) -> list[str]:
        return [r.name.split(" · ")[0] for r in engine.ask(ListRecords(SYSTEM, kind="lead", search=text)).items]

    assert found("线索") == ["王芳"]
    assert found("公司") == ["李雷", "王芳"]
    assert found("王") == ["王芳"]
    assert found("acm") == ["Ann O'Neil"]
    assert found("neil ann") == ["Ann O'Neil"]
    assert found("30123456") == ["Ann O'Neil", "李雷", "王芳"]
    assert found("100% _* ?") == []
    assert found("nobody") == []


def test_a_change_is_found_by_its_new_words_only(engine: Engine) -> None:
    lead = engine.do(SaveRecord("lead", SYSTEM, {"name": "Ann", "company": "Oldname"}))
    engine.do(SaveRecord("lead", SYSTEM, {"company": "Newname"}, id=lead.id))
    assert engine.ask(ListRecords(SYSTEM, search="oldname")).total == 0
    assert [r.id for r in engine.ask(ListRecords(SYSTEM, search="newname")).items] == [lead.id]


def test_pages_cover_everything_once(engine: Engine, clock: FixedClock) -> None:
    for number in range(7):
        clock.move(timedelta(seconds=number % 2))  # some share their time
        engine.do(SaveRecord("contact", SYSTEM, {"name": f"C{number}"}))
    names, cursor = [], None
    while True:
        page = engine.ask(ListRecords(SYSTEM, kind="contact", limit=3, cursor=cursor))
        assert page.total == 7
        names += [r.name for r in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert sorted(names) == [f"C{n}" for n in range(7)]
    for made_up in ("nonsense", "2026-01-01T00:00:00~x", "0001-01-01T00:00:00+14:00~x"):
        with pytest.raises(Invalid, match="CRM-012"):
            engine.ask(ListRecords(SYSTEM, cursor=made_up))


def test_what_is_wrong_with_a_record_is_named(engine: Engine) -> None:  # H1
    with pytest.raises(BadForm, match=r"CRM-215.*name: is required"):
        engine.do(SaveRecord("lead", SYSTEM, {"company": "Acme"}))
    with pytest.raises(NotFound, match="CRM-414"):
        engine.do(SaveRecord("spaceship", SYSTEM, {}))
    engine.do(AddUser("dora", SYSTEM, "Dora", roles=("designer",)))
    dora = engine.ask(ActorNamed("dora"))
    with pytest.raises(Forbidden, match="CRM-310"):
        engine.do(SaveRecord("lead", dora, {"name": "x"}))


def test_the_kinds_are_those_of_the_pack(engine: Engine) -> None:
    kinds = {k["key"]: k for k in engine.ask(RecordKinds(SYSTEM))}
    assert {"account", "contact", "lead", "opportunity", "quote", "order", "case"} <= set(kinds)
    assert kinds["lead"]["name_zh"] == "线索"
    for kind in kinds.values():
        assert all(f["name_zh"] for f in kind["fields"])
