"""States written by every release still run: each kept state is loaded and the rest of its commands played."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from bpmn_play import Player
from scenarios import HERE, SCENARIOS, perform

from engine.bpmn import codec

FILES = sorted(HERE.glob("v*/*.json"))
_FIELDS = {
    "tasks": ("key", "element_id"),
    "calls": ("key", "element_id"),
    "faults": ("key", "element_id"),
    "timers": ("key", "element_id", "due_at"),
    "waits": ("key", "element_id", "name"),
}


def revived(record: dict[str, Any], kept: dict[str, Any]) -> Player:
    """A player as it stood when the state was written."""
    called = {key: xml.encode() for key, xml in record["called"].items()}
    player = Player(record["model"].encode(), called=called, lonely=True)
    player.state = base64.b64decode(kept["state"])
    player.now = datetime.fromisoformat(kept["now"])
    for kind, fields in _FIELDS.items():
        for row in kept["open"][kind]:
            item = SimpleNamespace(**dict(zip(fields, row, strict=True)))
            if kind == "timers":
                item.due_at = datetime.fromisoformat(item.due_at)
            getattr(player, kind)[item.key] = item
    return player


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_kept_state_runs_on_to_the_same_end(path: Path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["states"]
    for n, kept in enumerate(record["states"]):
        player = revived(record, kept)
        for command in record["commands"][n:]:
            perform(player, command)
        assert player.status == record["status"]
        assert player.trace == record["trace"][kept["history"] :]
        assert repr(sorted(player.variables.items())) == record["variables"]


def test_every_scenario_has_a_file_of_the_present_version():
    assert {p.stem for p in FILES if p.parent.name == f"v{codec.VERSION}"} == set(SCENARIOS)
