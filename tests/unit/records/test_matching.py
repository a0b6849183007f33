"""Normalised mail, telephone and names; words and Chinese bigrams."""

from __future__ import annotations

import pytest

from engine.domain.matching import mail_key, name_key, phone_key, query_words, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann+fair@Example.com", "ann@example.com"),
        ("  BOB@EXAMPLE.ORG ", "bob@example.org"),
        ("ｃａｉ@example.cn", "cai@example.cn"),
    ],
)
def test_mail_variants_are_one_box(one: str, other: str) -> None:  # C13
    assert mail_key(one) == mail_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+49 (0)30 123456", "030/123456"),
        ("0049 30 123456", "+49-30-123456"),
        ("+1 (805) 247-8982", "805.247.8982 ext. 12"),
        ("+86 138 0013 8000", "13800138000"),
        ("+352 27 123 456", "27123456"),
        ("＋86 138 0013 8000", "138-0013-8000"),
    ],
)
def test_telephone_variants_are_one_line(one: str, other: str) -> None:  # C13
    assert phone_key(one) == phone_key(other) != None  # noqa: E711


def test_different_things_stay_different() -> None:
    assert mail_key("ann@example.com") != mail_key("ann@example.org")
    assert phone_key("030 123456") != phone_key("030 123457")
    assert phone_key("12345") is None, "too short to tell anybody by"
    assert mail_key("not a mail") is None


def test_companies_match_without_their_legal_form() -> None:
    assert name_key("Ann Lee", "ACME, Inc.") == name_key("ann lee", "Acme")
    assert name_key("王芳", "上海云图科技有限公司") == name_key("王 芳", "上海云图科技")
    assert name_key("Ann Lee", "") is None, "a name alone is no match"


def test_any_two_chinese_characters_are_found() -> None:
    held = set(words("上海线索科技有限公司"))
    for part in ("线索", "科技", "公司", "海线索", "司"):
        exact, begins = query_words(part)
        assert set(exact) <= held
        assert all(any(w.startswith(b) for w in held) for b in begins)
    assert not set(query_words("客户")[0]) <= held
