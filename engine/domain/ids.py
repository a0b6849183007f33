"""Identifiers: 16 lower-case Crockford base-32 characters, ordered by time (42 bits of ms, 38 random bits).

Short enough for an address or a telephone, ordered so that indexes grow at one end, random enough
that two processes creating 1,000 a second meet once in thousands of years.
"""

from __future__ import annotations

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z


def new_id(now: datetime) -> str:
    """A new identifier of 16 characters, in time order to the millisecond."""
    ms = int(now.timestamp() * 1000) - _EPOCH_MS
    number = ((ms & ((1 << 42) - 1)) << 38) | secrets.randbits(38)
    out = []
    for _ in range(16):
        out.append(_ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(out))
