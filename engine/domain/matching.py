"""Comparing and finding records: normalised mail, phone and names for duplicates; words and Chinese bigrams for search.

Only digests of what is compared leave the record (``record_match``); the words are the search index (``record_word``).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.domain.records import Kind

MAX_WORDS = 96
_WORD = re.compile(r"[0-9a-z_À-ɏͰ-ӿ]+")
_HAN = re.compile(r"[㐀-䶿一-鿿豈-﫿぀-ヿ가-힯]+")
_LEGAL = re.compile(
    r"\b(inc|incorporated|ltd|limited|llc|llp|corp|corporation|co|company|gmbh|ag|kg|sa|sarl|srl|spa|plc|bv|nv|oy|ab)\b"
    r"|股份有限公司|有限责任公司|有限公司|集团|公司"
)
_TWO_DIGIT_CODES = re.compile(
    r"2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
)  # E.164 country codes of two digits; 1 and 7 have one, all others three


def fold(text: str) -> str:
    """The text for comparison: full-width to half-width, lower case, accents kept."""
    return unicodedata.normalize("NFKC", text).casefold()


def mail_key(mail: str) -> str | None:
    """``Ann+fair@Example.com`` and ``ann@example.com`` are one box."""
    local, at, host = fold(mail).strip().rpartition("@")
    local = local.split("+", 1)[0]
    return f"{local}@{host}" if at and local and host else None


def phone_key(phone: str) -> str | None:
    """The national number: +49 (0)30 123456, 0049 30 123456 and 030/123456 are one line.

    Extensions are cut off. A country code is recognised by ``+`` or ``00`` (E.164: 1 to 3 digits).
    """
    text = re.split(r"(?:ext|x|#|转)", fold(phone).replace("(0)", ""))[0]
    digits = "".join(str(unicodedata.digit(c)) for c in text if c.isdigit())
    if text.strip().startswith("+") or digits.startswith("00"):
        digits = digits.removeprefix("00")
        size = 1 if digits[:1] in "17" else 2 if _TWO_DIGIT_CODES.match(digits) else 3
        digits = digits[size:]
    digits = digits.lstrip("0")
    return digits if len(digits) >= 6 else None


def name_key(*parts: str) -> str | None:
    """Name and company without case, punctuation and legal form; all parts are needed."""
    keys = ["".join(c for c in _LEGAL.sub("", fold(p)) if c.isalnum()) for p in parts]
    return "|".join(keys) if keys and all(keys) else None


def match_values(kind: Kind, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The digests that this record shares with its duplicates, e.g. ``mail:3f…``."""
    return tuple(dict.fromkeys(f"{how}:{_digest(key)}" for how, key in _keys(kind, data)))


def _keys(kind: Kind, data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for how, fields in kind.match:
        values = [str(data.get(f) or "") for f in fields]
        if how == "name":
            key = name_key(*values)
            if key:
                yield how, key
            continue
        for value in values:
            key = mail_key(value) if how == "mail" else phone_key(value)
            if key:
                yield how, key


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def words(text: str) -> Iterator[str]:
    """Words of a text; a run of Chinese gives its bigrams and its last character, so any part of it is found."""
    folded = fold(text)
    yield from (w[:64] for w in _WORD.findall(folded))
    for run in _HAN.findall(folded):
        yield from (run[i : i + 2] for i in range(len(run) - 1))
        yield run[-1]


def index_words(kind: Kind, name: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """What a record is found by, at most ``MAX_WORDS`` words."""
    found = dict.fromkeys(words(name))
    for key in kind.search:
        value = data.get(key)
        if value is not None:
            found |= dict.fromkeys(words(str(value)))
            field = kind.field(key)
            if field is not None and field.type == "phone":
                found |= dict.fromkeys(filter(None, [phone_key(str(value))]))
    return tuple(found)[:MAX_WORDS]


def query_words(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(words that must be there, words that must begin so) of what a person typed in a search box."""
    exact: list[str] = []
    begins: list[str] = []
    folded = fold(text)
    begins += [w[:64] for w in _WORD.findall(folded)]
    for run in _HAN.findall(folded):
        if len(run) == 1:
            begins.append(run)
        exact += [run[i : i + 2] for i in range(len(run) - 1)]
    return tuple(dict.fromkeys(exact))[:8], tuple(dict.fromkeys(begins))[:8]


def unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
