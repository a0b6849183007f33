"""The inbox's search finds what a plain look through all tasks finds, on both databases, whoever asks."""

from __future__ import annotations

import random
from itertools import product

import pytest
from sqlalchemy import delete, insert, select

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, StartInstance
from engine.domain.filters import Wanted
from engine.domain.finding import asked, kept
from engine.domain.matching import fold
from engine.domain.questions import CountFilters, ListTasks
from engine.domain.values import FileIn
from engine.store import migrate, tables as t
from tests.store.drawing import END, START, flow, model, user

MODEL = model("visit", START + user("call") + END + flow("start>call", "call>end"))
LABELS = FileIn("labels.zh_Hans.yaml", "visit:\n  call: 致电客户\n  start: 开始\n".encode())
KEYS = (
    "K-3",
    "k-33",
    "100%",
    "100_x",
    "a/b\\c",
    "线索 上海",
    "线",
    "Ärger",
    "ＡＢＣ",
    "x" * 255,
    "'; --",
    "🎈 Fest",
    None,
)
SEARCHES = (
    *(
        "call",
        "CALL",
        "致电",
        "电客",
        "线索",
        "线",
        "索",
        "k-3",
        "K-33 call",
        "call K-33 致电",
        "100%",
        "%",
        "_",
        "0_x",
    ),
    *(
        "/",
        "\\",
        "b\\c",
        "ärger",
        "ÄRGER",
        "abc",
        "ａｂｃ",
        "x" * 200,
        "x" * 201,
        "'",
        "🎈",
        "fest 🎈",
        "nobody",
        "线海",
    ),
    *("a\x00b", "开始", "上海 线索", "a b c d e f g h i j k", " ", "\u3000call\u3000"),
)


@pytest.fixture
def started(engine, alice) -> dict[str, tuple[str, ...]]:
    """A task for each key: its id and what it may be found by."""
    engine.do(Deploy((MODEL, LABELS), SYSTEM, publish=True))
    return {
        engine.do(StartInstance("visit", alice, business_key=key)).tasks[0]: ("Call", "致电客户", key or "")
        for key in KEYS
    }


def found(engine, actor, search: str, box: str) -> set[str]:
    return {row.id for row in engine.ask(ListTasks(actor, wanted=Wanted(box=box, search=search), limit=500)).items}


def looked_through(tasks, search: str) -> set[str]:
    """Each of the first words stands in one of the texts, whatever its case and width."""
    words = [fold(word) for word in dict.fromkeys(search.split())][:8]
    return {task for task, texts in tasks.items() if all(any(word in fold(text) for text in texts) for word in words)}


def test_search_finds_what_a_plain_look_finds(engine, alice, started):
    for box, search in product(("all", "teams", "visible"), SEARCHES):
        actor = SYSTEM if box == "all" else alice
        expected = looked_through(started, search)
        assert found(engine, actor, search, box) == expected, (box, search)
        assert engine.ask(CountFilters(actor, (Wanted(box=box, search=search),))) == (len(expected),), (box, search)
    assert len(looked_through(started, "call")) == len(KEYS)


def test_generated_texts_are_found_by_any_part(engine, alice, started, many):
    chance = random.Random(7)
    signs = "ab线索王 %_/\\-\"'ÄäßＡ🎈"
    texts = {
        f"copy{n:012d}": tuple("".join(chance.choices(signs, k=chance.randrange(9))).strip() for _ in range(3))
        for n in range(200)
    }
    _replace(engine, next(iter(started)), texts)
    for _ in range(many(60, 2_000)):
        text = chance.choice(chance.choice(list(texts.values())))
        start = chance.randrange(len(text) + 1)
        search = " ".join(
            (text[start : start + chance.randrange(1, 4)], chance.choice(("", "a", "线", "%")))
        ).swapcase()
        if not asked(search):
            continue
        assert found(engine, alice, search, "teams") == looked_through(texts, search), search
        assert found(engine, SYSTEM, search, "all") == looked_through(texts, search), search


def _replace(engine, task_id: str, texts: dict[str, tuple[str, ...]]) -> None:
    """Tasks with these names, customers and keys instead of those there are."""
    with engine._db.begin() as conn:
        row = dict(conn.execute(t.task.select().where(t.task.c.id == task_id)).mappings().one())
        conn.execute(delete(t.task))
        copies = [
            {**row, "id": key, "node": number, "name": parts[0], "subject": parts[1], "business_key": parts[2]}
            | dict.fromkeys(("words", "grams"), kept(parts))
            for number, (key, parts) in enumerate(texts.items())
        ]
        conn.execute(insert(t.task), copies)
        conn.execute(insert(t.task_candidate), [{"task_id": c["id"], "candidate": "user:alice"} for c in copies])


def test_tasks_from_before_are_found_after_the_migration(engine, alice, started):
    def rows():
        with engine._db.connect() as conn:
            grams = [t.task.c.grams] if conn.dialect.name == "postgresql" else []
            return conn.execute(select(t.task.c.id, t.task.c.words, *grams).order_by(t.task.c.id)).all()

    before = rows()
    migrate.downgrade(engine._db, "0010")
    migrate.upgrade(engine._db)
    assert rows() == before
    for search in ("致电 K-33", "索", "ärger"):
        assert found(engine, alice, search, "teams") == looked_through(started, search) != set()
