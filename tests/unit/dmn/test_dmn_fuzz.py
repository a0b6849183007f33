"""Whatever is handed in as a model or as its inputs, the answer is ours: Refused, an error with a code, or a value."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings, strategies as st

from engine.dmn import Model, check
from engine.domain.errors import CrmflowError, Refused

FILES = sorted((Path(__file__).parents[3] / "rules").rglob("*.dmn"))
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
PIECES = st.sampled_from(
    ["", "-", "<", '"', "not(", "[1..", "> limit", "&lt; 5", "UNIQUE", "COLLECT", "SUM", "#x", "</text>", "null"]
)
TOKEN = re.compile(r"<[^>]+>|\"[^\"]*\"|[^<>\"]+")


@settings(max_examples=60)
@given(st.data())
def test_a_spoilt_model_is_refused_or_works(data: st.DataObject) -> None:
    tokens = TOKEN.findall(data.draw(st.sampled_from(FILES)).read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(tokens) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "junk"]))
        tokens[at : at + 1] = [] if how == "drop" else [tokens[at]] * 2 if how == "double" else [data.draw(PIECES)]
    xml = "".join(tokens).encode()
    for finding in check(xml):
        assert re.fullmatch(r"CRM-15\d", finding.code)
        assert finding.message
        assert finding.message_zh
    try:
        model = Model.load(xml, strict=False)
    except Refused:
        return
    for info in set(model.decisions.values()):
        inputs: dict[str, Any] = {name: data.draw(JUNK) for name in info.inputs}
        with contextlib.suppress(CrmflowError):
            outcome = model.decide(info.id, inputs)
            json.dumps([outcome.json, outcome.trace, outcome.problems])


@settings(max_examples=40)
@given(st.data())
def test_any_input_gives_a_value_and_an_explanation(data: st.DataObject) -> None:
    model = Model.load(data.draw(st.sampled_from(FILES)).read_bytes())
    info = data.draw(st.sampled_from(sorted(set(model.decisions.values()), key=lambda one: one.id)))
    outcome = model.decide(info.id, {name: data.draw(JUNK) for name in info.inputs})
    json.dumps([outcome.json, outcome.trace, outcome.problems])
