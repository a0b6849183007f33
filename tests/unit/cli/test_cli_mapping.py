"""The mapping file: columns to fields, transforms, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.mapping import load
from engine.cli.reading import look
from engine.domain.commands import ImportRow
from engine.domain.errors import Invalid


def rows(folder: Path, table: str, mapping: str) -> list[ImportRow | None]:
    (folder / "in.csv").write_text(table)
    (folder / "map.yaml").write_text(mapping)
    used = load(folder / "map.yaml")
    source = look(folder / "in.csv")
    used = used.fit(source)
    return [used.row(line) for line in source.lines()]


def row(folder: Path, table: str, mapping: str) -> ImportRow:
    found = rows(folder, table, mapping)[0]
    assert found is not None
    return found


def test_columns_constants_and_external_id(tmp_path: Path) -> None:
    mapping = "kind: lead\nsource: fair\nid: [No]\nfields: {name: Full Name, country: {value: DE}}"
    got = row(tmp_path, "No,Full Name\n17, Anna Lind \n", mapping)
    assert got == ImportRow(1, {"name": "Anna Lind", "country": "DE"}, "fair:17", None, "17, Anna Lind ")


def test_without_id_the_row_number_names_the_row(tmp_path: Path) -> None:
    assert row(tmp_path, "Name,X\nAnna,1\n", "kind: lead\nsource: s\nfields: {name: Name}").external_id == "s:1"


def test_empty_values_are_left_out(tmp_path: Path) -> None:
    assert row(tmp_path, "Name,Mail\nAnna,\n", "kind: lead\nfields: {name: Name, email: Mail}").data == {"name": "Anna"}


def test_map_date_and_decimal(tmp_path: Path) -> None:
    mapping = """
kind: lead
fields:
  grade: {column: G, map: {A: hot, B: warm}, default: cold}
  born: {column: D, date: ["%d.%m.%Y", "%Y-%m-%d"]}
  amount: {column: M, decimal: ","}
"""
    got = rows(tmp_path, "G;D;M\nA;31.01.1990;1.234,50\nZ;1990-02-01;7\n", mapping)
    assert [one and one.data for one in got] == [
        {"grade": "hot", "born": "1990-01-31", "amount": "1234.50"},
        {"grade": "cold", "born": "1990-02-01", "amount": "7"},
    ]


def test_feel_computes_a_field_and_skips_rows(tmp_path: Path) -> None:
    mapping = """
kind: lead
fields:
  size: {feel: 'if number(Head Count) > 250 then "large" else "small"'}
skip: 'row.Status = "deleted"'
"""
    got = rows(tmp_path, "Head Count,Status\n300,new\n10,deleted\n10,new\n", mapping)
    assert [one and one.data for one in got] == [{"size": "large"}, None, {"size": "small"}]


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("{column: A, map: {x: y}}", "A: 'bad' is not in the map of 'f'"),
        ('{column: A, date: "%Y"}', "A: 'bad' is not a date written as %Y"),
    ],
)
def test_value_that_does_not_fit_is_the_rows_problem(tmp_path: Path, field: str, problem: str) -> None:
    got = row(tmp_path, "A,B\nbad,1\n", f"kind: lead\nfields: {{f: {field}}}")
    assert got.problem == problem
    assert got.raw == "bad,1"


def test_row_without_its_id_is_put_aside(tmp_path: Path) -> None:
    got = row(tmp_path, "Mail,Name\n,Anna\n", "kind: lead\nid: Mail\nfields: {name: Name}")
    assert got.problem == "has no Mail to be known by"


def test_missing_column_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        rows(tmp_path, "A,B\n1,2\n", "kind: lead\nfields: {name: Name}")
    assert caught.value.code == "CRM-067"
    assert "'Name'" in caught.value.message
    assert "A, B" in caught.value.fix


@pytest.mark.parametrize(
    "mapping",
    [
        "- a list",
        "kind: lead",
        "fields: {a: b}",
        "kind: lead\nfields: {a: b}\nunknown: 1",
        "kind: lead\nfields: {a: {column: b, value: c}}",
        "kind: lead\nfields: {a: {column: b, colour: c}}",
        "kind: lead\nfields: {a: {feel: '1 +'}}",
        "kind: [",
    ],
)
def test_mapping_that_cannot_be_meant_is_refused(tmp_path: Path, mapping: str) -> None:
    with pytest.raises(Invalid) as caught:
        rows(tmp_path, "b,c\n1,2\n", mapping)
    assert caught.value.code == "CRM-066"
    assert "map.yaml" in caught.value.message
