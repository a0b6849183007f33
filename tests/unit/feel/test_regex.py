"""Regular expressions of XPath (DMN 1.5, 10.3.4.3): both ways to run them say the same, in bounded time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from engine import feel
from engine.feel.faults import Unfit
from engine.feel.pattern import Reader
from engine.feel.pike import Machine
from engine.feel.regex import Pattern, pattern


@pytest.mark.parametrize(
    ("text", "flags", "string", "span"),
    [
        ("a|ab", "", "xab", (1, 2)),
        ("(a+)+b", "", "aaab", (0, 4)),
        ("^b", "", "a\nb", None),
        ("^b", "m", "a\nb", (2, 3)),
        ("a$", "", "a\n", None),
        ("a$", "m", "a\nb", (0, 1)),
        ("a.b", "", "a\nb", None),
        ("a.b", "s", "a\nb", (0, 3)),
        ("A B", "ix", "ab", (0, 2)),
        ("a.b", "q", "axb a.b", (4, 7)),
        ("[a-z-[aeiou]]+", "", "aebcd", (2, 5)),
        (r"\p{Lu}\p{Ll}+", "", "aBcd", (1, 4)),
        (r"\P{L}", "", "ab1", (2, 3)),
        (r"\p{IsCJKUnifiedIdeographs}+", "", "ab线索c", (2, 4)),
        (r"\d{2,3}?", "", "12345", (0, 2)),
        (r"[\d\-x]+", "", "a1-x", (1, 4)),
        (r"(\w)\1", "", "abccd", (2, 4)),
        (r"\i\c*", "", "1a-b", (1, 4)),
        ("x*?y", "", "xxy", (0, 3)),
        ("[^a]", "", "ab", (1, 2)),
        ("", "", "a", (0, 0)),
    ],
)
def test_finds_the_first_match(text: str, flags: str, string: str, span: tuple[int, int] | None) -> None:
    found = Pattern(text, flags).find(string)
    assert (found and found[:2]) == span


@pytest.mark.parametrize(
    "text",
    ["(", ")", "[a", "a**", r"\q", "(?=a)", "a{2,1}", "*a", "[z-a]", r"\p{Foo}", "a{", "[[a]]", "a]", r"\2(a)", "\\"],
)
def test_what_cannot_be_read_is_a_null_with_the_reason(text: str) -> None:
    with pytest.raises(Unfit, match="the pattern"):
        Pattern(text, "")


@pytest.mark.parametrize(
    ("text", "replacement", "expected"),
    [
        ("b(.)", "[$1$0]", "a[cbc]d"),
        ("b", r"\$\\", r"a$\cd"),
        ("(b)", "$12", "ab2cd"),
        ("b|(x)", "<$1>", "a<>cd"),
    ],
)
def test_replacements(text: str, replacement: str, expected: str) -> None:
    assert pattern(text, "").replace("abcd", replacement) == expected


@pytest.mark.parametrize("replacement", ["$", "$x", "\\", r"\n"])
def test_stray_signs_in_a_replacement_are_refused(replacement: str) -> None:
    with pytest.raises(Unfit, match="the replacement"):
        pattern("b", "").replace("abc", replacement)


def test_long_texts_are_replaced_and_split_within_the_bounds() -> None:
    scope = {"s": "a,b " * 20_000}
    assert feel.evaluate('count(split(s, ","))', scope) == 20_001
    assert feel.evaluate('string length(replace(s, "[ab]+", ""))', scope) == 40_000


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "(a)", "(a|b)", "(?:ab)", "^", "$", r"\w"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map("|".join)
        | st.tuples(inner, st.sampled_from(["*", "+", "?", "{1,2}", "*?", "+?"])).map(lambda p: f"(?:{p[0]}){p[1]}")
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(PATTERNS, st.text(alphabet="abc\n", max_size=8), st.sampled_from(["", "m", "s", "i"]))
def test_the_machine_and_python_find_the_same(text: str, string: str, flags: str) -> None:
    quick = Pattern(text, flags)
    if quick.compiled is None:
        return
    reader = Reader(text, flags)
    machine = Machine(reader.read(), reader.groups, fold="i" in flags, lines="m" in flags)
    one, other = quick.compiled.search(string), machine.find(string)
    assert (one and one.span()) == (other and other[:2])
