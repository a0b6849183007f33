"""Rules: DMN models as people see, try and publish them. Values, questions and commands of the Rules room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.domain.access import Actor
from engine.domain.commands import Command
from engine.domain.questions import Question
from engine.domain.sla_values import Preview
from engine.domain.values import Finding, Page


@dataclass(frozen=True, slots=True)
class RulesRow:
    """One version of a DMN model. ``definitions`` and ``running`` count the newest version's users."""

    id: str
    key: str  # id of the model
    version: int
    name: str
    hash: str
    deployed_at: datetime
    deployed_by: str
    decisions: tuple[str, ...] = ()  # names by which it can be asked
    findings: Mapping[str, int] = field(default_factory=dict)  # severity → number
    reason: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)  # decision → zeebe:versionTag
    definitions: int = 0  # processes that ask it
    running: int = 0  # their running instances
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # locale → element id → text

    def text(self, element: str, drawn: str, locale: str) -> str:
        """What an element is called in a language; the model itself goes by its key."""
        return self.labels.get(locale, {}).get(element, drawn)


#: Decision as drawn, and its id → text as drawn ("" is the decision itself) → text in another language.
Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class RulesField:
    """One value to give when a decision is tried; ``kind`` is FEEL's name of its type, or ``any``."""

    path: str
    label: str
    kind: str
    choices: tuple[Any, ...] = ()
    closed: bool = False  # nothing but the choices is allowed
    assumed: bool = False  # the result of another decision: decided, unless given


@dataclass(frozen=True, slots=True)
class RulesDecision:
    """A decision of a model and what it is tried with."""

    id: str
    name: str
    kind: str  # table, literal, context …
    fields: tuple[RulesField, ...] = ()


@dataclass(frozen=True, slots=True)
class RulesUse:
    """A place of a version of a process that asks a decision, and which version of the rules decides there."""

    definition_id: str
    definition_key: str
    definition_name: str
    version: int
    state: str
    element: str
    decision: str
    binding: str  # latest, deployment, versionTag
    tag: str
    decides: int | None  # version of the rules; None: another model decides, or none
    running: int  # instances of that version of the process
    follows: bool  # a newly published version would decide here


@dataclass(frozen=True, slots=True)
class RulesView:
    """A version of a model with everything its page shows."""

    row: RulesRow
    newest: int
    decisions: tuple[RulesDecision, ...]
    uses: tuple[RulesUse, ...]
    versions: tuple[RulesRow, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a decision gives for some inputs, and why: ``trace`` as ``engine.dmn`` tells it, ``problems`` of nulls."""

    decision: str
    value: Any
    trace: tuple[Mapping[str, Any], ...]
    problems: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RulesCase:
    """A decision made in an instance: what was given then, by path, and what came out."""

    instance_id: str
    business_key: str | None
    process: str  # name of the process
    step: str  # name of the task; "" for the choice of a variant
    at: datetime
    decision: str
    version: int | None  # of the rules, where it was noted
    given: Mapping[str, Any]
    lost: tuple[str, ...]  # labels of inputs that were not kept
    output: Any = None


@dataclass(frozen=True, slots=True)
class RulesPreview:
    """What publishing a text would change."""

    key: str
    base: int  # the version it would follow
    unchanged: bool
    findings: tuple[Finding, ...]
    changes: tuple[Mapping[str, Any], ...]  # as ``engine.dmn.compare`` tells them
    uses: tuple[RulesUse, ...]
    importers: tuple[str, ...] = ()  # models that import it: they keep the version they were published with
    deadlines: Preview | None = None  # open deadlines it would move, if a policy asks it for its targets


@dataclass(frozen=True, slots=True)
class ListRules(Question[Page[RulesRow]]):
    """The newest version of each model, by name."""

    by: Actor
    search: str = ""  # in key, name and decisions
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class GetRules(Question[RulesView]):
    """One version (the newest, if none is named). Raises ``NotFound`` CRM-415."""

    key: str
    by: Actor
    version: int | None = None


@dataclass(frozen=True, slots=True)
class WordsOfRules(Question[Words]):
    """The texts of a version in a language, to read a stored trace with; empty where nothing is translated."""

    key: str
    by: Actor
    locale: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class GetRulesText(Question[bytes]):
    """The XML of a version, as published."""

    key: str
    by: Actor
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DescribeRules(Question[tuple[RulesDecision, ...]]):
    """The decisions of a text that nobody has saved, with what they are tried with."""

    xml: bytes
    by: Actor


@dataclass(frozen=True, slots=True)
class CheckRules(Question[tuple[Finding, ...]]):
    """Findings of a version or of an unsaved text; ``params["given"]`` holds the example, by path of the fields."""

    by: Actor
    key: str = ""
    version: int | None = None
    xml: bytes | None = None


@dataclass(frozen=True, slots=True)
class Decide(Question[Decided]):
    """Try a decision of a version or of an unsaved text; nothing is stored. Keys of ``inputs`` may be paths."""

    by: Actor
    decision: str
    inputs: Mapping[str, Any]
    key: str = ""
    version: int | None = None
    xml: bytes | None = None


@dataclass(frozen=True, slots=True)
class CompareRules(Question[tuple[Mapping[str, Any], ...]]):
    """What changed between two versions, element by element (see ``engine.dmn.compare``)."""

    key: str
    before: int
    after: int
    by: Actor


@dataclass(frozen=True, slots=True)
class ListCases(Question[tuple[RulesCase, ...]]):
    """Decisions of this model that instances have made, newest first."""

    key: str
    by: Actor
    decision: str = ""
    limit: int = 20


@dataclass(frozen=True, slots=True)
class PreviewRules(Question[RulesPreview]):
    """What publishing this text would change; nothing is stored."""

    key: str
    xml: bytes
    by: Actor


@dataclass(frozen=True, slots=True)
class PublishRules(Command[RulesRow]):
    """Publish a new version; processes are not touched, running instances follow their binding.

    ``base``: the version it was made from (0: there is none yet). Raises ``Conflict`` CRM-240 if another one was
    published meanwhile, ``Refused`` CRM-168 with all findings, ``Invalid`` CRM-050 for another model's text.
    The same content again changes nothing.
    """

    key: str
    xml: bytes
    by: Actor
    base: int
    reason: str


@dataclass(frozen=True, slots=True)
class RestoreRules(Command[RulesRow]):
    """Publish an old version again, as a new one. Raises as ``PublishRules`` does."""

    key: str
    version: int
    by: Actor
    base: int
    reason: str
