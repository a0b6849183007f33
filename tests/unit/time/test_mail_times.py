"""When a mail may go out: quiet hours and digests by the reader's own clock, also where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.domain.telling import Wishes, mail_at

NIGHT = {"quiet": ["20:00", "07:30"]}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wishes", "now", "out"),
    [
        ({}, "2026-03-02 23:00", "2026-03-02 23:00"),
        (NIGHT, "2026-03-02 18:59", "2026-03-02 18:59"),
        (NIGHT, "2026-03-02 19:00", "2026-03-03 06:30"),
        (NIGHT, "2026-03-03 06:29", "2026-03-03 06:30"),
        (NIGHT, "2026-03-03 06:30", "2026-03-03 06:30"),
        ({"quiet": ["12:00", "13:00"]}, "2026-03-02 11:30", "2026-03-02 12:00"),
        ({"mail": "digest"}, "2026-03-02 06:59", "2026-03-02 07:00"),
        ({"mail": "digest"}, "2026-03-02 07:00", "2026-03-03 07:00"),
        ({"mail": "digest", "digest_at": "06:00", **NIGHT}, "2026-03-02 12:00", "2026-03-03 06:30"),
        ({"mail": "digest", "digest_at": "21:00", **NIGHT}, "2026-03-02 12:00", "2026-03-03 06:30"),
        ({"mail": "digest", "digest_at": "02:30"}, "2026-03-28 12:00", "2026-03-29 01:30"),
        ({"mail": "digest", "digest_at": "02:30"}, "2026-10-24 23:00", "2026-10-25 00:30"),
        ({"quiet": ["01:00", "02:30"]}, "2026-10-25 00:10", "2026-10-25 00:30"),
        ({"quiet": ["01:00", "02:30"]}, "2026-10-25 01:10", "2026-10-25 01:30"),
    ],
    ids=[
        "no wishes", "before the night", "as it begins", "its last minute", "as it ends", "a noon's rest", "before it",
        "as it goes out", "a digest before the night is over", "a digest when it has begun", "a skipped half hour",
        "a repeated one, first", "quiet until the first time", "quiet again until the second",
    ],
)  # fmt: skip
def test_mails_go_out_in_berlin(wishes: dict[str, object], now: str, out: str) -> None:
    assert mail_at(Wishes.of(wishes), at(now), "Europe/Berlin") == at(out)
