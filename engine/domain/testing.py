"""Scenarios that were deployed with their models: the question for them and for what they are played with."""

from __future__ import annotations

from dataclasses import dataclass

from engine.domain.access import Actor
from engine.domain.questions import Question
from engine.domain.values import FileIn


@dataclass(frozen=True, slots=True)
class ScenarioKit:
    """What a definition's scenarios need: their files, and every model as it is deployed now."""

    key: str
    scenarios: tuple[FileIn, ...]
    models: tuple[FileIn, ...]  # this version of ``key``; of everything else the newest


@dataclass(frozen=True, slots=True)
class GetScenarios(Question[ScenarioKit]):
    """The newest scenarios of a definition. ``models`` is left empty when only their number is asked for."""

    definition_id: str
    by: Actor
    with_models: bool = True
