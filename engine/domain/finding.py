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
    return sorted({gram for text in texts for word in text.split() for gram in (*_pairs(word), *map(_single, word))})


def needed(words: Iterable[str]) -> list[int]:
    """The grams that every text with these words has; others may have them, too."""
    found: set[int] = set()
    for text in words:
        for word in text.split():
            found.update(_pairs(word) if len(word) > 1 else map(_single, word))
    return sorted(found)


def _single(char: str) -> int:
    return (ord(char) & _HALF) - _SIGN


def _pairs(word: str) -> Iterator[int]:
    # Characters beyond 16 bits (rare signs, emoji) share numbers: the text itself is compared in the end.
    return (((ord(one) & _HALF) << 16 | ord(other) & _HALF) - _SIGN for one, other in pairwise(word))
