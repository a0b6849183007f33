"""Deployments, lint and definitions: what designers hand in and what people may start."""

from __future__ import annotations

from typing import Any

from engine.domain.access import Right
from engine.domain.commands import Deploy, Publish
from engine.domain.questions import GetDefinition, GetModel, GetStartForm, LintFiles, ListDefinitions
from engine.domain.values import DefinitionRow, Deployment, FileIn, Finding, Page
from engine.scenarios import ensure_publishable, ensure_sent
from webui.api.models import DefinitionQuery, DeployBody, LintBody, PublishBody
from webui.api.routing import Call, Raw, Route, Tag


def deploy(call: Call) -> Deployment:
    """All files together or none; the same content again changes nothing."""
    files = _files(call)
    ensure_sent(call.engine, files, publish=call.body.publish)
    return call.engine.do(Deploy(files, by=call.by, publish=call.body.publish))


def lint(call: Call) -> tuple[Finding, ...]:
    return call.engine.ask(LintFiles(_files(call), by=call.by))


def list_definitions(call: Call) -> Page[DefinitionRow]:
    query = call.query
    return call.engine.ask(
        ListDefinitions(call.by, query.key, query.state, query.startable, limit=query.limit, cursor=query.cursor)
    )


def get_definition(call: Call) -> DefinitionRow:
    return call.engine.ask(GetDefinition(call.path["definition_id"], by=call.by))


def get_model(call: Call) -> Raw:
    row = call.engine.ask(GetDefinition(call.path["definition_id"], by=call.by))
    content = call.engine.ask(GetModel(row.id, by=call.by))
    return Raw(content, "application/xml", f"{row.key}-{row.version}.bpmn", row.hash)


def get_start_form(call: Call) -> Any:
    return call.engine.ask(GetStartForm(call.path["definition_id"], by=call.by))


def publish_definition(call: Call) -> DefinitionRow:
    ensure_publishable(call.engine, call.path["key"], call.body.version, call.by)
    return call.engine.do(Publish(call.path["key"], by=call.by, version=call.body.version))


def _files(call: Call) -> tuple[FileIn, ...]:
    """The parts of an upload, or the texts of a JSON body."""
    return call.files or tuple(FileIn(file.name, file.content.encode()) for file in call.body.files)


TAG = Tag(
    "models",
    "Hand in BPMN, DMN and form files; list, read and publish definitions.",
    "提交 BPMN、DMN 与表单文件；列出、读取与发布流程定义。",
    (
        Route(
            "POST", "/deployments", deploy, "models", "Deploy files together", "一并部署文件",
            answer=Deployment, right=Right.MODEL_DEPLOY, body=DeployBody, upload=True, status=201, errors=(409, 422),
            about="Send `multipart/form-data` with the files (and a field `publish`), or JSON with their text. "
            "All findings come at once; with one of severity `error` nothing is stored.",
        ),
        Route(
            "POST", "/lint", lint, "models", "Findings of files, nothing stored", "检查文件，不保存",
            answer=tuple[Finding, ...], right=Right.MODEL_DEPLOY, body=LintBody, upload=True, errors=(422,),
        ),
        Route(
            "GET", "/definitions", list_definitions, "models", "List definitions", "列出流程定义",
            answer=Page[DefinitionRow], right=Right.MODEL_READ, query=DefinitionQuery,
        ),
        Route(
            "GET", "/definitions/{definition_id}", get_definition, "models", "One definition", "读取一个流程定义",
            answer=DefinitionRow, right=Right.MODEL_READ,
        ),
        Route(
            "GET", "/definitions/{definition_id}/xml", get_model, "models",
            "Its BPMN, as deployed", "读取已部署的 BPMN",
            answer=str, right=Right.MODEL_READ, media="application/xml",
        ),
        Route(
            "GET", "/definitions/{definition_id}/start-form", get_start_form, "models",
            "The form to start it with (form-js)", "启动表单（form-js）",
            answer=dict[str, Any], right=Right.MODEL_READ,
        ),
        Route(
            "POST", "/definitions/{key}/publish", publish_definition, "models",
            "Let people start it", "发布，让人们可以启动",
            answer=DefinitionRow, right=Right.MODEL_PUBLISH, body=PublishBody, errors=(409, 422),
        ),
    ),
)  # fmt: skip
