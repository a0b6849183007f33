"""Every message of FEEL that a person may read is there in Simplified Chinese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import feel
from engine.domain.errors import ExpressionError
from engine.feel.chinese import chinese

SOURCES = sorted((Path(feel.__file__).parent).rglob("*.py"))
RAISERS = {"Unfit", "note", "syntax_error", "failure", "wrong"}


def spoken(node: ast.expr) -> Iterator[str]:
    """The texts of an argument, with something in place of what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "xyz" for part in node.values)
    elif isinstance(node, ast.IfExp):
        yield from spoken(node.body)
        yield from spoken(node.orelse)


def messages() -> set[str]:
    found: set[str] = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in RAISERS:
                    found.update(text for arg in node.args for text in spoken(arg) if " " in text)
    return found


def test_no_message_is_left_in_english() -> None:
    assert [text for text in sorted(messages()) if chinese(text) == text] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('1 + "a"', "“+”：数字与字符串不匹配"),
        ("sum([1, null])", "sum：列表中有空值，应全部为数字"),
        ("substring(1, 2)", "substring：参数“string”是数字，应为字符串"),
        ("date(2020, 2, 30)", "date：2020 年 2 月没有 30 日"),
        ("missing", "此处没有“missing”"),
        ('1 < "a"', "“<”不能将数字与字符串比较"),
        ("sqrt()", "sqrt：需要 1 个参数，而不是 0 个"),
    ],
)
def test_diagnostics_speak_chinese(text: str, expected: str) -> None:
    _, notes = feel.compile(text).diagnose({})
    assert notes[-1].message_zh == expected


def test_errors_carry_their_chinese() -> None:
    with pytest.raises(ExpressionError) as caught:
        feel.compile("1 +")
    assert caught.value.context["message_zh"] == "FEEL 第 1 行第 4 列：文本过早结束。"
    assert caught.value.context["fix_zh"] == "此处应为值。"
