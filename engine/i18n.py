"""Languages: which there are, and the engine's own short texts in each (mails, notices, generated forms)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Locale → the language's own name, in the order menus show them.
LANGUAGES: Mapping[str, str] = {"en": "English", "zh_Hans": "简体中文"}
DEFAULT = "en"

_CATALOGUE: dict[str, dict[str, str]] = {"en": {}, "zh_Hans": {}}


def register(texts: Mapping[str, tuple[str, str]]) -> None:
    """Add texts: key → (English, Simplified Chinese), with ``str.format`` fields. A key is registered once."""
    for key, (english, chinese) in texts.items():
        if key in _CATALOGUE["en"]:
            raise ValueError(f"text {key!r} is registered twice")
        _CATALOGUE["en"][key] = english
        _CATALOGUE["zh_Hans"][key] = chinese


def text(key: str, locale: str = DEFAULT, /, **params: Any) -> str:
    """The text in the language of ``locale``, filled in. Raises KeyError for an unknown key."""
    return _CATALOGUE[language(locale)][key].format(**params)


def language(locale: str | None) -> str:
    """The language we have that is nearest to a locale (``zh-CN`` → ``zh_Hans``, ``de`` → ``en``)."""
    if not locale:
        return DEFAULT
    wanted = locale.replace("-", "_")
    if wanted in LANGUAGES:
        return wanted
    return "zh_Hans" if wanted.split("_")[0].lower() == "zh" else DEFAULT
