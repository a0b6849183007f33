"""Turns FEEL text into tokens (DMN 1.5, 10.3.1.2, rules 27-37 and 65)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.feel.faults import syntax_error

MAX_TEXT = 200_000

_START = (
    "?A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_SPACE = "\\s\u0085\u180e\u200b\ufeff"

_TOKEN = re.compile(
    rf"""
      (?P<skip>[{_SPACE}]+ | //[^\n]* | /\*.*?\*/)
    | (?P<num>\d+(?:\.\d+)?(?:[eE][+-]?\d+)? | \.\d+(?:[eE][+-]?\d+)?)
    | (?P<str>"(?:[^"\\]|\\.)*")
    | (?P<name>[{_START}][{_PART}]*)
    | (?P<op>\*\*|\.\.|<=|>=|!=|->|[-+*/=<>()\[\]{{}},:.@'’])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))",
    re.DOTALL,
)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


@dataclass(slots=True)
class Token:
    """``kind`` is num, str, name, op or end; ``start`` and ``end`` are offsets into the text."""

    kind: str
    text: str
    start: int
    end: int


def tokenise(text: str) -> list[Token]:
    """All tokens of ``text``, the last of kind ``end``. Raises CRM-501, CRM-502."""
    if len(text) > MAX_TEXT:
        raise syntax_error("CRM-502", f"the text is longer than {MAX_TEXT} characters", text[:100], 0)
    tokens: list[Token] = []
    pos, size, match = 0, len(text), _TOKEN.match
    while pos < size:
        found = match(text, pos)
        if found is None:
            raise _unreadable(text, pos)
        kind = found.lastgroup
        end = found.end()
        if kind != "skip":
            if kind == "op" and found[0] == "/" and text.startswith("/*", pos):
                raise syntax_error("CRM-501", "the comment is not closed", text, pos, expected="*/")
            tokens.append(Token(str(kind), found[0], pos, end))
        pos = end
    tokens.append(Token("end", "", size, size))
    return tokens


def _unreadable(text: str, pos: int) -> Exception:
    if text[pos] == '"':
        return syntax_error("CRM-501", "the string is not closed", text, pos, expected='a closing "')
    hint = {"&": "and", "|": "or", "%": "modulo(a, b)", "^": "**", "!": "not(…) or !=", "“": 'plain quotes "'}.get(
        text[pos], ""
    )
    return syntax_error("CRM-501", f"the character {text[pos]!r} means nothing in FEEL", text, pos, expected=hint)


def unquote(raw: str) -> str:
    """The value of a string literal, quotes included in ``raw``. An unknown escape stays as written."""
    body = raw[1:-1]
    if "\\" not in body:
        return body
    return _ESCAPE.sub(_unescape, body)


def _unescape(found: re.Match[str]) -> str:
    high, low, four, six, one = found.groups()
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + (int(low, 16) - 0xDC00))
    if four or six:
        point = int(four or six, 16)
        return chr(point) if _is_char(point) else found[0]
    return _PLAIN.get(one, found[0])


def _is_char(point: int) -> bool:
    """Half of a surrogate pair and NUL are no characters: no database and no message could hold them."""
    return 0 < point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF


def quote(value: str) -> str:
    """A string literal that reads back as ``value``."""
    out = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{out}"'
