"""Texts are found by any part of their words: what is kept, asked and looked up, against Python's own ``in``."""

from __future__ import annotations

from hypothesis import example, given, strategies as st

from engine.domain.finding import WORDS_MOST, asked, grams, kept, needed
from engine.domain.matching import fold

TEXTS = st.text(st.sampled_from("abAB王线索上 %_/\\.\t\u3000Ａß🎈ﬁ'") | st.characters(codec="utf-8"), max_size=12)


@given(st.lists(TEXTS, max_size=4), TEXTS, st.integers(0, 40), st.integers(1, 6))
@example(["线索"], "", 0, 2)
@example(["a¨b"], "¨", 0, 1)  # its full form begins with a blank
def test_a_text_has_all_grams_of_every_word_in_it(parts, other, start, size):
    text = kept(parts)
    part = text[start % (len(text) or 1) :][:size]  # a part of it, and something else
    looked_up = set(grams((text,)))
    for search in (part, other):
        for word in asked(search):
            if word in text:
                assert looked_up >= set(needed([word]))


@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_words_are_met_as_python_meets_them(parts, search):
    text = kept(parts)
    for word in asked(search):
        assert (word in text) == any(word in fold(part) for part in parts)
        assert "\n" not in word


def test_what_is_kept_does_not_depend_on_case_or_width():
    assert kept(["Angebot ＡＢＣ", None, "", "ÄRGER", "Angebot ＡＢＣ"]) == "angebot abc\närger"
    assert asked("ＡＢＣ  Ärger abc") == ["abc", "ärger"]
    assert kept([None, ""]) == ""


def test_grams_fit_the_database_s_integers():
    found = grams(["\u0001\uffff\U0010ffff 🎈🎈"])
    assert found
    assert all(-(2**31) <= gram < 2**31 for gram in found)
    assert set(needed(["🎈"])) <= set(found)


def test_a_search_has_no_more_words_than_are_looked_for():
    assert len(asked(" ".join(f"w{n}" for n in range(50)))) == WORDS_MOST
    assert asked(" \t\u3000 ") == []
    assert needed([]) == []


def test_what_no_database_keeps_is_nowhere():
    for strange in ("a\x00b", "\ud800"):
        (word,) = asked(strange)
        assert word not in kept(["a b", "ab", "\x00"])
        word.encode()
