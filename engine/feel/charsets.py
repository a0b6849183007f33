"""Sets of characters by name: XML Schema's escapes and Unicode's categories and blocks."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from engine.feel.faults import Unfit

Test = Callable[[str], bool]

_CATEGORIES = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po Z Zs Zl Zp S Sm Sc Sk So C Cc Cf Co Cn".split()  # noqa: SIM905
)
_BLOCKS = {
    "BasicLatin": (0x0000, 0x007F),
    "Latin-1Supplement": (0x0080, 0x00FF),
    "LatinExtended-A": (0x0100, 0x017F),
    "LatinExtended-B": (0x0180, 0x024F),
    "IPAExtensions": (0x0250, 0x02AF),
    "SpacingModifierLetters": (0x02B0, 0x02FF),
    "CombiningDiacriticalMarks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "GreekandCoptic": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x04FF),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Devanagari": (0x0900, 0x097F),
    "Thai": (0x0E00, 0x0E7F),
    "HangulJamo": (0x1100, 0x11FF),
    "LatinExtendedAdditional": (0x1E00, 0x1EFF),
    "GreekExtended": (0x1F00, 0x1FFF),
    "GeneralPunctuation": (0x2000, 0x206F),
    "SuperscriptsandSubscripts": (0x2070, 0x209F),
    "CurrencySymbols": (0x20A0, 0x20CF),
    "LetterlikeSymbols": (0x2100, 0x214F),
    "NumberForms": (0x2150, 0x218F),
    "Arrows": (0x2190, 0x21FF),
    "MathematicalOperators": (0x2200, 0x22FF),
    "BoxDrawing": (0x2500, 0x257F),
    "CJKSymbolsandPunctuation": (0x3000, 0x303F),
    "Hiragana": (0x3040, 0x309F),
    "Katakana": (0x30A0, 0x30FF),
    "Bopomofo": (0x3100, 0x312F),
    "CJKUnifiedIdeographsExtensionA": (0x3400, 0x4DBF),
    "CJKUnifiedIdeographs": (0x4E00, 0x9FFF),
    "HangulSyllables": (0xAC00, 0xD7AF),
    "CJKCompatibilityIdeographs": (0xF900, 0xFAFF),
    "HalfwidthandFullwidthForms": (0xFF00, 0xFFEF),
}


def category(name: str, negated: bool) -> tuple[None, Test]:
    """``\\p{Lu}``, ``\\p{IsGreek}``; ``Unfit`` if there is none of that name."""
    if name in _CATEGORIES:
        return None, (lambda ch: not unicodedata.category(ch).startswith(name)) if negated else (
            lambda ch: unicodedata.category(ch).startswith(name)
        )
    block = _BLOCKS.get(name[2:]) if name.startswith("Is") else None
    if block is None:
        raise Unfit(f"the pattern asks for characters of {name!r}, which is no category or block")
    low, high = map(chr, block)
    return None, (lambda ch: not low <= ch <= high) if negated else (lambda ch: low <= ch <= high)


def _initial(ch: str) -> bool:
    return ch.isalpha() or ch in "_:"


def _name_char(ch: str) -> bool:
    return ch.isalnum() or ch in "_:.-·" or unicodedata.category(ch) in ("Mn", "Mc")


def _word(ch: str) -> bool:
    return ch.isalnum() or ch == "_"


_SPACE = " \t\n\r"
_ESCAPES: dict[str, tuple[str | None, Test]] = {
    "s": (" \\t\\n\\r", lambda ch: ch in _SPACE),
    "S": (None, lambda ch: ch not in _SPACE),
    "d": ("\\d", lambda ch: unicodedata.category(ch) == "Nd"),
    "D": ("\\D", lambda ch: unicodedata.category(ch) != "Nd"),
    "w": ("\\w", _word),
    "W": ("\\W", lambda ch: not _word(ch)),
    "i": (None, _initial),
    "I": (None, lambda ch: not _initial(ch)),
    "c": (None, _name_char),
    "C": (None, lambda ch: not _name_char(ch)),
}


def escape_class(sign: str) -> tuple[str | None, Test] | None:
    """The set behind ``\\s``, ``\\d`` …: its text inside a class of Python's ``re`` (None: none), and a test."""
    return _ESCAPES.get(sign)
