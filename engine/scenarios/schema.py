"""What a ``*.scenario.yaml`` may say: pydantic models of the file, and the JSON Schema that editors read.

Everything is strict: a key nobody knows is refused with its line and the nearest key that is known.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

#: The key of a step that says what is done; every step has exactly one.
VERBS = ("start", "complete", "claim", "release", "message", "signal", "wait", "until", "job", "change", "expect")
#: What else may stand beside each verb.
_BESIDE: dict[str, frozenset[str]] = {
    "start": frozenset({"as_", "with_", "key", "form"}),
    "complete": frozenset({"as_", "with_", "of"}),
    "claim": frozenset({"as_", "of"}),
    "release": frozenset({"as_", "of"}),
    "message": frozenset({"with_", "key"}),
    "signal": frozenset({"with_"}),
    "wait": frozenset(),
    "until": frozenset(),
    "job": frozenset({"with_", "of", "error", "fail"}),
    "change": frozenset({"with_", "of", "owner"}),
    "expect": frozenset({"of"}),
}
Names = Annotated[list[str], Field(default_factory=list)]
Values = dict[str, Any]


def _or_list(schema: dict[str, Any]) -> None:
    """Where a mapping is wanted, a list of its keys is taken, too."""
    schema["anyOf"].append({"type": "array", "items": {"type": "string"}})


class Strict(BaseModel):
    """Base of all parts of the file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Person(Strict):
    """A user of the scenario's house."""

    name: str | None = None
    roles: Names
    teams: Names
    email: str | None = None
    manager: str | None = None
    locale: str = "en"
    timezone: str = "UTC"
    password: str | None = Field(None, exclude=True, repr=False)


class Team(Strict):
    """A team; its members are the people who name it."""

    name: str | None = None
    lead: str | None = None
    parent: str | None = None


class Given(Strict):
    """A CRM record that is there before the first step."""

    kind: str = Field(description="Kind of record, as the packs declare it: lead, account …")
    data: Values = Field(default_factory=dict)
    owner: str | None = None
    links: dict[str, str] = Field(default_factory=dict, description="Relation → name of another given record.")


class Service(Strict):
    """What the outside world answers to every service task of a type, unless a step says otherwise."""

    result: Values = Field(default_factory=dict)
    error: str | None = Field(None, description="Code of a BPMN error it ends with.")
    fail: str | None = Field(None, description="Message of a failure for good: an incident.")


class Wanted(Strict):
    """What is expected of one open task."""

    name: str | None = None
    assignee: str | None = None
    candidates: list[str] | None = None
    priority: int | None = None
    due: str | None = Field(None, description="Time, or ISO 8601 duration from now.")


class Expect(Strict):
    """What must be so now. What is not named is not looked at."""

    tasks: dict[str, Wanted | None] | None = Field(
        None,
        description="Exactly these tasks are open: a list of elements, or what is expected of each.",
        json_schema_extra=_or_list,
    )
    data: Values = Field(default_factory=dict, description="Variables; a value that begins with = is a FEEL test.")
    path: list[str] = Field(default_factory=list, description="Elements that ran, in this order.")
    skipped: list[str] = Field(default_factory=list, description="Elements that never ran.")
    deadlines: dict[str, str] = Field(
        default_factory=dict, description="Timer → when it is due: time, or ISO 8601 duration from now."
    )
    records: dict[str, Values] = Field(
        default_factory=dict, description="Variable or given record → fields; also state, owner and name."
    )
    notifications: dict[str, list[str]] = Field(default_factory=dict, description="Login → titles of all it was told.")
    jobs: list[str] | None = Field(None, description="Exactly these service tasks wait for the outside world.")
    incidents: list[str] | None = Field(None, description="Exactly these elements have failed.")
    state: str | None = Field(None, pattern="^(active|completed|cancelled|terminated)$")
    variant: str | None = Field(None, description="Key of the definition that was chosen at the start.")
    choice: str | None = Field(None, description="The reason of that choice.")

    @field_validator("tasks", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return dict.fromkeys(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value


class Step(Strict):
    """One thing that happens, or one expectation. ``of`` names another definition whose newest instance is meant."""

    start: str | None = Field(None, description="Start a definition, by its key.")
    complete: str | None = Field(None, description="Complete the open task at this element.")
    claim: str | None = Field(None, description="Take the open task at this element.")
    release: str | None = Field(None, description="Give it back.")
    message: str | None = Field(None, description="A message arrives.")
    signal: str | None = Field(None, description="A signal is sent to all who wait for it; it may start flows.")
    wait: str | None = Field(None, description="Time passes: an ISO 8601 duration.")
    until: str | None = Field(None, description="Time passes until then (ISO 8601).")
    job: str | None = Field(None, description="The service task at this element is answered.")
    change: str | None = Field(None, description="A record changes: a variable or a given record.")
    expect: Expect | None = None
    with_: Values | None = Field(None, alias="with", description="Data of the step; = begins a FEEL expression.")
    as_: str | None = Field(None, alias="as", description="Who does it; else the assignee, or the first who may.")
    key: str | None = Field(None, description="Correlation key of a message; business key of a start. = begins FEEL.")
    form: bool = Field(True, description="The start's data goes through the start form.")
    of: str | None = Field(None, description="Definition whose newest instance is meant.")
    error: str | None = None
    fail: str | None = None
    owner: str | None = None

    @property
    def verb(self) -> str:
        return next(verb for verb in VERBS if getattr(self, verb) is not None)

    @model_validator(mode="after")
    def _one_thing(self) -> Step:
        said = [verb for verb in VERBS if getattr(self, verb) is not None]
        if len(said) != 1:
            what = f"{' and '.join(said)} stand in one step" if said else "the step says nothing to do"
            raise ValueError(f"{what}; write one of {', '.join(VERBS)}")
        extra = {name for name in self.model_fields_set if name not in VERBS} - _BESIDE[said[0]]
        if extra:
            raise ValueError(f"'{min(extra).rstrip('_')}' does not go with '{said[0]}'")
        return self


class Scenario(Strict):
    """One way through the flow."""

    name: str
    about: str = ""
    process: str | None = Field(None, description="Key of the definition; the file's, if not given.")
    clock: str | None = None
    records: dict[str, Given] = Field(default_factory=dict)
    services: dict[str, Service] = Field(default_factory=dict)
    steps: list[Step] = Field(min_length=1, max_length=500)


class File(Strict):
    """A whole ``*.scenario.yaml``."""

    process: str = Field(description="Key of the definition that is tested.")
    models: list[str] = Field(
        default_factory=list,
        description="Model files, globs below this file's folder; else the pack or folder it is in.",
    )
    clock: str = Field("2026-03-02T09:00:00Z", description="When each scenario begins (ISO 8601).")
    house: str | None = Field(None, description="YAML file whose people and teams are added.")
    people: dict[str, Person] = Field(default_factory=dict)
    teams: dict[str, Team] = Field(default_factory=dict)
    records: dict[str, Given] = Field(default_factory=dict)
    services: dict[str, Service] = Field(default_factory=dict, description="Service task type → what it answers.")
    scenarios: list[Scenario] = Field(min_length=1, max_length=200)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    schema = File.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "crmflow scenarios", **schema}
