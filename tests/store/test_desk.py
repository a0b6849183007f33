"""Around a task: follow up later, priority, delegation, comments, sub-tasks, files, following; on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.access import SYSTEM
from engine.domain.commands import ClaimTask, StartInstance
from engine.domain.desk import (
    AddComment,
    AddTodo,
    Attach,
    CheckTodo,
    DelegateTask,
    DropTodo,
    FollowTask,
    GetAttachment,
    GetDesk,
    PostponeTask,
    PrioritiseTask,
    RescheduleTask,
    ResolveTask,
)
from engine.domain.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from engine.domain.filters import Wanted
from engine.domain.questions import GetTask, ListNotifications, ListTasks
from engine.domain.values import FileIn


@pytest.fixture
def mine(engine, alice, two_tasks) -> str:
    """A task that alice has claimed."""
    task_id = engine.do(StartInstance("two-task", alice, variables={"amount": 1})).tasks[0]
    return engine.do(ClaimTask(task_id, alice)).id


def names(engine, actor, box) -> list[str]:
    return [row.id for row in engine.ask(ListTasks(actor, wanted=Wanted(box=box))).items]


def test_follow_up_later_leaves_the_inbox_until_then_or_until_it_breaches(engine, clock, alice, mine):
    engine.do(RescheduleTask(mine, alice, clock.now() + timedelta(days=2)))
    engine.do(PostponeTask(mine, alice, clock.now() + timedelta(days=1)))
    assert (names(engine, alice, "mine"), names(engine, alice, "later")) == ([], [mine])
    engine.do(PostponeTask(mine, alice, None))
    assert names(engine, alice, "mine") == [mine]
    engine.do(PostponeTask(mine, alice, clock.now() + timedelta(days=5)))
    clock.move(timedelta(days=3))  # it breached meanwhile: nothing that is late stays hidden
    assert names(engine, alice, "mine") == [mine]
    with pytest.raises(Invalid) as error:
        engine.do(PostponeTask(mine, alice, clock.now()))
    assert error.value.code == "CRM-086"


def test_priority_orders_and_filters_the_inbox(engine, clock, alice, bob, mine):
    clock.move(timedelta(seconds=1))
    other = engine.do(StartInstance("two-task", alice, variables={"amount": 1})).tasks[0]
    engine.do(ClaimTask(other, alice))
    changed = engine.do(PrioritiseTask(other, alice, 90))
    assert (changed.priority, changed.revision) == (90, 2)
    urgent = engine.ask(ListTasks(alice, wanted=Wanted(sort="priority")))
    assert [row.id for row in urgent.items] == [other, mine]
    assert [row.id for row in engine.ask(ListTasks(alice, wanted=Wanted(priority=80))).items] == [other]
    newest = engine.ask(ListTasks(alice, wanted=Wanted(sort="newest")))
    assert [row.id for row in newest.items] == [other, mine]
    with pytest.raises(Forbidden):
        engine.do(PrioritiseTask(mine, bob, 10))
    with pytest.raises(Stale):
        engine.do(PrioritiseTask(other, alice, 10, revision=0))


def test_delegate_and_resolve_comes_back(engine, alice, bob, mine):
    engine.do(DelegateTask(mine, "bob", alice, reason="please look"))
    assert (names(engine, bob, "delegated"), names(engine, alice, "mine")) == ([mine], [])
    assert names(engine, alice, "following") == [mine]
    assert engine.ask(GetDesk(mine, bob)).delegated_by == "alice"
    back = engine.do(ResolveTask(mine, bob, note="done so"))
    assert back.assignee == "alice"
    told = engine.ask(ListNotifications(alice)).items[0]
    assert (told.title, told.body) == ("Bob resolved “Say how much”", "done so")
    with pytest.raises(Conflict) as error:
        engine.do(ResolveTask(mine, alice))
    assert error.value.code == "CRM-216"


def test_who_is_mentioned_is_told_and_may_read_along(engine, clock, alice, carol, mine):
    with pytest.raises(NotFound):
        engine.ask(GetTask(mine, carol))
    made = engine.do(AddComment(mine, alice, "@carol what do you think? @nobody"))
    assert made.mentions == ("carol",)
    (told,) = engine.ask(ListNotifications(carol)).items
    assert (told.title, told.task_id) == ("Alice mentioned you at “Say how much”", mine)
    seen = engine.ask(GetTask(mine, carol))
    assert seen.may == frozenset()
    clock.move(timedelta(seconds=1))
    answer = engine.do(AddComment(mine, carol, "Looks right."))
    assert [c.id for c in engine.ask(GetDesk(mine, alice)).comments] == [made.id, answer.id]
    with pytest.raises(NotFound):
        engine.do(AddTodo(mine, carol, "readers do not work on it"))
    with pytest.raises(Invalid) as error:
        engine.do(AddComment(mine, alice, "  "))
    assert error.value.code == "CRM-082"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("请@carol看一下", ("carol",)),
        ("请＠carol，谢谢", ("carol",)),
        ("@Carol: please", ("carol",)),
        ("(@carol), @bob... and @bob-", ("bob", "carol")),
        ("@carol@bob", ("carol",)),
        ("write to info@carol or a.b@bob.example", ()),
        ("@nobody看 @ @@", ()),
    ],
)
def test_who_is_meant_by_a_sign_in_any_language(engine, alice, bob, carol, mine, said, meant):
    assert engine.do(AddComment(mine, alice, said)).mentions == meant


def test_sub_tasks_are_checked_off(engine, alice, bob, mine):
    todo = engine.do(AddTodo(mine, alice, "Call the customer"))
    assert engine.do(CheckTodo(mine, todo.id, bob)).done
    assert [(t.text, t.done, t.by) for t in engine.ask(GetDesk(mine, alice)).todos] == [
        ("Call the customer", True, "bob")
    ]
    with pytest.raises(NotFound):
        engine.do(CheckTodo(mine, "nothing", alice))


def test_a_sub_task_nobody_needs_is_taken_away(engine, alice, bob, carol, mine):
    todo, other = (engine.do(AddTodo(mine, alice, text)) for text in ("Cal the customer", "Call the customer"))
    with pytest.raises(NotFound, match="CRM-403"):
        engine.do(DropTodo(mine, todo.id, carol))
    engine.do(DropTodo(mine, todo.id, bob))
    assert [t.id for t in engine.ask(GetDesk(mine, alice)).todos] == [other.id]
    with pytest.raises(NotFound, match="CRM-425"):
        engine.do(DropTodo(mine, todo.id, bob))


def test_files_are_kept_once_and_only_of_known_kinds(engine, alice, carol, mine):
    pdf = FileIn("C:\\offers\\offer.pdf", b"%PDF-1.7 x")
    made = engine.do(Attach(mine, alice, pdf))
    again = engine.do(Attach(mine, alice, pdf))
    assert (made.name, made.media_type, made.size) == ("offer.pdf", "application/pdf", 10)
    assert engine.ask(GetAttachment(mine, again.id, alice))[1] == pdf.content
    with pytest.raises(NotFound):
        engine.ask(GetAttachment(mine, made.id, carol))
    refused = {
        "page.html": b"<html>",
        "run.exe": b"MZ",
        "fake.png": b"<svg onload=alert(1)>",
        ".pdf": b"%PDF",
        "empty.txt": b"",
    }
    codes = []
    for name, content in refused.items():
        with pytest.raises(Invalid) as error:
            engine.do(Attach(mine, alice, FileIn(name, content)))
        codes.append(error.value.code)
    assert codes == ["CRM-083", "CRM-083", "CRM-083", "CRM-083", "CRM-084"]


def test_following_shows_the_case_until_one_stops(engine, alice, bob, mine):
    assert engine.do(FollowTask(mine, bob))
    assert names(engine, bob, "following") == [mine]
    engine.do(AddComment(mine, alice, "news"))
    assert len(engine.ask(ListNotifications(bob)).items) == 1
    engine.do(FollowTask(mine, bob, follow=False))
    assert names(engine, bob, "following") == []
    assert engine.ask(GetDesk(mine, SYSTEM)).following is False
