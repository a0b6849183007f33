"""Telling people by a real SMTP server: in their language and zone, one row each, once, and never at night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from engine import connectors
from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, AddUser, ClaimJobs, Deploy, StartInstance
from engine.domain.questions import ActorNamed, ListNotifications
from engine.domain.staff import ListDeliveries, ReportBounce, SetWishes
from engine.jobs import runner
from engine.settings import Settings
from engine.store.tables import notification
from engine.store.tables_people import delivery
from tests.postbox import Sink, taking
from tests.store.drawing import END, START, flow, model


@pytest.fixture
def sink() -> Iterator[Sink]:
    with taking() as sink:
        yield sink


@pytest.fixture
def house(database_url: str, clock: Any, sink: Any) -> Iterator[Engine]:
    """Ann in Berlin reads English, Wei in Shanghai Chinese; the lead's box does not exist."""
    url = SecretStr(sink.url)
    engine = Engine.open(database_url, clock=clock, settings=Settings(smtp_url=url, base_url="https://crm.example"))
    engine.do(AddTeam("bench", SYSTEM, "Bench"))
    for login, locale, zone, box in (
        ("ann", "en", "Europe/Berlin", "ann@x.example"),
        ("wei", "zh_Hans", "Asia/Shanghai", "wei@x.example"),
        ("lee", "en", "UTC", "gone@x.example"),
    ):
        about = {"locale": locale, "timezone": zone, "email": box, "roles": ("employee",), "teams": ("bench",)}
        engine.do(AddUser(login, SYSTEM, login.title(), **about))
    inner = (
        START
        + '<bpmn:userTask id="call" name="Call them"><bpmn:extensionElements><zeebe:userTask/>'
        + '<crmflow:assignment strategy="owner" user="=who" owner="=who"/>'
        + '<zeebe:taskSchedule dueDate="2026-03-02T15:30:00Z"/></bpmn:extensionElements></bpmn:userTask>'
        + END
        + flow("start>call", "call>end")
    )
    engine.do(Deploy((model("calls", inner),), SYSTEM, publish=True))
    yield engine
    engine.close()


@pytest.fixture
def give(house: Engine) -> Callable[[str], None]:
    def start(login: str) -> None:
        house.do(StartInstance("calls", SYSTEM, variables={"who": login}))
        runner.drain(house)

    return start


def states(house: Engine, login: str) -> list[str]:
    return [row.state for row in house.ask(ListDeliveries(SYSTEM, login)).items]


def test_everybody_reads_their_language_and_zone(house: Engine, sink: Any, give: Any) -> None:  # G1
    give("ann")
    give("wei")
    ann, wei = sink.got
    assert (ann["To"], ann["Subject"]) == ("ann@x.example", "“Call them” is yours now")
    assert (wei["To"], wei["Subject"]) == ("wei@x.example", "“Call them”现由您处理")
    english, chinese = (mail.get_body(("plain",)).get_content() for mail in (ann, wei))
    assert "Due: Mar 2, 2026, 4:30:00\u202fPM (Europe/Berlin)" in english
    assert "截止：2026年3月2日 23:30:00（Asia/Shanghai）" in chinese
    assert "https://crm.example/tasks/" in english
    for mail, lang in ((ann, "en"), (wei, "zh-Hans")):
        assert f'<html lang="{lang}">' in mail.get_body(("html",)).get_content()
    assert len({mail["Message-ID"] for mail in sink.got}) == 2
    with house._db.connect() as conn:
        assert conn.scalar(select(func.count()).select_from(notification)) == 2
        assert conn.scalar(select(func.count()).select_from(delivery)) == 2
    assert states(house, "ann") == states(house, "wei") == ["sent"]


def test_a_kill_between_sending_and_committing_repeats_the_same_mail(
    house: Engine, sink: Any, clock: Any, give: Any
) -> None:
    """The worker that sent the mail is gone before it says so; the next one sends it under the same Message-ID."""
    house.do(StartInstance("calls", SYSTEM, variables={"who": "ann"}))
    lease = timedelta(minutes=1)
    (note,) = house.do(ClaimJobs(SYSTEM, 5, lease, runner.SERVED))
    runner.work(house, note)
    (mail,) = house.do(ClaimJobs(SYSTEM, 5, lease, runner.SERVED))
    connectors.run(mail.type, mail.payload, house.settings)  # sent, and killed here
    assert states(house, "ann") == ["waiting"]
    clock.move(timedelta(minutes=2))
    runner.drain(house)
    assert [m["Message-ID"] for m in sink.got] == [sink.got[0]["Message-ID"]] * 2
    assert states(house, "ann") == ["sent"]
    assert len(house.ask(ListNotifications(house.ask(ActorNamed("ann")))).items) == 1


def test_quiet_hours_wait_for_the_morning(house: Engine, sink: Any, clock: Any, give: Any) -> None:
    house.do(SetWishes(house.ask(ActorNamed("wei")), {"quiet": ["16:00", "08:30"]}))  # 17:00 in Shanghai now
    give("wei")
    assert (sink.got, states(house, "wei")) == ([], ["waiting"])
    assert len(house.ask(ListNotifications(house.ask(ActorNamed("wei")))).items) == 1, "in the app at once"
    clock.move(timedelta(hours=15, minutes=29))
    runner.drain(house)
    assert sink.got == []
    clock.move(timedelta(minutes=1))
    runner.drain(house)
    assert len(sink.got) == 1


def test_a_digest_is_one_mail(house: Engine, sink: Any, clock: Any, give: Any) -> None:
    house.do(SetWishes(house.ask(ActorNamed("ann")), {"mail": "digest", "digest_at": "18:00"}))
    give("ann")
    give("ann")
    assert states(house, "ann") == ["digest", "digest"]
    clock.move(timedelta(hours=8))  # 18:00 in Berlin
    runner.drain(house)
    (mail,) = sink.got
    assert mail["Subject"] == "2 notifications from crmflow"
    assert mail.get_body(("plain",)).get_content().count("“Call them” is yours now") == 2
    assert states(house, "ann") == ["sent", "sent"]
    clock.move(timedelta(days=2))
    runner.drain(house)
    assert len(sink.got) == 1


def test_who_wants_no_mail_gets_none(house: Engine, sink: Any, give: Any) -> None:
    house.do(SetWishes(house.ask(ActorNamed("ann")), {"mail": "off"}))
    house.do(SetWishes(house.ask(ActorNamed("wei")), {"off": ["assigned"]}))
    give("ann")
    give("wei")
    assert sink.got == []


def test_failures_and_bounces_are_visible(house: Engine, sink: Any, give: Any) -> None:
    give("lee")
    give("ann")
    (failed,) = house.ask(ListDeliveries(SYSTEM, failed=True)).items
    assert (failed.to, failed.state) == ("lee", "failed")
    assert "CRM-718" in str(failed.error)
    sent = house.ask(ListDeliveries(SYSTEM, "ann")).items[0]
    assert sent.message_id == sink.got[0]["Message-ID"]
    assert house.do(ReportBounce(str(sent.message_id), SYSTEM, "mailbox full")) == 1
    (bounced,) = house.ask(ListDeliveries(house.ask(ActorNamed("ann")), "ann")).items
    assert (bounced.state, bounced.error) == ("bounced", "mailbox full")
