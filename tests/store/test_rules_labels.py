"""What rules are called in other languages is kept with each version, and told for pages and traces."""

from __future__ import annotations

from engine.domain.access import SYSTEM
from engine.domain.commands import CompleteTask, Deploy
from engine.domain.questions import GetHistory
from engine.domain.rules import GetRules, ListRules, WordsOfRules
from engine.domain.values import FileIn
from tests.store.test_rules import asking, publish, start, table

CHINESE = {"rates": "费率", "rate": "适用费率", "i": "金额", "o": "结果"}


def labels(**more: str) -> FileIn:
    lines = "".join(f"  {key}: {text}\n" for key, text in (CHINESE | more).items())
    return FileIn("labels.zh_Hans.yaml", f"rates:\n{lines}".encode())


def words(engine, version: int | None = None):
    return engine.ask(WordsOfRules("rates", SYSTEM, "zh_Hans", version))


def test_labels_are_kept_at_deployment_and_told(engine, bench) -> None:
    engine.do(Deploy((asking("newest"), FileIn("rates.dmn", table()), labels()), SYSTEM, publish=True))
    row = engine.ask(GetRules("rates", SYSTEM)).row
    assert row.text("rates", row.name, "zh_Hans") == "费率"
    assert row.text("rates", row.name, "en") == "Rates"
    assert [found.key for found in engine.ask(ListRules(SYSTEM, "费率")).items] == ["rates"]  # found by them, too
    said = {"": "适用费率", "Amount": "金额", "amount": "金额", "rate": "结果"}
    assert words(engine) == {"The rate": said, "rate": said}
    assert engine.ask(WordsOfRules("rates", SYSTEM, "fr")) == {}


def test_a_stored_trace_is_read_with_the_words_of_its_version(engine, bench) -> None:
    engine.do(Deploy((asking("newest"), FileIn("rates.dmn", table()), labels()), SYSTEM, publish=True))
    started = start(engine, "newest")
    engine.do(CompleteTask(started.tasks[0], SYSTEM, {}))
    steps = engine.ask(GetHistory(started.instance_id, SYSTEM)).items
    detail = next(step.detail for step in steps if step.element_id == "decide")
    told = words(engine, detail["rules_version"])
    (trace,) = detail["trace"]
    assert told[trace["decision"]][""] == "适用费率"
    assert [told[trace["decision"]][given["label"]] for given in trace["inputs"]] == ["金额"]


def test_what_is_published_in_the_room_keeps_the_labels(engine, bench) -> None:
    engine.do(Deploy((FileIn("rates.dmn", table()), labels()), SYSTEM))
    assert publish(engine, table(result="7"), 1).text("rates", "Rates", "zh_Hans") == "费率"


def test_other_labels_for_the_same_rules_make_no_new_version(engine, bench) -> None:
    files = (FileIn("rates.dmn", table()), labels())
    engine.do(Deploy(files, SYSTEM))
    engine.do(Deploy(files, SYSTEM))
    engine.do(Deploy((files[0], labels(rates="新费率")), SYSTEM))
    row = engine.ask(GetRules("rates", SYSTEM)).row
    assert (row.version, row.text("rates", row.name, "zh_Hans")) == (1, "新费率")
