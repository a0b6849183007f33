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


@pytest.mark.parametrize("at", ['x,"Anna,y', '"x,Anna,y', 'x,Anna,"y'])
@pytest.mark.parametrize("end", ["", '4,Dora,"d\ne"\n'])
def test_quote_that_nothing_closes_takes_no_other_row_with_it(tmp_path: Path, at: str, end: str) -> None:
    # The CSV reader would take all the rest of the file, or all up to the next quote, for one value.
    lines = list(look(put(tmp_path, f"id,name,note\n{at}\n2,Ben,b\n3,Carl,c\n{end}")).lines())
    assert lines[0].problem == "opens a quote that its row does not close"
    assert lines[0].raw == at
    assert [line.values["name"] for line in lines[1:]] == ["Ben", "Carl", "Dora"][: len(lines) - 1]
    assert len(lines) == (4 if end else 3)
    assert [line.problem for line in lines[1:]] == [None] * (len(lines) - 1)


def test_row_of_several_lines_that_is_too_short_is_one_bad_row(tmp_path: Path) -> None:
    lines = list(look(put(tmp_path, 'a,b,c\n1,"x\ny"\n4,5,6\n')).lines())
    assert [line.problem for line in lines] == ["has 2 values, the header has 3 columns", None]


def test_quotes_that_pile_up_do_not_stop_the_reading(tmp_path: Path) -> None:
    source = look(put(tmp_path, "a,b\n" + 'x"y,"z\n' * 300))
    assert [line.problem for line in source.lines()] == ["opens a quote that its row does not close"] * 300


def test_broken_byte_in_utf8_costs_its_row_only(tmp_path: Path) -> None:  # the whole reads as GB 18030, as nonsense
    path = tmp_path / "in.csv"
    path.write_bytes("name,city\n王伟,上海\n".encode() + b"M\xfcller,Bonn\n" + "李娜,北京\n".encode())
    lines = list(look(path).lines())
    assert [line.values["city"] for line in lines] == ["上海", "Bonn", "北京"]
    assert [line.problem for line in lines] == [None, "holds bytes that are no text in utf-8", None]
    assert lines[1].raw == "M\ufffdller,Bonn"


def test_latin1_is_not_taken_for_chinese(tmp_path: Path) -> None:  # "Müller" would become "M黮ler"
    path = put(tmp_path, "name,city\nMüller,Köln\n", "latin-1")
    with pytest.raises(Invalid, match=r"not text in UTF-8 and GB 18030"):
        look(path)
    assert next(look(path, encoding="latin-1").lines()).values == {"name": "Müller", "city": "Köln"}


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
