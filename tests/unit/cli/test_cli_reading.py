"""CSV files as they come: encodings, separators, quoted newlines, broken rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.reading import look
from engine.domain.errors import Invalid


def put(folder: Path, text: str, encoding: str = "utf-8", name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_utf8_with_comma(tmp_path: Path) -> None:
    source = look(put(tmp_path, "name,city\nAnna,Köln\nBen,Łódź\n"))
    assert source.columns == ("name", "city")
    assert [line.values for line in source.lines()] == [
        {"name": "Anna", "city": "Köln"},
        {"name": "Ben", "city": "Łódź"},
    ]


def test_gbk_is_told_from_utf8(tmp_path: Path) -> None:  # C9
    source = look(put(tmp_path, "姓名,公司\n王伟,北京线索科技\n", "gbk"))
    assert source.columns == ("姓名", "公司")
    assert next(source.lines()).values == {"姓名": "王伟", "公司": "北京线索科技"}


def test_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    assert look(put(tmp_path, "name,city\nA,B\n", "utf-8-sig")).columns == ("name", "city")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found(tmp_path: Path, separator: str) -> None:
    source = look(put(tmp_path, separator.join(["a", "b", "c"]) + "\n" + separator.join(["1", "2", "3"]) + "\n"))
    assert source.separator == separator
    assert next(source.lines()).values == {"a": "1", "b": "2", "c": "3"}


def test_quoted_newline_and_separator_stay_in_the_value(tmp_path: Path) -> None:
    source = look(put(tmp_path, 'name;note\nAnna;"first\nsecond; third ""quoted"""\nBen;x\n'))
    lines = list(source.lines())
    assert lines[0].values["note"] == 'first\nsecond; third "quoted"'
    assert [line.number for line in lines] == [1, 2]


def test_row_with_other_width_is_told_not_guessed(tmp_path: Path) -> None:
    lines = list(look(put(tmp_path, "a,b\n1\n1,2\n1,2,3\n")).lines())
    assert [line.problem for line in lines] == [
        "has 1 values, the header has 2 columns",
        None,
        "has 3 values, the header has 2 columns",
    ]
    assert lines[2].raw == "1,2,3"


def test_empty_lines_are_no_rows(tmp_path: Path) -> None:
    assert [line.number for line in look(put(tmp_path, "a,b\n\n1,2\n\n3,4\n")).lines()] == [1, 2]


def test_nul_is_a_problem_of_its_row(tmp_path: Path) -> None:
    lines = list(look(put(tmp_path, "a,b\n1,x\x00y\n3,4\n")).lines())
    assert [line.problem for line in lines] == ["holds a NUL character", None]
    assert "\x00" not in lines[0].raw


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "CRM-065"), (b"a,b\n\xff\xff\xff", "CRM-065"), (b"a,a\n1,2\n", "CRM-065")],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid) as caught:
        look(path)
    assert caught.value.code == code
    assert str(path) in caught.value.message
    assert caught.value.fix


def test_progress_hears_of_every_byte(tmp_path: Path) -> None:
    source = look(put(tmp_path, "a,b\n" + "1,2\n" * 5000))
    heard: list[int] = []
    assert sum(1 for _ in source.lines(heard.append)) == 5000
    assert heard[-1] == source.size
    assert heard == sorted(heard)
