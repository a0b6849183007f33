"""Whatever is handed in as a form or as its data, the answer is ours: Refused, BadForm, or clean data (A6)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from engine import forms
from engine.domain.errors import BadForm, ExpressionError, Refused

FILES = sorted((Path(__file__).parents[3] / "forms").rglob("*.form"))
TEXTS = ["=", "=1 +", "=a", "NaN", "=[]", "a.b"]
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["=", "=1 +", "=a", "NaN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of everything inside a JSON value."""
    found = [at] if at else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*at, key))
    return found


def put(value: Any, path: tuple[Any, ...], junk: Any) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = junk


@settings(max_examples=100)
@given(st.data())
def test_a_spoilt_form_is_refused_or_works(data: st.DataObject) -> None:
    schema = json.loads(data.draw(st.sampled_from(FILES)).read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        put(schema, data.draw(st.sampled_from(places(schema))), data.draw(JUNK))
    try:
        made = forms.load(json.dumps(schema))
    except Refused:
        return
    with contextlib.suppress(BadForm, ExpressionError):
        made.validate({key: data.draw(JUNK) for key in made.keys if "." not in key})


@settings(max_examples=100)
@given(st.data())
def test_spoilt_data_is_refused_or_clean(data: st.DataObject) -> None:
    made = forms.load(data.draw(st.sampled_from(FILES)).read_bytes())
    sent: dict[str, Any] = {}
    for key in made.keys:
        here = sent
        *groups, name = key.split(".")
        for group in groups:
            here = here.setdefault(group, {}) if isinstance(here.get(group, {}), dict) else {}
        here[name] = data.draw(JUNK)
    try:
        clean = made.validate(sent)
    except BadForm:
        return
    json.dumps(clean, default=str)


@pytest.mark.parametrize("depth", [200, 5000])
def test_deep_data_is_refused(depth: int) -> None:
    made = forms.load('{"type":"default","id":"f","components":[{"type":"textfield","key":"a","id":"a"}]}')
    deep: Any = "x"
    for _ in range(depth):
        deep = {"a": deep}
    check: Callable[[], Any] = lambda: made.validate({"a": deep})  # noqa: E731
    with pytest.raises(BadForm):
        check()
