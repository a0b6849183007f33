"""What goes into the routes about rules: bodies and query strings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from webui.api.models import Data, Key, Paging, Reason, Sent, Text, Version

Xml = Annotated[str, Field(min_length=1, max_length=8 << 20, description="DMN 1.1 … 1.5.")]


class RulesQuery(Paging):
    search: Text = Field("", description="In key, name and decisions.")


class VersionQuery(Sent):
    version: Version | None = Field(None, description="The newest, if not given.")


class PairQuery(Sent):
    before: Version
    after: Version


class CasesQuery(Sent):
    decision: Text = Field("", description="Of this decision only.")
    limit: int = Field(20, ge=1, le=100)


class XmlBody(Sent):
    xml: Xml | None = Field(None, description="A text that is not published; without it, the newest version.")
    version: Version | None = None


class DecideBody(XmlBody):
    decision: Key = Field(examples=["lead-grade"])
    inputs: Data = Field(default_factory=dict, description='Values by name, or by path: `{"lead.employees": 600}`.')


class NewTextBody(Sent):
    xml: Xml


class PublishRulesBody(NewTextBody):
    base: int = Field(ge=0, le=2**31 - 1, description="The version it was made from; 0 if there is none yet.")
    reason: Reason = Field(min_length=1, description="What changed, and why.")


class RestoreBody(Sent):
    version: Version = Field(description="The version that comes back as a new one.")
    base: int = Field(ge=0, le=2**31 - 1, description="The newest version you know of.")
    reason: Reason = Field(min_length=1)
