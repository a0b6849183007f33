"""Every construct is played twice: straight through, and with save-and-restore between any two commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bpmn_play import Player


@pytest.fixture(params=[False, True], ids=["straight", "restored"])
def play(request: pytest.FixtureRequest) -> Callable[..., Player]:
    """``play(xml, **options)`` → a Player."""

    def make(xml: bytes, **options: Any) -> Player:
        return Player(xml, restore=request.param, **options)

    return make
