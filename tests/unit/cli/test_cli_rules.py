"""Rules from the command line: FEEL, decisions with their explanation, the table check (C7)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main

TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="m" namespace="n">
<decision id="approval" name="Approval"><decisionTable id="t" hitPolicy="{hit}">
<input label="Discount"><inputExpression typeRef="number"><text>discount</text></inputExpression></input>
<output name="by"/>
<rule><inputEntry><text>&lt;= 0.1</text></inputEntry><outputEntry><text>"rep"</text></outputEntry></rule>
<rule><inputEntry><text>&gt;= 0.1</text></inputEntry><outputEntry><text>"manager"</text></outputEntry>
<annotationEntry><text>More than a rep may give</text></annotationEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.fixture
def table(tmp_path: Path) -> str:
    file = tmp_path / "approval.dmn"
    file.write_text(TABLE.format(hit="FIRST"), encoding="utf-8")
    return str(file)


def run(*args: str, status: int = 0) -> Result:
    got = CliRunner().invoke(main, list(args))
    assert got.exit_code == status, got.output
    return got


def test_feel_prints_the_value() -> None:
    got = run("feel", "Annual Income / 12 + 0.1 + 0.2", "--context", '{"Annual Income": 24}')
    assert json.loads(got.stdout) == 2.3


def test_feel_says_why_a_value_is_null() -> None:
    got = run("feel", "gone + 1")
    assert got.stdout.strip() == "null"
    assert "gone" in got.stderr
    assert json.loads(run("feel", "gone + 1", "--json").stdout)["notes"][0]["line"] == 1


def test_feel_says_one_thing_about_one_place() -> None:
    got = run("feel", 'upper cas("x")')
    assert got.stderr.splitlines() == ["line 1, column 1: there is no function 'upper cas'; did you mean 'upper case'?"]


def test_feel_that_cannot_be_read_is_status_1_with_its_code() -> None:
    assert "[CRM-500]" in run("feel", "1 +", status=1).stderr


def test_a_context_that_is_no_json_is_wrong_usage() -> None:
    run("feel", "1", "--context", "{", status=2)
    run("feel", "1", "--context", "[]", status=2)


def test_decide_prints_the_value_and_the_explanation(table: str) -> None:
    got = run("decide", table, "approval", "--data", '{"discount": 0.25}', "--why")
    assert got.stdout.splitlines()[0] == '"manager"'
    assert "More than a rep may give" in got.stdout
    assert "Discount = 0.25" in got.stdout
    told = json.loads(run("decide", table, "Approval", "--data", '{"discount": 0.25}', "--why", "--json").stdout)
    assert told["value"] == "manager"
    assert [rule["matched"] for rule in told["trace"][0]["rules"]] == [False, True]


def test_an_unknown_decision_is_status_1(table: str) -> None:
    assert "[CRM-520]" in run("decide", table, "nothing", status=1).stderr


def test_check_finds_overlaps_only_where_they_are_forbidden(table: str) -> None:
    assert "Findings: 0" in run("dmn", "check", table).stdout
    Path(table).write_text(TABLE.format(hit="UNIQUE"), encoding="utf-8")
    (found,) = json.loads(run("dmn", "check", table, "--json", status=1).stdout)
    assert found["code"] == "CRM-157"
    assert found["params"]["example"] == {"Discount": 0.1}


def test_a_misspelt_name_is_told_with_the_one_that_was_meant() -> None:
    got = run("feel", "cuont([1]) + amuont", "--context", '{"amount": 1}')
    assert "did you mean 'count'?" in got.stderr
    assert "did you mean 'amount'?" in got.stderr


@pytest.mark.parametrize("given", ["{bad", "[1]", '{"a": NaN}', "@/no/such/file.json", "@{tmp}/bytes.json"])
def test_a_context_that_cannot_be_read_is_refused_in_one_line(given: str, tmp_path: Path) -> None:
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe{")
    got = run("feel", "a", "--context", given.replace("{tmp}", str(tmp_path)), status=2)
    assert "Invalid value for '--context'" in got.stderr
    assert "Traceback" not in got.output


def test_a_folder_is_no_dmn_file(tmp_path: Path, table: str) -> None:
    for arguments in (["dmn", "check", str(tmp_path)], ["decide", table, "approval", "--import", str(tmp_path)]):
        assert "is a directory" in run(*arguments, status=2).stderr


DATES = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" id="m" name="m" namespace="n">
<decision id="season" name="season"><decisionTable id="t" hitPolicy="UNIQUE">
<input label="Order date"><inputExpression typeRef="date"><text>order.on</text></inputExpression></input>
<output name="name"/>
<rule><inputEntry><text>&lt; date("2026-07-01")</text></inputEntry>
<outputEntry><text>"first half"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


def test_the_example_of_a_gap_is_told_and_can_be_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # JSON knows no dates: a text is one where the column's type asks for it, or no table over dates could be tried.
    file = tmp_path / "season.dmn"
    file.write_text(DATES, encoding="utf-8")
    assert "for example: Order date = 2026-07-01" in run("dmn", "check", str(file)).stdout
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "例如: Order date = 2026-07-01" in run("dmn", "check", str(file)).stdout
    for day, name in (("2026-07-01", None), ("2026-06-30", "first half")):
        got = run("decide", str(file), "season", "--data", json.dumps({"order": {"on": day}}), "--json")
        assert json.loads(got.stdout) == {"value": name, "problems": [], "trace": []}
