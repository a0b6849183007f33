"""Four eyes: who did the step before is kept with the task's explanation, and stays when another one is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.errors import Forbidden

_KEY = "four_eyes"


def eyes_of(why: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The logins a task is not for."""
    return tuple((why or {}).get(_KEY) or ())


def kept(before: Mapping[str, Any] | None, why: Mapping[str, Any]) -> dict[str, Any]:
    """A new explanation, with the four eyes of the one before."""
    eyes = eyes_of(before)
    return {**why, _KEY: list(eyes)} if eyes else dict(why)


def ensure_other_eyes(name: str, why: Mapping[str, Any] | None, to: str) -> None:
    """Raise ``Forbidden`` CRM-313 if the task is for somebody else than ``to``, who did the step before it."""
    eyes = eyes_of(why)
    if to in eyes or (eyes and to.startswith("team:")):
        raise Forbidden(
            "CRM-313",
            f"'{name}' is for other eyes than those of {', '.join(eyes)}.",
            fix="Give it to a person who did not do the step before.",
        )
