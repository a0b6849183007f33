"""``crmflow records import``: real encodings, bad rows put aside, restartable, idempotent."""  # C9, H6

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.cli import main

MAP = """
kind: lead
source: fair
id: [No]
fields:
  name: 姓名
  company: 公司
  email: 邮箱
"""
ROWS = [("1", "王伟", "北京线索科技", "wang@example.com"), ("2", "李娜", "上海\n机会", "li@example.com")]


def table(rows: list[tuple[str, ...]]) -> str:
    lines = ["No;姓名;公司;邮箱"]
    return "\n".join(lines + [";".join(f'"{cell}"' for cell in row) for row in rows]) + "\n"


@pytest.fixture
def load(sqlite_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Imports rows written in GBK and answers the report."""
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")

    def call(rows: list[tuple[str, ...]], *args: str, status: int = 0) -> Any:
        (tmp_path / "leads.csv").write_bytes(table(rows).encode("gbk"))
        paths = [str(tmp_path / "leads.csv"), "--map", str(tmp_path / "map.yaml")]
        got = CliRunner().invoke(main, ["records", "import", *paths, "--json", "--db", sqlite_url, *args])
        assert got.exit_code == status, got.output
        return json.loads(got.stdout)

    return call


def records(url: str) -> list[dict[str, Any]]:
    got = CliRunner().invoke(main, ["records", "list", "lead", "--json", "--db", url])
    assert got.exit_code == 0, got.output
    return list(json.loads(got.stdout))


def test_gbk_with_semicolons_and_quoted_newlines(load: Callable[..., Any], sqlite_url: str) -> None:
    report = load(ROWS)
    assert (report["created"], report["quarantined"], report["finished"]) == (2, 0, True)
    found = {row["data"]["name"]: row["data"]["company"] for row in records(sqlite_url)}
    assert found == {"王伟": "北京线索科技", "李娜": "上海\n机会"}


def test_same_file_again_does_nothing(load: Callable[..., Any], sqlite_url: str) -> None:
    first = load(ROWS)
    assert load(ROWS) == first
    assert len(records(sqlite_url)) == 2


def test_changed_row_of_a_later_file_changes_its_record(load: Callable[..., Any], sqlite_url: str) -> None:
    load(ROWS)
    report = load([ROWS[0], ("2", "李娜", "杭州机会", "li@example.com"), ("3", "张三", "深圳", "z@example.com")])
    assert (report["created"], report["updated"], report["unchanged"]) == (1, 1, 1)
    assert {row["data"]["company"] for row in records(sqlite_url)} == {"北京线索科技", "杭州机会", "深圳"}


def test_bad_rows_are_put_aside_with_the_reason(load: Callable[..., Any], sqlite_url: str) -> None:
    report = load([ROWS[0], ("3", "", "无名", "x@example.com"), ("4", "赵六", "坏邮箱", "not a mail"), ("5", "短")])
    assert (report["created"], report["quarantined"]) == (1, 3)
    assert sum(report["reasons"].values()) == 3
    assert any("name" in reason for reason in report["reasons"])
    assert any("not a mail" in reason for reason in report["reasons"])
    assert any("2 values" in reason for reason in report["reasons"])


def test_rows_put_aside_can_be_looked_at_one_by_one(load: Callable[..., Any], sqlite_url: str) -> None:
    report = load([ROWS[0], ("3", "", "无名", "x@example.com"), ("5", "短")])
    asked = ["records", "quarantine", report["import_id"], "--db", sqlite_url]
    told = json.loads(CliRunner().invoke(main, [*asked, "--json"]).stdout)
    assert [(row["row"], row["raw"]) for row in told] == [(2, "3;;无名;x@example.com"), (3, "5;短")]
    assert "2 values" in CliRunner().invoke(main, asked).stdout


def test_interrupted_import_goes_on_where_it_stopped(load: Callable[..., Any], sqlite_url: str) -> None:
    rows = [(str(n), f"王{n}", f"公司{n}", f"w{n}@example.com") for n in range(1, 11)]
    part = load(rows, "--limit", "4", "--chunk", "2")
    assert (part["done"], part["created"], part["finished"]) == (4, 4, False)
    whole = load(rows)
    assert (whole["done"], whole["created"], whole["finished"]) == (10, 10, True)
    assert len(records(sqlite_url)) == 10


def test_missing_column_is_told_before_anything_is_done(
    load: Callable[..., Any], sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "map.yaml").write_text(MAP.replace("邮箱", "E-Mail"), encoding="utf-8")
    assert load(ROWS, status=1)["error"]["code"] == "CRM-067"
    assert records(sqlite_url) == []
