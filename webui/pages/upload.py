"""Upload models: every finding in words and on the diagram, before and at deployment."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from engine.domain.access import Right
from engine.domain.commands import Deploy
from engine.domain.errors import Invalid, Refused
from engine.domain.questions import LintFiles
from engine.domain.states import Severity
from engine.domain.values import Deployment, FileIn, Finding
from engine.scenarios import ensure_sent
from webui.door import ask, do, is_fragment, need, the_engine

room = Blueprint("upload", __name__, url_prefix="/upload")
ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@room.get("")
def show() -> ResponseReturnValue:
    """The place to drop files."""
    need(Right.MODEL_DEPLOY)
    return render_template("upload/page.html", findings=None, deployment=None)


@room.post("")
def take() -> ResponseReturnValue:
    """Check the files, or deploy them; either way all findings are shown."""
    actor = need(Right.MODEL_DEPLOY)
    files = files_sent()
    publish = "publish" in request.form and Right.MODEL_PUBLISH in actor.rights
    try:
        if request.form.get("do") != "deploy":
            return answer(ask(LintFiles(files, actor)), None, files)
        ensure_sent(the_engine(), files, publish=publish)
        deployment = do(Deploy(files, actor, publish=publish))
    except Refused as error:
        return answer(error.findings, None, files, refused=error)
    return answer(deployment.findings, deployment, files)


def files_sent() -> tuple[FileIn, ...]:
    """The files of the request; raises ``Invalid`` CRM-007 if there are none."""
    files = tuple(FileIn(f.filename or "?", f.read()) for f in request.files.getlist("files") if f.filename)
    for sent in request.files.getlist("files"):
        sent.close()  # large ones lie in a temporary file
    if not files:
        raise Invalid("CRM-007", "No files came with this.", fix="Choose BPMN, DMN or form files and send them again.")
    return files


def answer(
    findings: tuple[Finding, ...],
    deployment: Deployment | None,
    files: tuple[FileIn, ...],
    refused: Refused | None = None,
) -> ResponseReturnValue:
    """The findings, worst first; 422 if an error is among them."""
    ordered = sorted(findings, key=lambda f: (ORDER.index(f.severity), f.file or "", f.line or 0))
    counts = {level.value: sum(f.severity is level for f in ordered) for level in ORDER}
    template = "upload/result.html" if is_fragment() else "upload/page.html"
    page = render_template(
        template,
        findings=ordered,
        counts=counts,
        deployment=deployment,
        refused=refused,
        names=[f.name for f in files],
    )
    return page, 422 if counts["error"] or refused else 200
