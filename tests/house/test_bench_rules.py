"""The benchmark of rules measures what it says: right answers, every engine in its own form, nothing made up. (C12)"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench import rules, rules_cases, rules_peers
from bench.peers import PACKAGES, NoPeer, Peers


def report(*arguments: str) -> dict[str, Any]:
    """The one line that the command prints, and what it says beside it."""
    got = CliRunner().invoke(rules.main, ["--json", *arguments])
    assert got.exit_code == 0, got.output
    (line,) = got.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    assert list(found) == ["expression_us", "table20_us", "table2000_us"]
    beside = (line.strip().partition(": ") for line in got.stderr.splitlines())
    return found | {
        key: json.loads(text) for key, _, text in beside if key in ("wrong", "missing", "rounds", "times_faster")
    }


def test_the_context_has_twelve_keys_and_three_records() -> None:
    assert len(rules_cases.CONTEXT) == 12
    assert sum(isinstance(value, dict) for value in rules_cases.CONTEXT.values()) == 3
    assert len(rules_cases.EXPRESSIONS) == 10
    assert [len(rules_cases.rules(count)) for count in rules.TABLES] == [20, 2000]


def test_our_figures_come_from_right_answers() -> None:
    found = report("--own", "--rounds", "1", "--repeats", "50")
    assert found["wrong"] == {}
    assert found["expression_us"]["crmflow"] > 0
    # Both tables are indexed: a hundred times the rules costs nearly the same.
    assert found["table2000_us"]["crmflow"] < 5 * found["table20_us"]["crmflow"]


def test_a_wrong_answer_and_a_refusal_are_reported() -> None:
    class Wrong:
        def expression(self, case: dict[str, Any]) -> rules_peers.Ask:
            if "upper" in case["feel"]:
                raise ValueError("no such function")
            return lambda context: "wrong"

        def table(self, table: dict[str, Any]) -> rules_peers.Ask:
            return lambda context: table["rows"][0]["expected"]

    found = rules_peers.run(Wrong(), rules_cases.job((20,), 1))
    assert found["expressions"][5] is None
    assert len(found["wrong"]) == 11  # all ten, and the table


def test_peers_that_cannot_be_had_are_null_with_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def no_pip(self: Peers, name: str) -> None:
        raise NoPeer("BENCH-01", f"pip cannot install {PACKAGES[name]}")

    monkeypatch.setattr(Peers, "ready", no_pip)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = report("--rounds", "1", "--repeats", "5")
    assert found["expression_us"]["zen"] is None
    assert found["table2000_us"]["pysfeel"] is None
    assert found["missing"]["zen"].startswith("BENCH-01")


def test_a_slow_peer_is_measured_once_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def one(name: str, job: dict[str, Any], peers: Peers | None) -> dict[str, Any]:
        now[0] += 600 if name == "pysfeel" else 1
        return {"expressions": [1.0] * 10, "tables": {"20": 1.0, "2000": 1.0}, "wrong": []}

    monkeypatch.setattr(rules, "_one", one)
    monkeypatch.setattr(Peers, "version", lambda self, name: "1")
    found = rules.measure(rules_cases.job(rules.TABLES, 1), 3, Peers(), lambda: now[0])
    assert found["rounds"] == {name: 1 if name == "pysfeel" else 3 for name in ("crmflow", *PACKAGES)}


def test_an_environment_that_cannot_be_made_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: Any, **more: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, "", "no network\n")

    monkeypatch.setattr(subprocess, "run", fails)
    with pytest.raises(NoPeer, match="no network") as caught:
        Peers(tmp_path / "home").ready("zen")
    assert caught.value.code == "BENCH-01"


@pytest.mark.prove(only=True)
def test_the_peers_run_and_ours_is_ahead(tmp_path: Path) -> None:
    """Needs the packages; where they cannot be had, the report must say so for each."""
    found = report("--rounds", "1", "--repeats", "200")
    ours = found["expression_us"]["crmflow"]
    if found["missing"]:
        assert all(reason.startswith("BENCH-") for reason in found["missing"].values())
        return
    assert ours < found["expression_us"]["zen"]
    assert found["table20_us"]["crmflow"] < found["table20_us"]["zen"]
    assert found["times_faster"]["pysfeel"] >= 50
    assert found["times_faster"]["bkflow_feel"] >= 50
    assert found["table2000_us"]["crmflow"] <= 5 * found["table20_us"]["crmflow"]
