"""YAML from outside: whoever reads it refuses a bomb, a pit of brackets and a value that is none in its own words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.domain import yamls
from engine.domain.calendar import Calendar
from engine.domain.errors import CrmflowError
from engine.domain.values import FileIn
from engine.packs import Packs
from engine.scenarios import reading
from engine.services import calendars, kinds, kits, labels, sla_files, sla_terms
from webui.pages import settings_ladder

BOMB = "a: &a [1,2,3,4,5,6,7,8,9]\n" + "".join(
    f"{n}: &{n} [{', '.join([f'*{before}'] * 9)}]\n" for before, n in zip("abcdefgh", "bcdefghi", strict=True)
)
SMALL_BOMB = "[&a [x, x]" + "".join(
    f", &{n} [{', '.join([f'*{before}'] * 30)}]" for before, n in zip("abcdefg", "bcdefgh", strict=True)
) + "]"  # fmt: skip
DEEP = "- &a " + "[" * 40 + "]" * 40 + "\n- &b " + "[" * 40 + "*a" + "]" * 40 + "\n"
WRONG = {
    "nested": "[" * 3000,
    "bomb": BOMB * 40,
    "small bomb": f"name: {SMALL_BOMB}",
    "nested by names": DEEP,
    "itself": "a: &a [1, *a]",
    "no text": 'a: "x\\0y"',
    "long": "- 1\n" * 100_001,
    "no number": "a: !!int ''",
    "no date": "a: 2026-02-30",
    "object": "!!python/object/apply:os.getcwd []",
    "unclosed": "a: [1",
    "twice": "zone: UTC\nweek:\n  mon: 09:00-12:00\n  tue: 09:00-12:00\n  mon: 13:00-17:30\n",
    "bytes": "a: \x00",
}
READERS: dict[str, Callable[[str], Any]] = {
    "policy": sla_terms.content_of,
    "calendar": calendars.content_of,
    "calendar itself": Calendar.from_yaml,
    "promises": lambda text: sla_files.read(text.encode()),
    "ladder": settings_ladder.of_text,
    "scenarios": lambda text: reading.read("a.scenario.yaml", text.encode()),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=list(WRONG))
@pytest.mark.parametrize("read", READERS.values(), ids=list(READERS))
def test_what_is_no_yaml_is_refused_by_code(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(CrmflowError) as refused:
        read(text)
    assert refused.value.fix or getattr(refused.value, "findings", ())


@pytest.mark.parametrize("text", WRONG.values(), ids=list(WRONG))
def test_files_of_a_deployment_get_a_finding(text: str) -> None:
    assert kits.about(FileIn("a.scenario.yaml", text.encode()))[1]
    assert labels.read(FileIn("labels.zh_Hans.yaml", text.encode()))[1]


@pytest.mark.parametrize("text", [*WRONG.values(), "[1]", "kinds: 3", "kinds: {lead: 3}"])
def test_a_pack_whose_kinds_cannot_be_read_names_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "records.yaml").write_text(text)
    with pytest.raises(CrmflowError, match=r"records\.yaml") as refused:
        kinds.kinds(Packs(str(tmp_path)))
    assert refused.value.code == "CRM-030"


def test_a_small_text_that_means_much_is_refused_at_once() -> None:
    zoned = f"zone: {SMALL_BOMB}\nweek: {{0: [['08:00', '12:00']]}}\n"
    for text in (zoned, f"calendars: {{p: {{zone: UTC, name: {SMALL_BOMB}}}}}"):
        with pytest.raises(yaml.YAMLError, match="too large"):
            yamls.load(text)


def test_names_may_be_used_often() -> None:
    often = "a: &usual {at: 80%, do: tell}\nb:\n" + "  - *usual\n" * 5_000
    assert len(yamls.load(often)["b"]) == 5_000


def test_what_is_said_twice_in_one_place_is_refused_at_its_line() -> None:
    with pytest.raises(yaml.YAMLError, match="'b' twice") as refused:
        yamls.load("a: {b: 1}\nc:\n  b: 1\n  d: [b, b]\n  b: 2\n")
    assert yamls.line_of(refused.value) == 5
    fine = "a: &a {b: 1, c: 2}\nd:\n  <<: *a\n  b: 3\n  e: [{b: 1}, {b: 1}]\n"
    assert yamls.load(fine)["d"] == {"b": 3, "c": 2, "e": [{"b": 1}, {"b": 1}]}


def test_plain_yaml_is_read_as_before() -> None:
    assert yamls.load("a: &x [1, two]\nb: *x\n") == {"a": [1, "two"], "b": [1, "two"]}
    assert yamls.load(b"") is None
    with pytest.raises(yaml.YAMLError) as wrong:
        yamls.load("a: 1\nb: [1")
    assert yamls.line_of(wrong.value) in (2, 3), "libyaml counts the end of the text as a line"
