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
from scenarios import HERE, KEPT, SLEEPING, perform, record

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
    kept_file = json.loads(path.read_text(encoding="utf-8"))
    assert kept_file["states"]
    for n, kept in enumerate(kept_file["states"]):
        player = revived(kept_file, kept)
        for command in kept_file["commands"][n:]:
            perform(player, command)
        assert player.status == kept_file["status"]
        assert player.trace == kept_file["trace"][kept["history"] :]
        assert repr(sorted(player.variables.items())) == kept_file["variables"]


def test_every_scenario_has_a_file_of_the_version_that_its_states_have():
    assert {codec.VERSION, codec.SLEEPERS} == set(KEPT)
    for version, scenarios in KEPT.items():
        assert {p.stem for p in FILES if p.parent.name == f"v{version}"} == set(scenarios)


@pytest.mark.parametrize("name", sorted(SLEEPING))
def test_states_of_many_are_kept_asleep(name: str):
    kept = json.loads((HERE / f"v{codec.SLEEPERS}" / f"{name}.json").read_text(encoding="utf-8"))["states"]
    first = base64.b64decode(kept[0]["state"])
    assert codec.asleep_in(first) > 30
    assert record(*SLEEPING[name])["states"][0]["open"] == kept[0]["open"]
