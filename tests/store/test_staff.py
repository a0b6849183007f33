"""People beyond log-in on both databases: capacity, skills, absences, imports, feeds, what was sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.domain.access import SYSTEM
from engine.domain.commands import AddTeam, AddUser
from engine.domain.errors import Forbidden, Invalid, NotFound
from engine.domain.questions import ActorNamed, GetAudit
from engine.domain.staff import (
    AddAbsence,
    ChangePerson,
    ChangeTeam,
    EndAbsence,
    FindPeople,
    GetPerson,
    ImportPeople,
    MakeFeed,
    ReadFeed,
    SetWishes,
    TeamNames,
    Workload,
)
from engine.store.tables import principal

UTC_DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def crew(engine: Any) -> Any:
    engine.do(AddTeam("sales", SYSTEM, "Sales Nord"))
    for login in ("ann", "ben", "mia"):
        engine.do(AddUser(login, SYSTEM, login.title(), roles=("employee",), teams=("sales",)))
    engine.do(ChangeTeam("sales", SYSTEM, lead="mia"))
    return engine


def test_what_a_person_can_take_and_do(crew: Any) -> None:
    skills = {"german": 3, "billing": 5}
    crew.do(ChangePerson("ann", SYSTEM, weight=60, most=12, languages=("de",), territories=("eu",), skills=skills))
    found = crew.do(ChangePerson("ann", SYSTEM, manager="mia"))
    assert (found.weight, found.most, found.languages, found.territories) == (60, 12, ("de",), ("eu",))
    assert found.skills == skills
    assert found.team_names == {"sales": "Sales Nord"}
    assert crew.ask(GetPerson("mia", SYSTEM)).reports == ("ann",)
    assert crew.do(ChangePerson("ann", SYSTEM, most=-1, teams=())).most is None
    assert crew.ask(TeamNames(SYSTEM)) == {"sales": "Sales Nord"}


@pytest.mark.parametrize(
    "wrong", [{"weight": 0}, {"most": -2}, {"skills": {"x": 6}}, {"calendar": "nowhere"}, {"skills": {"": 1}}]
)
def test_values_out_of_bounds_are_refused(crew: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="CRM-091"):
        crew.do(ChangePerson("ann", SYSTEM, **wrong))


def test_the_reporting_line_has_no_ring(crew: Any) -> None:
    crew.do(ChangePerson("ann", SYSTEM, manager="mia"))
    with pytest.raises(Forbidden, match="CRM-314"):
        crew.do(ChangePerson("mia", SYSTEM, manager="ann"))


def test_only_who_may_notes_absences(crew: Any, clock: Any) -> None:
    ann, ben, mia = (crew.ask(ActorNamed(login)) for login in ("ann", "ben", "mia"))
    now = clock.now()
    week = (now, now + timedelta(days=5))
    own = crew.do(AddAbsence("ann", ann, *week, delegate="ben"))
    crew.do(AddAbsence("ben", mia, *week))  # her team's
    with pytest.raises(Forbidden, match="CRM-310"):
        crew.do(AddAbsence("ann", ben, *week))
    with pytest.raises(Invalid, match="CRM-092"):
        crew.do(AddAbsence("ann", ann, now, now))
    with pytest.raises(Invalid, match="CRM-092"):
        crew.do(AddAbsence("ann", ann, *week, delegate="ann"))
    assert [a.delegate for a in crew.ask(GetPerson("ann", ann)).absences] == ["ben"]
    crew.do(EndAbsence(own.id, ann))
    assert crew.ask(GetPerson("ann", ann)).absences == ()
    with pytest.raises(NotFound, match="CRM-421"):
        crew.do(EndAbsence("0000000000000000", ann))


def test_a_few_letters_find_the_one_among_ten_thousand(crew: Any) -> None:
    ann = crew.ask(ActorNamed("ann"))
    with crew._db.begin() as conn:
        blank = {"kind": "user", "active": True, "roles": [], "locale": "en", "timezone": "UTC", "stamp": 0}
        many = [{**blank, "id": f"u{n}", "name": f"Lina Li {n}", "created_at": UTC_DAY} for n in range(600)]
        own = [("zz-li", "Li"), ("wang", "王丽娜"), ("gone", "Li Gone")]
        rest = [{**blank, "id": login, "name": name, "created_at": UTC_DAY} for login, name in own]
        conn.execute(principal.insert(), [*many, *rest])
        conn.execute(principal.update().where(principal.c.id == "gone").values(active=False))
    find = lambda text, **more: [one.said for one in crew.ask(FindPeople(ann, text, **more))]  # noqa: E731
    assert find("li", limit=3) == ["zz-li", "u0", "u1"], "who is called so comes first, then who begins so"
    assert find("丽娜") == ["wang"]
    assert find("LI 599") == ["u599"]
    assert "gone" not in find("li gone")
    assert find("nord", kind="team") == find("nord") == ["team:sales"]
    assert find("nord", kind="user") == []
    assert len(find("", limit=9_999)) == 500


def test_denied_attempts_are_audited(crew: Any) -> None:
    ben = crew.ask(ActorNamed("ben"))
    with pytest.raises(Forbidden, match="CRM-310"):
        crew.do(ChangePerson("ben", ben, weight=1))
    last = crew.ask(GetAudit(SYSTEM)).items
    denied = [row for row in last if row.action == "denied"]
    assert [(row.by, row.target, row.detail["right"]) for row in denied] == [("ben", "ChangePerson", "people.manage")]


ROWS = (
    (1, {"login": "zoe", "name": "Zoe", "roles": "employee", "teams": "support", "skills": "german:3;billing",
         "weight": "50", "manager": "kim", "timezone": "Europe/Berlin"}),
    (2, {"login": "kim", "name": "Kim", "roles": "manager;employee", "teams": "support"}),
    (3, {"kind": "team", "key": "support", "name": "Support", "lead": "kim", "teams": "sales"}),
    (4, {"login": "bad", "weight": "many", "name": "Bad"}),
    (5, {"login": "", "name": "Nobody"}),
    (6, {"login": "eve", "timezone": "Mars/Base"}),
)  # fmt: skip


def test_people_are_imported_once_and_bad_rows_are_put_aside(crew: Any) -> None:
    first = crew.do(ImportPeople("people.csv", "f" * 16, ROWS, SYSTEM))
    assert (first.created, first.updated, first.unchanged, first.quarantined) == (3, 0, 0, 3)
    assert {n: why[:7] for n, why in first.reasons.items()} == {4: "CRM-093", 5: "CRM-093", 6: "CRM-026"}
    zoe = crew.ask(GetPerson("zoe", SYSTEM))
    assert (zoe.weight, dict(zoe.skills), zoe.row.manager) == (50, {"german": 3, "billing": 1}, "kim")
    assert crew.ask(ActorNamed("zoe")).teams == {"support", "sales"}
    again = crew.do(ImportPeople("people.csv", "f" * 16, ROWS, SYSTEM))
    assert (again.created, again.updated, again.unchanged, again.quarantined) == (0, 0, 3, 3)
    changed = crew.do(ImportPeople("new.csv", "e" * 16, ((1, {"login": "zoe", "weight": "80"}),), SYSTEM))
    assert (changed.updated, crew.ask(GetPerson("zoe", SYSTEM)).weight) == (1, 80)
    with pytest.raises(Invalid, match="CRM-093"):
        crew.do(ImportPeople("odd.csv", "d" * 16, ((1, {"login": "zoe", "shoe size": "44"}),), SYSTEM))


def test_a_bad_row_leaves_no_half_person(crew: Any) -> None:
    crew.do(ImportPeople("people.csv", "f" * 16, ROWS, SYSTEM))
    from engine.store.tables import principal

    with crew._db.connect() as conn:
        logins = set(conn.scalars(select(principal.c.id)))
    assert logins.isdisjoint({"eve", "bad"})


def test_wishes_are_kept_and_their_bounds(crew: Any) -> None:
    ann = crew.ask(ActorNamed("ann"))
    wishes = {"mail": "digest", "quiet": ["20:00", "07:30"], "digest_at": "07:00", "off": ["assigned"]}
    assert crew.do(SetWishes(ann, wishes)).tell["mail"] == "digest"
    assert crew.ask(GetPerson("ann", crew.ask(ActorNamed("ben")))).tell == {}, "others need not know"
    # A zone of its own could not be compared with the reader's clock: every command that tells them would fail.
    zoned = {"quiet": ["20:00+01:00", "07:30"]}
    bad = ({"mail": "pigeon"}, {"quiet": ["25:00", "07:00"]}, zoned, {"webhook": "ftp://x"}, {"digest_at": "soon"})
    for wrong in bad:
        with pytest.raises(Invalid, match="CRM-090"):
            crew.do(SetWishes(ann, wrong))


def test_a_feed_opens_with_its_secret_only(crew: Any) -> None:
    ann = crew.ask(ActorNamed("ann"))
    old, new = crew.do(MakeFeed(ann)), crew.do(MakeFeed(ann))
    assert crew.ask(ReadFeed(new)).startswith("BEGIN:VCALENDAR\r\n")
    for wrong in (old, "", "ann"):
        with pytest.raises(NotFound, match="CRM-422"):
            crew.ask(ReadFeed(wrong))


def test_the_workload_is_the_leads_and_managers(crew: Any) -> None:
    mia, ben = crew.ask(ActorNamed("mia")), crew.ask(ActorNamed("ben"))
    assert [row.login for row in crew.ask(Workload(mia))] == ["ann", "ben", "mia"]
    assert [row.login for row in crew.ask(Workload(mia, "sales"))] == ["ann", "ben", "mia"]
    with pytest.raises(Forbidden, match="CRM-310"):
        crew.ask(Workload(ben, "sales"))
