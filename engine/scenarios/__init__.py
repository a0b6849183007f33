"""Scenario tests for models: given, when, then in YAML, played by the real engine on a virtual clock, with coverage."""

from engine.scenarios.coverage import Tally
from engine.scenarios.demand import demand, ensure_files, ensure_publishable, ensure_sent, run_definition
from engine.scenarios.play import play
from engine.scenarios.reading import Read, read
from engine.scenarios.results import Failure, PathCoverage, Report, Result, RuleCoverage
from engine.scenarios.run import gather, run, run_files, run_given, run_sent
from engine.scenarios.schema import File, json_schema
from engine.scenarios.starter import starter
from engine.services.kits import SUFFIX

__all__ = [
    "SUFFIX", "Failure", "File", "PathCoverage", "Read", "Report", "Result", "RuleCoverage", "Tally", "demand",
    "ensure_files", "ensure_publishable", "ensure_sent", "gather", "json_schema", "play", "read", "run",
    "run_definition", "run_files", "run_given", "run_sent", "starter",
]  # fmt: skip
