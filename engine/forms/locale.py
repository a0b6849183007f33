"""Texts of a form in the reader's language: any string attribute ``X`` may have a sibling ``X_zh_Hans``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.forms.texts import is_chinese

SUFFIX = "_zh_Hans"


def localise(schema: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """The schema for the browser: right texts in place, no siblings. The given schema is not changed."""
    found = _localised(schema, is_chinese(locale))
    assert isinstance(found, dict)
    return found


def _localised(value: Any, chinese: bool) -> Any:
    if isinstance(value, Mapping):
        out: dict[str, Any] = {}
        for name, inner in value.items():
            if isinstance(name, str) and name.endswith(SUFFIX):
                continue
            other = value.get(f"{name}{SUFFIX}") if chinese and isinstance(inner, str) else None
            out[name] = other if isinstance(other, str) and other else _localised(inner, chinese)
        if chinese:
            for name, inner in value.items():
                plain = str(name).removesuffix(SUFFIX)
                if plain != name and plain not in out and isinstance(inner, str):
                    out[plain] = inner  # a text that exists in Chinese only
        return out
    if isinstance(value, list):
        return [_localised(item, chinese) for item in value]
    return value
