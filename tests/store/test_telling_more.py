"""Telling many at once, signed webhooks, failures that are sent again; delegation and absences as others see them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from bench.measure import recording
from engine.app import Engine
from engine.connectors.webhook import body_of
from engine.domain.access import SYSTEM, Actor
from engine.domain.commands import (
    AddTeam,
    AddUser,
    ChangeUser,
    ClaimJobs,
    ClaimTask,
    Deploy,
    FailJob,
    ReassignTask,
    ReleaseTask,
    StartInstance,
)
from engine.domain.desk import AddComment, DelegateTask, FollowTask, GetDesk, ResolveTask
from engine.domain.errors import Conflict, Forbidden, Invalid, NotFound
from engine.domain.questions import ActorNamed, ListIncidents, ListNotifications
from engine.domain.staff import (
    AddAbsence,
    ChangePerson,
    ChangeTeam,
    GetPerson,
    ListDeliveries,
    SendAgain,
    SetWishes,
    Workload,
)
from engine.jobs import runner
from engine.services import notes
from engine.settings import Settings
from engine.store.tables import principal
from tests.store.drawing import END, START, flow, model, user

LEASE = timedelta(minutes=5)


@pytest.fixture
def house(database_url: str, clock: Any) -> Any:
    """A team of three whose mails and webhooks may leave the house; nobody takes them yet."""
    settings = Settings(
        smtp_url=SecretStr("smtp://127.0.0.1:9"), base_url="https://crm.example", allow_hosts="hooks.example"
    )
    engine = Engine.open(database_url, clock=clock, settings=settings)
    engine.do(AddTeam("bench", SYSTEM, "Bench"))
    for login in ("ann", "ben", "cai"):
        about = {"roles": ("employee",), "teams": ("bench",), "email": f"{login}@x.example"}
        engine.do(AddUser(login, SYSTEM, login.title(), **about))
    engine.do(Deploy((model("one", START + user("work") + END + flow("start>work", "work>end")),), SYSTEM, True))
    yield engine
    engine.close()


@pytest.fixture
def who(house: Engine) -> Callable[[str], Actor]:
    return lambda login: house.ask(ActorNamed(login))


@pytest.fixture
def work(house: Engine, who: Any) -> str:
    """A task that ann has."""
    (task_id,) = house.do(StartInstance("one", SYSTEM)).tasks
    return house.do(ClaimTask(task_id, who("ann"))).id


def told(house: Engine, login: str) -> None:
    with house._db.begin() as conn:
        notes.tell(house._context(conn), [login], "News", "Something happened")


def jobs(house: Engine, kind: str) -> list[Any]:
    return list(house.do(ClaimJobs(SYSTEM, 50, LEASE, (kind,))))


@pytest.mark.parametrize("wishes", [{}, {"mail": "digest"}, {"webhook": "https://hooks.example/x"}])
def test_a_comment_costs_as_much_for_twenty_followers_as_for_two(
    house: Engine, who: Any, work: str, wishes: dict[str, Any]
) -> None:
    house.do(AddComment(work, who("ann"), "@ben"))  # who is mentioned follows from now on
    costs = []
    for crowd in (2, 20):
        for number in range(crowd):
            login = f"f{crowd}-{number}"
            house.do(AddUser(login, SYSTEM, login, roles=("manager",), email=f"{login}@x.example"))
            house.do(SetWishes(who(login), wishes))
            house.do(FollowTask(work, who(login)))
        with recording() as tape:
            house.do(AddComment(work, who("ann"), "Look at this, @ben"))
        costs.append(tape.statements)
    assert costs[0] == costs[1], "a statement per follower"


def test_comments_are_told_in_the_readers_language(house: Engine, who: Any, work: str) -> None:
    for login, locale in (("ben", "zh_Hans"), ("cai", "en")):
        house.do(ChangeUser(login, SYSTEM, locale=locale))
    house.do(FollowTask(work, who("ben")))
    house.do(FollowTask(work, who("cai")))
    house.do(ChangeUser("cai", SYSTEM, active=False))
    house.do(AddComment(work, who("ann"), "Nearly done"))
    (note,) = house.ask(ListNotifications(who("ben"))).items
    assert note.title == "Ann 评论了“Work”"
    house.do(ChangeUser("cai", SYSTEM, active=True))
    assert house.ask(ListNotifications(who("cai"))).items == (), "who has left is not told"


def test_a_notifications_webhook_is_signed_the_same_at_every_retry(house: Engine, who: Any, clock: Any) -> None:
    house.do(SetWishes(who("ann"), {"webhook": "https://hooks.example/ann"}))
    key = house.ask(GetPerson("ann", who("ann"))).tell["key"]
    told(house, "ann")
    sent = []
    for _ in range(2):
        (each,) = jobs(house, "webhook")
        given = each.payload["input"]
        sent.append((body_of(given["event"], given["data"], each.id), given["signature"], each.payload["job"]))
        house.do(FailJob(each.id, each.fence, SYSTEM, "no answer"))
        clock.move(timedelta(hours=1))
    assert sent[0] == sent[1]
    body, signature, job_id = sent[0]
    seconds, _, digest = signature.removeprefix("t=").partition(",v1=")
    assert digest == hmac.new(key.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    assert json.loads(body)["id"] == job_id
    assert key not in json.dumps(each.payload), "jobs hold no secrets"


def test_the_secret_is_its_owners_and_ends_with_the_address(house: Engine, who: Any) -> None:
    house.do(SetWishes(who("ann"), {"webhook": "https://hooks.example/ann"}))
    first = house.ask(GetPerson("ann", who("ann"))).tell["key"]
    assert "key" not in house.ask(GetPerson("ann", SYSTEM)).tell
    assert house.ask(GetPerson("ann", who("ben"))).tell == {}
    same = house.do(SetWishes(who("ann"), {"webhook": "https://hooks.example/ann", "mail": "off"})).tell
    assert same["key"] == first
    renewed = house.do(SetWishes(who("ann"), {"webhook": "https://hooks.example/ann", "new_key": True})).tell["key"]
    other = house.do(SetWishes(who("ann"), {"webhook": "https://hooks.example/else"})).tell["key"]
    assert len({first, renewed, other}) == 3


def test_a_mail_that_failed_is_sent_again_to_the_address_of_now(house: Engine, who: Any) -> None:
    told(house, "ann")
    (mail,) = jobs(house, "mail")
    house.do(FailJob(mail.id, mail.fence, SYSTEM, "CRM-718 no such box", final=True))
    (failed,) = house.ask(ListDeliveries(who("ann"), "ann", failed=True)).items
    assert (failed.state, len(house.ask(ListIncidents(SYSTEM)).items)) == ("failed", 1)
    with pytest.raises(NotFound, match="CRM-437"):
        house.do(SendAgain(failed.id, who("ben")))
    house.do(ChangeUser("ann", SYSTEM, email="ann@new.example"))
    assert house.do(SendAgain(failed.id, who("ann"))) == 1
    assert house.ask(ListIncidents(SYSTEM)).items == (), "its incident is solved"
    (again,) = jobs(house, "mail")
    assert (again.payload["input"]["to"], again.payload["input"]["subject"]) == ("ann@new.example", "News")
    for _ in range(2):
        with pytest.raises(Conflict, match="CRM-225"):
            house.do(SendAgain(failed.id, who("ann")))


def test_a_digest_without_a_mailbox_has_failed_and_blocks_no_other(house: Engine, who: Any, clock: Any) -> None:
    house.do(SetWishes(who("ann"), {"mail": "digest", "digest_at": "12:00"}))
    told(house, "ann")
    told(house, "ann")
    with house._db.begin() as conn:
        conn.execute(update(principal).where(principal.c.id == "ann").values(email=None))
    clock.move(timedelta(days=1))
    runner.drain(house)
    rows = house.ask(ListDeliveries(SYSTEM, "ann", failed=True)).items
    assert [(row.state, row.error) for row in rows] == [("failed", "no mail address")] * 2
    with pytest.raises(Invalid, match="CRM-098"):
        house.do(SendAgain(rows[0].id, SYSTEM))
    house.do(ChangeUser("ann", SYSTEM, email="ann@x.example"))
    told(house, "ann")
    assert [row.state for row in house.ask(ListDeliveries(SYSTEM, "ann")).items] == ["digest", "failed", "failed"]
    clock.move(timedelta(days=1))
    (digest,) = jobs(house, "crmflow:digest")
    assert digest.payload["login"] == "ann"


def test_a_digest_is_dropped_for_who_wants_no_mail_any_more(house: Engine, who: Any, clock: Any) -> None:
    house.do(SetWishes(who("ann"), {"mail": "digest", "digest_at": "12:00"}))
    told(house, "ann")
    house.do(SetWishes(who("ann"), {"mail": "off"}))
    clock.move(timedelta(days=1))
    runner.drain(house)
    assert (house.ask(ListDeliveries(SYSTEM, "ann")).items, jobs(house, "mail")) == ((), [])


# --- delegation ends with its assignee --------------------------------------------------------------


@pytest.mark.parametrize("change", [lambda t, by: ReassignTask(t, "cai", by), lambda t, by: ReleaseTask(t, by)])
def test_reassigning_and_releasing_end_a_delegation(house: Engine, who: Any, work: str, change: Any) -> None:
    house.do(DelegateTask(work, "ben", who("ann")))
    if house.do(change(work, who("ben"))).assignee is None:
        house.do(ClaimTask(work, who("cai")))
    assert house.ask(GetDesk(work, SYSTEM)).delegated_by is None
    with pytest.raises(Conflict, match="CRM-216"):
        house.do(ResolveTask(work, who("cai")))


def test_a_task_that_is_delegated_back_is_not_owed_to_oneself(house: Engine, who: Any, work: str) -> None:
    house.do(DelegateTask(work, "ben", who("ann")))
    house.do(DelegateTask(work, "cai", who("ben")))
    assert house.ask(GetDesk(work, SYSTEM)).delegated_by == "ann"
    house.do(DelegateTask(work, "ann", who("cai")))
    assert house.ask(GetDesk(work, SYSTEM)).delegated_by is None


def test_who_stands_in_owes_a_delegated_task_to_the_same_person(house: Engine, who: Any, work: str, clock: Any) -> None:
    house.do(DelegateTask(work, "ben", who("ann")))
    clock.move(timedelta(minutes=1))
    away = {"delegate": "cai", "hand_over": True}
    house.do(AddAbsence("ben", SYSTEM, clock.now(), clock.now() + timedelta(days=1), **away))
    runner.drain(house)
    assert house.ask(GetDesk(work, SYSTEM)).delegated_by == "ann"
    assert house.do(ResolveTask(work, who("cai"))).assignee == "ann"


# --- absences: what others see ----------------------------------------------------------------------


def test_why_somebody_is_away_is_theirs_and_their_managers(house: Engine, who: Any, clock: Any) -> None:
    house.do(AddUser("mia", SYSTEM, "Mia", roles=("employee",)))  # ann's manager
    house.do(AddUser("lea", SYSTEM, "Lea", roles=("employee",)))  # leads the team above ann's
    house.do(AddUser("max", SYSTEM, "Max", roles=("manager",)))  # manages tasks, not people
    house.do(ChangePerson("ann", SYSTEM, manager="mia"))
    house.do(AddTeam("all", SYSTEM, "All", lead="lea"))
    house.do(ChangeTeam("bench", SYSTEM, parents=("all",)))
    until = clock.now() + timedelta(days=3)
    house.do(AddAbsence("ann", SYSTEM, clock.now(), until, reason="operation"))
    seen = {}
    for login in ("ann", "mia", "lea", "ben", "max"):
        (row,) = house.ask(GetPerson("ann", who(login))).absences
        assert row.until == until
        seen[login] = row.reason
    assert seen == {"ann": "operation", "mia": "operation", "lea": "operation", "ben": "", "max": ""}
    assert house.ask(GetPerson("ann", SYSTEM)).absences[0].reason == "operation"
    for login, reason in (("max", ""), ("lea", "operation")):
        row = next(row for row in house.ask(Workload(who(login))) if row.login == "ann")
        assert row.away is not None
        assert row.away.reason == reason
    house.do(AddAbsence("ben", who("lea"), clock.now(), until))  # of a team in hers
    with pytest.raises(Forbidden):
        house.do(AddAbsence("mia", who("lea"), clock.now(), until))


def test_a_lead_sees_their_teams_people_only(house: Engine, who: Any) -> None:
    house.do(AddTeam("north", SYSTEM, "North"))
    house.do(AddTeam("nested", SYSTEM, "Nested", parent="north"))
    house.do(AddUser("dan", SYSTEM, "Dan", roles=("employee",), teams=("nested",)))
    house.do(AddUser("lea", SYSTEM, "Lea", roles=("employee",)))
    assert not who("lea").leads
    house.do(ChangeTeam("north", SYSTEM, lead="lea"))
    lea = who("lea")
    assert lea.leads
    assert [row.login for row in house.ask(Workload(lea))] == ["dan"]
    assert [row.login for row in house.ask(Workload(lea, "nested"))] == ["dan"]
    for team in ("bench", "nowhere"):
        with pytest.raises(Forbidden, match="CRM-310"):
            house.ask(Workload(lea, team))
