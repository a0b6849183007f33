"""Users, teams, roles, log-in and tokens, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.app import Engine
from engine.domain.access import SYSTEM, Right, Role
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, AddUser, ChangeUser, GrantRole, IssueToken, LogIn, RevokeToken
from engine.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from engine.domain.questions import ActorNamed, ActorOfToken, ListPeople

SECRET = "a long enough one"


def test_teams_reach_upwards_through_all_levels(engine: Engine) -> None:  # G2
    engine.do(AddTeam("emea", SYSTEM, "EMEA"))
    engine.do(AddTeam("sales", SYSTEM, "Sales", parent="emea"))
    engine.do(AddTeam("inside", SYSTEM, "Inside sales", parent="sales"))
    engine.do(AddUser("alice", SYSTEM, "Alice", roles=("employee",), teams=("inside",)))

    alice = engine.ask(ActorNamed("alice"))

    assert alice.teams == {"inside", "sales", "emea"}
    assert alice.roles == {Role.EMPLOYEE}
    assert Right.TASK_WORK in alice.rights


def test_a_ring_of_teams_is_refused(engine: Engine) -> None:
    engine.do(AddTeam("a", SYSTEM, "A"))
    engine.do(AddTeam("b", SYSTEM, "B", parent="a"))
    with pytest.raises(Forbidden, match="CRM-314"):
        engine.do(AddTeam("c", SYSTEM, "C", parent="b", members=("a",)))


def test_log_in_with_the_password_only(engine: Engine) -> None:
    engine.do(AddUser("alice", SYSTEM, "Alice", password=SECRET))
    assert engine.do(LogIn("Alice", SECRET)).id == "alice"
    for login, password in (("alice", "wrong password"), ("nobody", SECRET), ("alice", "")):
        with pytest.raises(Unauthenticated, match="CRM-301"):
            engine.do(LogIn(login, password))


def test_a_new_password_and_leaving_end_sessions(engine: Engine) -> None:  # H8
    engine.do(AddUser("alice", SYSTEM, "Alice", password=SECRET))
    before = engine.ask(ActorNamed("alice")).stamp
    engine.do(ChangeUser("alice", engine.ask(ActorNamed("alice")), password="another good one"))
    assert engine.ask(ActorNamed("alice")).stamp > before
    engine.do(ChangeUser("alice", SYSTEM, active=False))
    with pytest.raises(Unauthenticated, match="CRM-302"):
        engine.ask(ActorNamed("alice"))
    with pytest.raises(Unauthenticated, match="CRM-301"):
        engine.do(LogIn("alice", "another good one"))


def test_only_who_may_manages_people(engine: Engine) -> None:  # H2, K1
    engine.do(AddUser("eve", SYSTEM, "Eve", roles=("employee",)))
    eve = engine.ask(ActorNamed("eve"))
    for command in (
        AddUser("mallory", eve, "Mallory"),
        AddTeam("evil", eve, "Evil"),
        GrantRole("eve", "administrator", eve),
        ChangeUser("eve", eve, active=True),
        IssueToken("alice", eve),
    ):
        with pytest.raises(Forbidden, match="CRM-310"):
            engine.do(command)
    assert engine.do(ChangeUser("eve", eve, locale="zh_Hans")).locale == "zh_Hans"


def test_tokens_work_until_they_expire_or_are_revoked(engine: Engine, clock: FixedClock) -> None:
    engine.do(AddTeam("sales", SYSTEM, "Sales"))
    engine.do(AddUser("robot", SYSTEM, "Robot", roles=("employee",), teams=("sales",)))
    day = engine.do(IssueToken("robot", SYSTEM, expires_at=clock.now() + timedelta(days=1)))
    ever = engine.do(IssueToken("robot", SYSTEM))
    assert engine.ask(ActorOfToken(day)).teams == {"sales"}
    clock.move(timedelta(days=2))
    with pytest.raises(Unauthenticated, match="CRM-303"):
        engine.ask(ActorOfToken(day))
    assert engine.ask(ActorOfToken(ever)).id == "robot"
    with pytest.raises(NotFound, match="CRM-413"):
        engine.do(RevokeToken("0000000000000000", SYSTEM))


def test_what_is_wrong_is_named(engine: Engine) -> None:
    engine.do(AddUser("alice", SYSTEM, "Alice"))
    with pytest.raises(Conflict, match="CRM-220"):
        engine.do(AddUser("alice", SYSTEM, "Another Alice"))
    for command, code in (
        (AddUser("Bad Login", SYSTEM, "x"), "CRM-024"),
        (AddUser("bob", SYSTEM, "x", password="short"), "CRM-025"),
        (AddUser("bob", SYSTEM, "x", timezone="Mars/Base"), "CRM-026"),
        (AddUser("bob", SYSTEM, "x", roles=("emperor",)), "CRM-027"),
    ):
        with pytest.raises(Invalid, match=code):
            engine.do(command)
    with pytest.raises(NotFound, match="CRM-411"):
        engine.do(AddUser("bob", SYSTEM, "x", teams=("nowhere",)))


def test_people_are_listed_page_by_page(engine: Engine) -> None:
    engine.do(AddTeam("sales", SYSTEM, "Sales"))
    for login in ("ann", "bob", "cai"):
        engine.do(AddUser(login, SYSTEM, login.title(), teams=("sales",)))
    first = engine.ask(ListPeople(SYSTEM, kind="user", limit=2))
    assert [p.id for p in first.items] == ["ann", "bob"]
    assert first.total == 3
    rest = engine.ask(ListPeople(SYSTEM, kind="user", limit=2, cursor=first.next))
    assert [(p.id, p.teams) for p in rest.items] == [("cai", ("sales",))]
    assert rest.next is None
    team = engine.ask(ListPeople(SYSTEM, kind="team")).items[0]
    assert team.members == ("ann", "bob", "cai")
    assert [p.id for p in engine.ask(ListPeople(SYSTEM, search="BO")).items] == ["bob"]
