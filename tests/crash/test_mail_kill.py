"""Mails under ``kill -9``, on PostgreSQL with a real SMTP server: one may repeat under its Message-ID, none is lost."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from engine.app import Engine
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, AddUser, Deploy, StartInstance
from engine.domain.desk import AddComment
from engine.domain.questions import ActorNamed, CheckHealth
from engine.domain.sla_values import SaveCalendar, SavePolicy
from engine.domain.staff import ChangeTeam, ListDeliveries, SetWishes
from engine.jobs import drain
from engine.settings import Settings
from engine.store import tables as t
from tests.crash import doomed
from tests.postbox import Sink, taking
from tests.store.drawing import END, START, flow, model

pytestmark = [pytest.mark.prove, pytest.mark.postgres]
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LADDER = [{"at": "50%", "acts": [{"do": "notify", "to": ["assignee", "lead"]}]}]
#: Given to ann, who is mentioned too with wei; the rung of 13:00; what lee reads at 18:00.
MOMENTS = [MONDAY, MONDAY + timedelta(hours=4), MONDAY + timedelta(hours=9)]
MAILS = [
    ("ann@x.example", "“Call” is yours now"),
    ("ann@x.example", "Due soon: Call (50%)"),
    ("lee@x.example", "2 notifications from crmflow"),
    ("wei@x.example", "Mia 在“Call”中提到了您"),
]
MOST = 2  # mails that go out at one of these times
STEPS = 60  # statements of a worker at one of them, at most
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.crash.doomed"])


def opened(url: str, sink: Sink, at: datetime) -> Engine:
    settings = Settings(smtp_url=SecretStr(sink.url), base_url="https://crm.example")
    return Engine.open(url, clock=FixedClock(at), settings=settings)


def prepare(url: str, sink: Sink) -> None:
    """Ann reads English, wei Chinese, the lead all of a day at six; a task, and a word about it."""
    engine = opened(url, sink, MONDAY)
    engine.do(AddTeam("bench", SYSTEM, name="Bench"))
    for login, locale, zone in (
        ("ann", "en", "Europe/Berlin"),
        ("wei", "zh_Hans", "Asia/Shanghai"),
        ("lee", "en", "UTC"),
        ("mia", "en", "UTC"),
    ):
        about = {"roles": ("manager",), "teams": ("bench",), "email": f"{login}@x.example"}
        engine.do(AddUser(login, SYSTEM, name=login.title(), locale=locale, timezone=zone, **about))
    engine.do(ChangeTeam("bench", SYSTEM, lead="lee"))
    engine.do(SetWishes(engine.ask(ActorNamed("lee")), {"mail": "digest", "digest_at": "18:00"}))
    week = {n: [["09:00", "17:00"]] for n in range(5)}
    engine.do(SaveCalendar("office", {"zone": "UTC", "week": week}, SYSTEM))
    engine.do(SavePolicy("support", {"targets": {"resolve": "PT8H"}, "calendar": "office", "ladder": LADDER}, SYSTEM))
    work = (
        '<bpmn:userTask id="call" name="Call"><bpmn:extensionElements><zeebe:userTask/>'
        '<crmflow:assignment strategy="owner" user="ann" owner="ann"/>'
        '<crmflow:sla metric="resolve" policy="support"/></bpmn:extensionElements></bpmn:userTask>'
    )
    engine.do(Deploy((model("calls", START + work + END + flow("start>call", "call>end")),), SYSTEM, publish=True))
    (task,) = engine.do(StartInstance("calls", SYSTEM)).tasks
    engine.do(AddComment(task, engine.ask(ActorNamed("mia")), "@wei @lee have a look"))
    engine.close()


def played(url: str, sink: Sink, *, statement: int = 0, mail: int = 0) -> int:
    """At each moment one worker dies before that statement, or after that mail; another takes over. How many died."""
    prepare(url, sink)
    killed = 0
    for moment in MOMENTS:
        given = (url, moment.isoformat(), statement, sink.url, mail)
        workers = [FORKS.Process(target=doomed.main, args=given, daemon=True) for _ in range(2 if statement else 1)]
        for one in workers:
            one.start()
        for one in workers:
            one.join(timeout=120)
            assert one.exitcode in (0, -9)
            killed += one.exitcode == -9
        after = opened(url, sink, moment + timedelta(minutes=10))  # what the dead held is free by now
        drain(after)
        after.close()
    return killed


def check(url: str, sink: Sink) -> Counter[str]:
    """One row each, all of them sent, each mail the same however often it came; how often each came."""
    engine = opened(url, sink, MOMENTS[-1] + timedelta(days=1))
    drain(engine)
    with engine._db.connect() as conn:
        told = Counter((row.to, row.title) for row in conn.execute(t.notification.select()))
    assert set(told.values()) == {1}
    rows = engine.ask(ListDeliveries(SYSTEM)).items
    assert len(rows) == len(told)
    assert {row.state for row in rows} == {"sent"}
    came = Counter(str(mail["Message-ID"]) for mail in sink.got)
    assert set(came) == {row.message_id for row in rows}
    alike = {(mail["Message-ID"], mail["To"], mail["Subject"], str(mail.get_body(("plain",)))) for mail in sink.got}
    assert sorted((to, subject) for _, to, subject, _ in alike) == sorted(MAILS), "none lost, none told in two ways"
    assert engine.ask(CheckHealth(SYSTEM)) == ()
    engine.close()
    return came


@pytest.mark.timeout(3000)
def test_a_worker_killed_after_sending_repeats_that_mail_only(server, postgres_template, many):
    for mail in range(1, many(1, MOST) + 1):
        url = server.fresh(template=postgres_template)
        try:
            with taking() as sink:
                killed = played(url, sink, mail=mail)
                came = check(url, sink)
        finally:
            server.drop(url)
        assert killed == (len(MOMENTS) if mail == 1 else 1)
        assert sorted(came.values()) == [1] * (len(MAILS) - killed) + [2] * killed


@pytest.mark.prove(only=True)
@pytest.mark.timeout(3000)
def test_no_mail_is_lost_wherever_two_workers_are_killed(server, postgres_template):
    killed = 0
    for statement in range(3, STEPS + 1, 3):
        url = server.fresh(template=postgres_template)
        try:
            with taking() as sink:
                killed += played(url, sink, statement=statement)
                check(url, sink)
        finally:
            server.drop(url)
    assert killed >= STEPS // 3, "hardly anybody died: the test shows little"
