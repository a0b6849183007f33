"""Finding texts by any part of their words: what is kept of a text, and by which pairs of characters it is looked up.

A pair is found in Chinese as in any other language, by every database alike: no dictionary, no trigrams (线索 has
none), no lower case of the server's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from engine.domain.matching import fold

WORDS_MOST = 8  # further words of a search are not looked for
_NOWHERE = re.compile("[\x00\ud800-\udfff]")  # characters that no database keeps: looked for as one that nobody writes
_HALF, _SIGN = 0xFFFF, 1 << 31


def kept(parts: Iterable[str | None]) -> str:
    """Texts as they are searched: each on a line of its own, so that no word spans two."""
    return "\n".join(fold(part) for part in dict.fromkeys(parts) if part)


def asked(search: str) -> list[str]:
    """The words of a search, as they stand in what is kept."""
    return list(dict.fromkeys(fold(_NOWHERE.sub("\ufffe", word)) for word in search.split()))[:WORDS_MOST]


def grams(texts: Iterable[str]) -> list[int]:
    """What a kept text is looked up by: its characters and its pairs of neighbours, each a number of 32 bits."""
    found: set[int] = set()
    for word in _words(texts):
        found.update(word)
        found.update([one << 16 | other for one, other in pairwise(word)])
    return [gram - _SIGN for gram in sorted(found)]


def needed(words: Iterable[str]) -> list[int]:
    """The grams that every text with these words has; others may have them, too."""
    found: set[int] = set()
    for word in _words(words):
        found.update([one << 16 | other for one, other in pairwise(word)] or word)
    return [gram - _SIGN for gram in sorted(found)]


def _words(texts: Iterable[str]) -> Iterator[list[int]]:
    # Characters beyond 16 bits (rare signs, emoji) share numbers: the text itself is compared in the end.
    return ([ord(char) & _HALF for char in word] for text in texts for word in text.split())
