"""``crmflow demo`` up to serving: packs, people, sample records; safe to repeat; log-ins are new each time."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from click.testing import CliRunner

from engine.app import Engine
from engine.cli import main
from engine.cli.demo import free_port
from engine.cli.sample import rows
from engine.domain.commands import LogIn
from engine.domain.errors import Invalid


def crmflow(*args: str) -> str:
    got = CliRunner().invoke(main, args)
    assert got.exit_code == 0, got.output
    return got.stdout


def logins(output: str) -> dict[str, str]:
    """Log-in → password, from the printed table."""
    found = (re.match(r"[│|]\s+(\w+)\s+[│|]\s+(\S+)\s+[│|]", line) for line in output.splitlines())
    return {match[1]: match[2] for match in found if match}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, str]:
    """(database, what the first run printed, what the second run printed)."""
    db = f"sqlite:///{tmp_path_factory.mktemp('demo')}/demo.sqlite"
    first = crmflow("demo", "--db", db, "--no-serve", "--rows", "2")
    return db, first, crmflow("demo", "--db", db, "--no-serve", "--rows", "2")


def listed(db: str, *args: str) -> list[dict[str, Any]]:
    return list(json.loads(crmflow(*args, "--json", "--db", db)))


def test_tasks_wait_and_a_timer_counts_down(demo: tuple[str, str, str]) -> None:
    tasks = listed(demo[0], "tasks")
    assert tasks
    assert any(task["next_deadline_at"] for task in tasks)
    assert listed(demo[0], "incidents") == []


def test_address_and_logins_are_printed(demo: tuple[str, str, str]) -> None:
    assert re.search(r"http://127\.0\.0\.1:\d+/", demo[1])
    engine = Engine.open(demo[0])
    try:
        found = logins(demo[2])
        roles = {role for login, password in found.items() for role in engine.do(LogIn(login, password)).roles}
        assert roles == {"designer", "employee", "manager", "consultant", "administrator"}
    finally:
        engine.close()


def test_second_run_adds_nothing_and_makes_new_passwords(demo: tuple[str, str, str]) -> None:
    db, first, second = demo
    assert "0 new" in second
    assert set(logins(first)) == set(logins(second))
    assert not set(logins(first).values()) & set(logins(second).values())
    assert len(listed(db, "records", "list", "case")) == 2


def test_sample_is_the_same_every_time() -> None:
    sample = {
        "kind": "lead",
        "count": 6,
        "seed": 3,
        "locales": ["en_GB", "zh_CN"],
        "fields": {
            "name": {"faker": "name"},
            "size": {"between": [10, 20], "step": 5},
            "grade": {"one": {"a": 1, "b": 0}},
            "country": {"by": {"en_GB": "GB", "zh_CN": "CN"}},
            "note": {"value": "x", "chance": 0},
        },
    }
    made = list(rows(sample))
    assert made == list(rows(sample))
    assert [row.external_id for row in made] == [f"lead-000{n}" for n in range(1, 7)]
    assert [row.data["country"] for row in made] == ["GB", "CN"] * 3
    assert {row.data["size"] for row in made} <= {10, 15, 20}
    assert {row.data["grade"] for row in made} == {"a"}
    assert all("note" not in row.data for row in made)


def test_sample_that_says_nothing_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        list(rows({"kind": "lead", "count": 1, "fields": {"name": {"chance": 1}}}))
    assert caught.value.code == "CRM-069"


def test_busy_port_is_left_alone() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        assert free_port("127.0.0.1", wanted) != wanted
