"""Scenario tests of models: run those that were deployed, or files handed in; nothing is stored."""

from __future__ import annotations

from engine.domain.access import Right
from engine.domain.values import FileIn
from engine.scenarios import Report, run_definition, run_given
from webui.api.models import Empty, LintBody
from webui.api.routing import Call, Route, Tag


def run_scenarios(call: Call) -> Report:
    files = call.files or tuple(FileIn(file.name, file.content.encode()) for file in call.body.files)
    return run_given(files, call.engine.packs)


def run_deployed_scenarios(call: Call) -> Report:
    return run_definition(call.engine, call.path["definition_id"], call.by)


TAG = Tag(
    "scenarios",
    "Play the scenarios of a model on a virtual clock: results, path and rule coverage.",
    "在虚拟时钟上运行模型的场景：结果、路径覆盖与规则覆盖。",
    (
        Route(
            "POST", "/scenarios", run_scenarios, "scenarios", "Run models and scenarios", "运行模型与场景",
            answer=Report, right=Right.MODEL_DEPLOY, body=LintBody, upload=True, errors=(404, 422),
            about="Files that end in `.scenario.yaml` are played against the models that come with them. "
            "Each run has a database of its own; nothing of it is kept.",
        ),
        Route(
            "POST", "/definitions/{definition_id}/scenarios/run", run_deployed_scenarios, "scenarios",
            "Run the scenarios deployed with it", "运行随其部署的场景",
            answer=Report, right=Right.MODEL_DEPLOY, body=Empty, errors=(422,),
        ),
    ),
)  # fmt: skip
