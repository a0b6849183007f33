"""People who leave, calendars that programs read strictly, wrong files and wrong hands: nothing is lost or broken."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.domain.access import SYSTEM, Actor
from engine.domain.commands import (
    AddTeam,
    AddUser,
    ChangeUser,
    ClaimTask,
    Deploy,
    GrantRole,
    ReassignTask,
    StartInstance,
)
from engine.domain.desk import RescheduleTask
from engine.domain.errors import Conflict, Forbidden, NotFound
from engine.domain.questions import ActorNamed, GetTask
from engine.domain.staff import (
    AddAbsence,
    ChangePerson,
    ChangeTeam,
    EndFeed,
    GetPerson,
    ImportPeople,
    MakeFeed,
    MoveWork,
    ReadFeed,
    Workload,
)
from engine.jobs.runner import drain
from engine.store.moves import change_tasks
from tests.store.drawing import END, START, flow, model, user

NASTY = '维克托; Umbruch, \\ 引号" \x07' + "Straße🏳️‍🌈" * 20 + "\r\nsecond\u2028line"


@pytest.fixture
def crew(engine: Any, bench: str) -> Any:
    for login in ("ann", "ben", "cai"):
        engine.do(AddUser(login, SYSTEM, login.title(), roles=("employee",), teams=(bench,)))
    file = model("job", START + user("work") + END + flow("start>work", "work>end"))
    engine.do(Deploy((file,), SYSTEM, publish=True))
    return engine


def who(engine: Any, login: str) -> Actor:
    return engine.ask(ActorNamed(login))


def task_of(engine: Any, login: str) -> str:
    (task_id,) = engine.do(StartInstance("job", SYSTEM)).tasks
    return engine.do(ClaimTask(task_id, who(engine, login))).id


# --- who leaves -------------------------------------------------------------------------------------


def test_the_work_of_who_is_deactivated_goes_back_to_whom_it_was_offered(crew: Any) -> None:
    offered, lone = task_of(crew, "ann"), task_of(crew, "ann")
    with crew._db.begin() as conn:
        change_tasks(conn, [lone], {"candidates": ["user:ann"]})
    crew.do(ChangeUser("ann", SYSTEM, active=False))
    drain(crew)
    for task_id in (offered, lone):
        view = crew.ask(GetTask(task_id, SYSTEM))
        assert (view.row.assignee, view.row.candidates) == (None, ("team:bench",))
        assert view.why["left"] == "ann"
        assert crew.do(ClaimTask(task_id, who(crew, "ben"))).assignee == "ben"
    crew.do(ChangeUser("ann", SYSTEM, active=True))
    with pytest.raises(NotFound, match="CRM-411"):
        crew.do(ChangeUser("cai", SYSTEM, active=False)) and crew.do(ReassignTask(offered, "cai", SYSTEM))


def test_who_is_back_before_anybody_looked_keeps_their_work(crew: Any) -> None:
    mine = task_of(crew, "ann")
    crew.do(ChangeUser("ann", SYSTEM, active=False))
    crew.do(ChangeUser("ann", SYSTEM, active=True))
    drain(crew)
    assert crew.ask(GetTask(mine, SYSTEM)).row.assignee == "ann"


def test_everybody_away_standing_in_for_each_other_leaves_the_work_to_the_team(crew: Any, clock: Any) -> None:
    mine = task_of(crew, "ann")
    clock.move(timedelta(minutes=1))
    until = clock.now() + timedelta(days=1)
    for login, delegate in (("ann", "ben"), ("ben", "cai"), ("cai", "ann")):
        crew.do(AddAbsence(login, SYSTEM, clock.now(), until, delegate=delegate, hand_over=True))
    drain(crew)
    row = crew.ask(GetTask(mine, SYSTEM)).row
    assert (row.assignee, row.candidates) == (None, ("team:bench",))


def test_a_lead_moves_work_within_their_teams_and_nowhere_else(crew: Any) -> None:
    mine = [task_of(crew, "ann") for _ in range(3)]
    crew.do(RescheduleTask(mine[2], SYSTEM, datetime(2026, 3, 3, tzinfo=UTC)))
    crew.do(AddTeam("other", SYSTEM, "Other"))
    crew.do(AddUser("zoe", SYSTEM, "Zoe", roles=("employee",), teams=("other",)))
    crew.do(ChangeTeam("bench", SYSTEM, lead="ben"))
    ben = who(crew, "ben")
    assert crew.do(MoveWork(("ann",), "cai", ben, 1)).moved == 1
    assert crew.ask(GetTask(mine[2], SYSTEM)).row.assignee == "cai", "the most urgent one first"
    assert crew.do(MoveWork(("ann", "cai"), "team:bench", ben, 9)).moved == 3
    for givers, to in ((("ann",), "zoe"), (("zoe",), "ann"), (("ann",), "team:other")):
        for by in (ben, who(crew, "cai")):
            with pytest.raises(Forbidden, match="CRM-310"):
                crew.do(MoveWork(givers, to, by))
    assert {row.login: row.load for row in crew.ask(Workload(ben))} == {"ann": 0, "ben": 0, "cai": 0}


# --- the feed, read as strictly as a calendar program may --------------------------------------------


def parsed(text: str) -> list[dict[str, str]]:
    """RFC 5545: CRLF and nothing else ends a line, 75 octets at most, folded by a space, names, legal escapes."""
    assert text.endswith("\r\n")
    raw = text[:-2].split("\r\n")
    for line in raw:
        assert len(line.encode()) <= 75
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line), line
    lines = "\r\n".join(raw).replace("\r\n ", "").split("\r\n")
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    events: list[dict[str, str]] = []
    inside = False
    for line in lines[1:-1]:
        found = re.fullmatch(r"([A-Z][A-Z0-9-]*)(?:;[A-Z-]+=[^:;]+)*:(.*)", line)
        assert found, line
        name, value = found.groups()
        if name == "BEGIN":
            assert (value, inside) == ("VEVENT", False)
            inside = True
            events.append({})
        elif name == "END":
            assert (value, inside) == ("VEVENT", True)
            inside = False
        elif inside:
            assert name not in events[-1], "once each"
            events[-1][name] = value
        else:
            assert name in {"VERSION", "PRODID", "X-WR-CALNAME"}
    for event in events:
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= event.keys()
        assert all(re.fullmatch(r"\d{8}T\d{6}Z", event[name]) for name in ("DTSTAMP", "DTSTART"))
        assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", event["SUMMARY"]), event["SUMMARY"]
    return events


def test_the_feed_is_strict_icalendar_in_the_readers_language(crew: Any, clock: Any) -> None:
    crew.do(ChangeUser("ann", SYSTEM, locale="zh_Hans", timezone="Asia/Shanghai"))
    tasks = [task_of(crew, "ann") for _ in range(2)]
    for task_id in tasks:
        crew.do(RescheduleTask(task_id, SYSTEM, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)))
    with crew._db.begin() as conn:
        change_tasks(conn, tasks[:1], {"subject": NASTY.replace("\x00", "")})
    secret = crew.do(MakeFeed(who(crew, "ann")))
    text = crew.ask(ReadFeed(secret))
    assert "X-WR-CALNAME:crmflow：截止日期\r\n" in text
    events = parsed(text)
    assert {event["DTSTART"] for event in events} == {"20260329T013000Z"}
    summary = next(event["SUMMARY"] for event in events if "维克托" in event["SUMMARY"])
    assert summary.startswith('Work: 维克托\\; Umbruch\\, \\\\ 引号"')
    assert summary.endswith("\\nsecondline")
    clock.move(timedelta(days=1))
    assert [event["UID"] for event in parsed(crew.ask(ReadFeed(secret)))] == [event["UID"] for event in events]
    crew.do(ChangeUser("ann", SYSTEM, active=False))
    with pytest.raises(NotFound, match="CRM-422"):
        crew.ask(ReadFeed(secret))
    crew.do(ChangeUser("ann", SYSTEM, active=True))
    crew.do(GrantRole("ann", "employee", SYSTEM, revoke=True))
    with pytest.raises(NotFound, match="CRM-422"):
        crew.ask(ReadFeed(secret))
    crew.do(GrantRole("ann", "employee", SYSTEM))
    assert len(parsed(crew.ask(ReadFeed(secret)))) == 2
    crew.do(EndFeed(who(crew, "ann")))
    with pytest.raises(NotFound, match="CRM-422"):
        crew.ask(ReadFeed(secret))
    assert crew.ask(GetPerson("ann", SYSTEM)).feed is False


# --- files and hands that are wrong -----------------------------------------------------------------


def test_rows_that_nobody_could_keep_are_put_aside_and_the_rest_is_taken(crew: Any) -> None:
    rows = (
        (1, {"login": "uli", "name": "维" * 5000 + "🏳️‍🌈"}),
        (2, {"login": "nul", "name": "N\x00l"}),
        (3, {"login": "sur", "name": "S\ud800r"}),
        (4, {"login": "x" * 200, "name": "long"}),
        (5, {"login": "UPPER", "name": "upper"}),
        (6, {"login": "uma", "manager": "uwe"}),
        (7, {"login": "uwe", "manager": "uma"}),
        (8, {"login": "uli", "weight": "999999999999999999999"}),
        (9, {"login": "ann", "kind": "team"}),
        (10, {"login": "max", "roles": "emperor"}),
        (11, {"login": "eva", "teams": "nowhere"}),
        (12, {"login": "ivo", "skills": "german:3; german:4 ;:;x:9"}),
        (13, {"kind": "team", "key": "t1", "teams": "t2"}),
        (14, {"kind": "team", "key": "t2", "teams": "t1"}),
        (15, {"login": "amy", "active": "perhaps"}),
    )
    done = crew.do(ImportPeople("people.csv", "a" * 16, rows, SYSTEM))
    codes = {number: why[:7] for number, why in done.reasons.items()}
    assert codes == {
        2: "CRM-093", 3: "CRM-093", 4: "CRM-024", 5: "CRM-024", 7: "CRM-314", 8: "CRM-091", 9: "CRM-093",
        10: "CRM-027", 11: "CRM-411", 12: "CRM-091", 14: "CRM-314", 15: "CRM-093",
    }  # fmt: skip
    assert crew.ask(GetPerson("uli", SYSTEM)).row.name.startswith("维维")
    assert done.created + done.quarantined + done.updated + done.unchanged == len(rows)


def test_the_same_skill_twice_is_one(crew: Any) -> None:
    person = crew.do(ChangePerson("ann", SYSTEM, skills={"german": 1, " german ": 4}))
    assert person.skills == {"german": 4}


def test_teams_in_teams_have_no_ring(crew: Any) -> None:
    for key, parent in (("a", None), ("b", "a"), ("c", "b")):
        crew.do(AddTeam(key, SYSTEM, key, parent=parent))
    for change in ({"parents": ("c",)}, {"members": ("b", "a")}):
        with pytest.raises((Forbidden, Conflict), match="CRM-314"):
            crew.do(ChangeTeam("a", SYSTEM, **change))
    with pytest.raises(Forbidden, match="CRM-314"):
        crew.do(ChangeTeam("c", SYSTEM, members=("a",)))


def test_a_fair_share_is_that_of_those_one_shares_a_team_with(crew: Any) -> None:
    for login, tasks in (("ann", 4), ("ben", 2)):
        for _ in range(tasks):
            task_of(crew, login)
    crew.do(AddTeam("other", SYSTEM, "Other"))
    for login, teams in (("zoe", ("other",)), ("ada", ())):
        crew.do(AddUser(login, SYSTEM, login.title(), roles=("employee",), teams=teams))
    shares = {row.login: row.share for row in crew.ask(Workload(SYSTEM)) if row.share}
    assert shares == {"ann": 2.0, "ben": 1.0}, "idle people of other teams make nobody's share unfair"
    assert {row.login: row.share for row in crew.ask(Workload(SYSTEM, "bench"))} == {"ann": 2.0, "ben": 1.0, "cai": 0.0}
