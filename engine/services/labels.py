"""Texts of models in other languages: ``labels.<locale>.yaml`` beside the models, pinned with each version.

The file maps a model's id to {element id: text}; the model's own id names the model itself, and an id followed by
``#documentation`` stands for what the element's documentation says, by ``#goal`` and ``#kpi`` for a process's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from engine.domain import yamls
from engine.domain.states import Severity
from engine.domain.values import FileIn, Finding
from engine.i18n import DEFAULT, LANGUAGES

_NAME = re.compile(r"(?:^|/)labels\.([A-Za-z_]+)\.ya?ml$")

Labels = Mapping[str, Mapping[str, str]]  # locale → element id → text


def locale_of(name: str) -> str | None:
    """The locale a file holds labels of, None if it holds none."""
    found = _NAME.search(name)
    return found[1] if found else None


def read(file: FileIn) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """(model id → element id → text, findings) of a file of labels."""
    locale = locale_of(file.name)
    if locale not in LANGUAGES:
        return {}, [_finding(file, f"There is no language '{locale}'.", f"没有语言“{locale}”。")]
    try:
        data = yamls.load(file.content)
    except yaml.YAMLError as error:
        return {}, [_finding(file, "The file is not YAML.", "文件不是 YAML。", yamls.line_of(error))]
    if not isinstance(data, Mapping) or not all(_is_texts(texts) for texts in data.values()):
        return {}, [_finding(file, "The file does not map models to texts.", "文件未将模型映射到文本。")]
    return {str(model): {str(k): str(v) for k, v in texts.items()} for model, texts in data.items()}, []


def shown(labels: Mapping[str, Labels], key: str, element: str, text: str, locale: str) -> str:
    """The text of an element of process ``key`` in a language; as drawn where it is not translated."""
    if locale == DEFAULT:
        return text
    return labels.get(key, {}).get(locale, {}).get(element, text)


def _is_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(text, (str, int, float)) for text in value.values())


def _finding(file: FileIn, message: str, chinese: str, line: int | None = None) -> Finding:
    return Finding(
        "CRM-841",
        Severity.ERROR,
        message,
        line=line,
        file=file.name,
        fix="Write 'model id:' and below it 'element id: text', in a file labels.zh_Hans.yaml.",
        message_zh=chinese,
        fix_zh="在 labels.zh_Hans.yaml 中写“模型 id:”，其下写“元素 id: 文本”。",
    )
