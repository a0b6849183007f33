"""Saved filters with live counts, columns, what one has done; on both databases."""

from __future__ import annotations

import pytest

from bench.measure import recording
from engine.domain.commands import CompleteTask
from engine.domain.desk import (
    ChooseColumns,
    DropFilter,
    GetColumns,
    ListDone,
    ListFilters,
    SaveFilter,
)
from engine.domain.errors import Forbidden, Invalid, NotFound
from engine.domain.filters import BOXES, Wanted
from engine.domain.questions import CountFilters, ListTasks
from engine.store.moves import change_tasks


def test_business_facts_filter_and_count_alike(engine, alice, three):
    with engine._db.begin() as conn:
        change_tasks(conn, three[:2], {"segment": "strategic", "amount": 5000.0, "stage": "offer"})
    wanted = [
        Wanted(segment="strategic"),
        Wanted(stage="offer", amount_from=6000),
        Wanted(amount_to=6000),
        Wanted(flow="two-task"),
        Wanted(flow="nothing"),
        Wanted(search="how much"),
        Wanted(due="none"),
        Wanted(due="overdue"),
        Wanted(box="teams"),
        Wanted(box="all"),
    ]
    lists = [len(engine.ask(ListTasks(alice, wanted=w)).items) for w in wanted[:-1]]
    assert lists == [2, 0, 2, 3, 0, 3, 0, 0, 0]  # the model gives each four hours
    with recording() as tape:
        assert list(engine.ask(CountFilters(alice, tuple(wanted)))) == [*lists, 0]  # all: not for employees
    assert tape.statements <= 3  # one, and one per flow named


def test_every_box_counts_what_it_lists(engine, alice, manager, three):
    for actor in (alice, manager):
        for box in BOXES:
            if box == "all" and actor is alice:
                continue
            for due in ("", "overdue"):
                wanted = Wanted(box=box, due=due)
                number = engine.ask(CountFilters(actor, (wanted,)))
                assert number == (len(engine.ask(ListTasks(actor, wanted=wanted)).items),), (actor.id, wanted)


def test_filter_is_shared_with_a_team_and_counts_for_its_reader(engine, alice, bob, three):
    saved = engine.do(SaveFilter(alice, "Mine, big", Wanted(box="mine"), colour="red", team="bench"))
    assert [(f.id, f.name, f.colour, f.count) for f in engine.ask(ListFilters(alice))] == [
        (saved.id, "Mine, big", "red", 3)
    ]
    assert [(f.owner, f.count) for f in engine.ask(ListFilters(bob))] == [("alice", 0)]
    with pytest.raises(NotFound) as error:
        engine.do(SaveFilter(bob, "x", Wanted(), id=saved.id))
    assert error.value.code == "CRM-424"
    with pytest.raises(Forbidden) as forbidden:
        engine.do(SaveFilter(bob, "x", Wanted(), team="board"))
    assert forbidden.value.code == "CRM-316"
    engine.do(DropFilter(saved.id, alice))
    assert engine.ask(ListFilters(bob)) == ()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"box": "attic"}, "CRM-015"),
        ({"colour": "x"}, "CRM-081"),
        ({"priority": "high"}, "CRM-081"),
        ({"due": "soonish"}, "CRM-081"),
        ({"amount_from": float("nan")}, "CRM-081"),
        ({"search": "x" * 300}, "CRM-081"),
    ],
)
def test_what_is_no_condition_is_refused(given, code):
    with pytest.raises(Invalid) as error:
        Wanted.of(given)
    assert error.value.code == code


def test_done_box_lists_what_one_has_completed(engine, alice, bob, three):
    engine.do(CompleteTask(three[0], alice, data={"amount": 1}))
    assert [(row.task_id, row.name) for row in engine.ask(ListDone(alice)).items] == [(three[0], "Say how much")]
    assert engine.ask(ListDone(bob)).items == ()


def test_columns_are_kept_for_the_person(engine, alice, bob):
    engine.do(ChooseColumns(alice, ("segment", "amount")))
    assert engine.ask(GetColumns(alice)) == ("segment", "amount")
    assert engine.ask(GetColumns(bob)) == ("flow", "assignee")
    with pytest.raises(Invalid):
        engine.do(ChooseColumns(alice, ("password",)))
