"""Bodies and query strings about people beyond log-in: capacity, skills, absences, how they are told."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from webui.api.models import Key, Login, Moment, Paging, Reason, Sent, Text

Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=200)]


class PersonBody(Sent):
    """What is left out stays; an empty text clears."""

    weight: int | None = Field(None, ge=1, le=1000, description="Share of the work; 100 is one full person.")
    most: int | None = Field(None, ge=-1, le=100_000, description="Open tasks that fill them up; -1: no limit.")
    languages: Names | None = None
    territories: Names | None = Field(None, description="`cn` covers `cn/south`.")
    skills: dict[Annotated[str, Field(min_length=1, max_length=80)], Annotated[int, Field(ge=1, le=5)]] | None = None
    calendar: Annotated[str, Field(max_length=255)] | None = None
    manager: Annotated[str, Field(max_length=120)] | None = None
    teams: Names | None = Field(None, description="All direct memberships.")


class WishesBody(Sent):
    """How I am told; what is left out is as it is for everybody."""

    mail: Annotated[str, Field(pattern="^(at once|digest|off)$")] = "at once"
    webhook: Annotated[str, Field(max_length=1000)] | None = None
    quiet: Annotated[list[Annotated[str, Field(max_length=8)]], Field(min_length=2, max_length=2)] | None = None
    digest_at: Annotated[str, Field(max_length=8)] = "08:00"
    off: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=20)] = Field(default_factory=list)


class AbsenceBody(Sent):
    since: Moment
    until: Moment
    delegate: Login | None = None
    hand_over: bool = Field(False, description="Open work goes, too.")
    reason: Reason = ""


class DeliveryQuery(Paging):
    login: Login | None = None
    failed: bool = False


class BounceBody(Sent):
    message_id: Key
    reason: Reason = ""


class WorkloadQuery(Sent):
    team: Login | None = None
    away: Text = Field("", description="What if these were away: logins, separated by commas.")
    until: Moment | None = Field(None, description="And back then: only what is due before needs others.")


class MoveBody(Sent):
    givers: Annotated[list[Login], Field(min_length=1, max_length=200)]
    to: Login = Field(description="A login, or `team:KEY` for a team's queue.", examples=["bob", "team:sales"])
    number: int = Field(1, ge=1, le=200, description="Of each, those that breach first.")
    reason: Reason = ""
    trial: bool = Field(False, description="What if: tried out and taken back, nobody is told.")


class ImportBody(Sent):
    """Rows of a CSV file: column → text."""

    file: Text = "people.csv"
    rows: Annotated[list[dict[Key, Annotated[str, Field(max_length=10_000)]]], Field(min_length=1, max_length=5000)]


class Feed(TypedDict):
    address: str


class SentAgain(TypedDict):
    notifications: int


class Bounced(TypedDict):
    mails: int


def given(body: Sent) -> dict[str, Any]:
    """The fields that were sent; lists as tuples."""
    found = body.model_dump(exclude_unset=True)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in found.items()}
