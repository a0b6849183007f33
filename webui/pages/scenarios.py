"""Scenarios of a flow: what its designers have said it does, whether it does, and what nobody has tried."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from engine.domain.access import Right
from engine.domain.errors import CrmflowError
from engine.domain.questions import GetDefinition
from engine.domain.testing import GetScenarios
from engine.scenarios import PathCoverage, run_definition
from webui.door import ask, need, the_engine

room = Blueprint("scenarios", __name__, url_prefix="/flows")


@room.get("/<definition_id>/scenarios")
def show(definition_id: str) -> ResponseReturnValue:
    """The scenario files that were deployed with the flow."""
    actor = need(Right.MODEL_READ)
    row = ask(GetDefinition(definition_id, actor))
    kit = ask(GetScenarios(row.id, actor, with_models=False))
    return render_template("scenarios/page.html", flow=row, files=kit.scenarios, report=None, path=None, trouble=None)


@room.post("/<definition_id>/scenarios")
def run(definition_id: str) -> ResponseReturnValue:
    """Play them now, each in a house of its own, and paint what they came by."""
    actor = need(Right.MODEL_DEPLOY)
    row = ask(GetDefinition(definition_id, actor))
    kit = ask(GetScenarios(row.id, actor, with_models=False))
    report, trouble = None, None
    try:
        report = run_definition(the_engine(), row.id, actor)
    except CrmflowError as error:
        trouble = error
    path = report.paths[0] if report is not None and report.paths else None
    page = render_template(
        "scenarios/page.html",
        flow=row,
        files=kit.scenarios,
        report=report,
        path=path,
        painted=painted(path) if path else [],
        trouble=trouble,
    )
    return page, 422 if trouble else 200


def painted(path: PathCoverage) -> list[dict[str, Any]]:
    """Coverage as the diagram's script reads it: how many scenarios came by, and where none did."""
    came = [{"id": id, "active": 0, "completed": n, "incidents": 0} for id, n in path.times.items()]
    return came + [{"id": id, "active": 0, "completed": 0, "incidents": 0, "missed": 1} for id in path.missed]
