"""Parts of the Rules room that its script asks for: fields, results with reasons, the check, cases, the preview."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from engine.domain.access import Right
from engine.domain.errors import CrmflowError, Refused
from engine.domain.rules import CheckRules, Decide, DescribeRules, GetRules, ListCases, PreviewRules
from engine.domain.states import Severity
from engine.domain.values import Finding
from webui.door import ask, json_body, need
from webui.pages.rules_words import words_of
from webui.said import worded_error

room = Blueprint("rules_try", __name__, url_prefix="/rules")
ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)
NEAR = 4  # rules that just missed, told at once


@room.post("/<key>/fields")
def fields(key: str) -> ResponseReturnValue:
    """What a decision is tried with, of the published or the edited text."""
    actor = need(Right.MODEL_READ)
    xml, body = xml_of(), json_body()
    try:
        decisions = ask(DescribeRules(xml, actor)) if xml else ask(GetRules(key, actor, version_of(body))).decisions
    except CrmflowError as error:
        return problem(error)
    wanted = str(body.get("decision") or "")
    chosen = next((d for d in decisions if d.id == wanted), decisions[0] if decisions else None)
    return render_template("rules/fields.html", decisions=decisions, chosen=chosen, words=words_of(key))


@room.post("/<key>/try")
def try_out(key: str) -> ResponseReturnValue:
    """Decide, and say why in words; the script marks the rules in the table."""
    actor = need(Right.MODEL_READ)
    body = json_body()
    inputs = body.get("inputs")
    given = inputs if isinstance(inputs, dict) else {}
    try:
        done = ask(Decide(actor, str(body.get("decision") or ""), given, key, version_of(body), xml_of()))
    except CrmflowError as error:
        return problem(error)
    return render_template("rules/result.html", done=done, near=NEAR, words=words_of(key))


@room.post("/<key>/check")
def check(key: str) -> ResponseReturnValue:
    """Gaps, overlaps, rules that never decide: each with an example to try."""
    actor = need(Right.MODEL_READ)
    found = ask(CheckRules(actor, key, version_of(json_body()), xml_of()))
    return render_template("rules/check.html", findings=ordered(found))


@room.post("/<key>/cases")
def cases(key: str) -> ResponseReturnValue:
    """Decisions that real cases have made, to be tried again."""
    actor = need(Right.INSTANCE_READ)
    found = ask(ListCases(key, actor, str(json_body().get("decision") or "")))
    return render_template("rules/cases.html", cases=found)


@room.post("/<key>/preview")
def preview(key: str) -> ResponseReturnValue:
    """What publishing would change: cells, processes, running instances."""
    actor = need(Right.MODEL_DEPLOY)
    try:
        seen = ask(PreviewRules(key, xml_of() or b"", actor))
    except CrmflowError as error:
        return problem(error)
    errors = sum(f.severity is Severity.ERROR for f in seen.findings)
    changes = [change for change in seen.changes if change["state"] != "same"]
    return render_template(
        "rules/preview.html", seen=seen, findings=ordered(seen.findings), errors=errors, changes=changes
    )


def xml_of() -> bytes | None:
    """The edited text, if one was sent: only who may publish has one evaluated."""
    xml = json_body().get("xml")
    if not isinstance(xml, str) or not xml:
        return None
    need(Right.MODEL_DEPLOY)
    return xml.encode("utf-8", "replace")


def version_of(body: dict[str, Any]) -> int | None:
    """The published version that is looked at."""
    version = body.get("version")
    return version if isinstance(version, int) and version > 0 else None


def ordered(findings: tuple[Finding, ...]) -> list[Finding]:
    """Worst first."""
    return sorted(findings, key=lambda f: ORDER.index(f.severity))


def problem(error: CrmflowError) -> ResponseReturnValue:
    """A refusal as a part of the page: what was typed stays."""
    message, fix, original = worded_error(error.code, error.message, error.fix)
    found = ordered(error.findings) if isinstance(error, Refused) else []
    return (
        render_template(
            "rules/problem.html", code=error.code, message=message, fix=fix, original=original, findings=found
        ),
        error.status,
    )
