"""The shape of a finding's text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Three sentences, twice."""

    message: str
    why: str
    fix: str
    message_zh: str
    why_zh: str
    fix_zh: str
