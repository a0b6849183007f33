"""Values on the command line, and the model files that paths name."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.values import json_object, model_files, variables
from engine.domain.errors import Invalid


def test_value_is_json_where_it_is_else_text() -> None:
    got = variables(["n=12", "b=true", "t=Anna = Lind", 'q="007"', "l=[1]", "e="])
    assert got == {"n": 12, "b": True, "t": "Anna = Lind", "q": "007", "l": [1], "e": ""}


def test_pairs_count_more_than_the_object() -> None:
    assert variables(["a=2"], '{"a": 1, "b": 1}') == {"a": 2, "b": 1}


def test_object_from_file(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text('{"name": "王"}')
    assert json_object(f"@{tmp_path / 'v.json'}") == {"name": "王"}


@pytest.mark.parametrize(("text", "code"), [("[1]", "CRM-064"), ("{", "CRM-064"), ("@/no/such", "CRM-061")])
def test_bad_object_is_refused(text: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        json_object(text)
    assert caught.value.code == code


def test_pair_without_sign_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        variables(["name"])
    assert caught.value.code == "CRM-063"


def test_folders_give_their_models_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.bpmn", "sub/a.dmn", "readme.txt"):
        (tmp_path / name).write_text(name)
    found = model_files([str(tmp_path), str(tmp_path / "b.bpmn")])
    assert [(Path(file.name).name, file.content) for file in found] == [("b.bpmn", b"b.bpmn"), ("a.dmn", b"sub/a.dmn")]


def test_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        model_files([str(tmp_path)])
    assert caught.value.code == "CRM-062"
