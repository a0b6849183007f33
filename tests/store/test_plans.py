"""How the inbox is read: each page and each count by its indexes, never the whole table (issue 4, inbox 3)."""

from __future__ import annotations

import re

import psycopg
import pytest
from sqlalchemy import event

from bench.inbox import SOME, fill, filters_for, people
from bench.measure import raw_connection
from engine.domain.filters import Wanted
from engine.domain.questions import CountFilters, ListTasks

TASKS = SOME + 1_000
OWN, FREE = "ix_task_assignee_breach_at", "ix_task_candidate_candidate_breach_at"
#: A box, an order, and the indexes that it is read by.
BOXES = (
    ("visible", "due", {OWN, FREE}),
    ("mine", "due", {OWN}),
    ("teams", "due", {FREE}),
    ("later", "due", set()),  # whatever index the planner likes best
    ("delegated", "newest", set()),
    ("teams", "newest", set()),
    ("following", "due", set()),
)


@pytest.fixture
def filled(engine, monkeypatch):
    """A database with some thousands of open tasks and fresh statistics."""
    monkeypatch.setattr("bench.inbox.USERS", 400)
    monkeypatch.setattr("bench.inbox.TEAMS", 100)
    fill(engine.url, TASKS)
    return engine


def explained(engine, question) -> list[str]:
    """The lines of the plans of every statement that answers a question."""
    told: list[tuple[str, object]] = []

    def hear(conn, cursor, text, params, context, many):
        told.append((text, params))
        return text, params

    event.listen(engine._db, "before_cursor_execute", hear, retval=True)
    try:
        engine.ask(question)
    finally:
        event.remove(engine._db, "before_cursor_execute", hear)
    raw = raw_connection(engine.url)
    try:
        if isinstance(raw, psycopg.Connection):
            # A table this small is as cheaply read whole: forbidden, what is still read whole has no index.
            cursor = psycopg.ClientCursor(raw)
            cursor.execute("SET enable_seqscan = off")
            return [row[0] for text, params in told for row in cursor.execute(f"EXPLAIN {text}", params)]
        return [row[3] for text, params in told for row in raw.execute(f"EXPLAIN QUERY PLAN {text}", params)]
    finally:
        raw.close()


def whole(plan: list[str]) -> list[str]:
    """Lines that read all of a table of tasks."""
    scan = re.compile(r"Seq Scan on task|SCAN task(_candidate)?( AS \w+)?(?! USING)(?!\w)")
    return [line for line in plan if scan.search(line)]


def test_pages_and_counts_are_read_by_index(filled):
    for who, actor in people().items():
        everything = [("all", "due", {"ix_task_breach_at"})] if who == "all" else []
        for box, sort, wanted in (*BOXES, *everything):
            plan = explained(filled, ListTasks(actor, wanted=Wanted(box=box, sort=sort)))
            assert whole(plan) == [], (who, box, sort)
            assert {name for name in wanted if not any(name in line for line in plan)} == set(), (who, box, sort)
        plan = explained(filled, CountFilters(actor, filters_for(actor)))
        assert whole(plan) == [], who
        assert any(FREE in line for line in plan), who


def test_rare_words_are_looked_up(filled):
    actor = people()["all"]
    lite = filled.url.startswith("sqlite")
    for words in ("zebra", "线索", "customer 4242"):
        for question in (
            ListTasks(actor, wanted=Wanted(box="all", search=words)),
            CountFilters(actor, (Wanted(box="all", search=words),)),
        ):
            plan = explained(filled, question)
            told = [line for line in plan if ("COVERING INDEX ix_task_breach_at" if lite else "ix_task_grams") in line]
            assert told, (words, question)
            assert whole(plan) == [], (words, question)


def test_a_table_read_whole_would_be_noticed():
    lines = ["->  Seq Scan on task task_8  (cost=0.00..9.99)", "SCAN task", "SCAN task_candidate"]
    fine = ["SCAN picked", "SCAN task USING INDEX ix_task_breach_at", "->  Index Scan using ix_task_rank on task"]
    assert whole([*lines, *fine]) == lines
