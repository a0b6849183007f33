"""Every form that ships loads, and speaks both languages in every text a person reads (A13)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import forms

FILES = sorted((Path(__file__).parents[3] / "forms").rglob("*.form"))
READ = ("label", "description", "text", "dateLabel", "timeLabel")


def texts(value: Any) -> Iterator[tuple[str, Any]]:
    """(text, its Chinese sibling) of everything a person reads."""
    if isinstance(value, dict):
        for name in READ:
            if isinstance(value.get(name), str) and any(c.isalpha() for c in value[name]):
                yield value[name], value.get(f"{name}_zh_Hans")
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_there_are_forms() -> None:
    assert len(FILES) >= 16


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_shipped_form_loads_without_a_finding(file: Path) -> None:
    assert forms.load(file.read_bytes()).findings == ()


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_shipped_form_has_every_text_in_chinese(file: Path) -> None:
    schema = json.loads(file.read_bytes())
    found = list(texts(schema["components"]))
    assert [english for english, chinese in found if not chinese] == []
    shown = json.dumps(forms.localise(schema, "zh"), ensure_ascii=False)
    assert "_zh_Hans" not in shown
