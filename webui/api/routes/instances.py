"""Instances: start, list, read, cancel; their history and audit."""

from __future__ import annotations

from engine.domain.access import Right
from engine.domain.commands import CancelInstance, StartInstance
from engine.domain.questions import GetAudit, GetHistory, GetInstance, ListInstances
from engine.domain.values import ActivityRow, AuditRow, InstanceRow, InstanceView, Page, Started
from webui.api.models import CancelBody, InstanceQuery, OfInstance, Paging, StartBody
from webui.api.routing import Call, Route, Tag


def start_instance(call: Call) -> Started:
    body = call.body
    return call.engine.do(
        StartInstance(
            body.key,
            by=call.by,
            variables=body.variables,
            business_key=body.business_key,
            version=body.version,
            idempotency_key=call.idempotency_key,
            validate_form=body.form,
        )
    )


def list_instances(call: Call) -> Page[InstanceRow]:
    query = call.query
    return call.engine.ask(
        ListInstances(
            call.by,
            definition_key=query.definition_key,
            state=query.state,
            business_key=query.business_key,
            record_id=query.record_id,
            search=query.search,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


def get_instance(call: Call) -> InstanceView:
    return call.engine.ask(GetInstance(call.path["instance_id"], by=call.by))


def cancel_instance(call: Call) -> InstanceRow:
    command = CancelInstance(call.path["instance_id"], by=call.by, reason=call.body.reason, revision=call.revision)
    return call.engine.do(command)


def get_history(call: Call) -> Page[ActivityRow]:
    query = call.query
    return call.engine.ask(GetHistory(call.path["instance_id"], by=call.by, limit=query.limit, cursor=query.cursor))


def list_audit(call: Call) -> Page[AuditRow]:
    query = call.query
    return call.engine.ask(GetAudit(call.by, query.instance_id, limit=query.limit, cursor=query.cursor))


TAG = Tag(
    "instances",
    "Start a flow, watch it, cancel it; its history is append-only.",
    "启动流程、查看进展、取消；历史只增不改。",
    (
        Route(
            "POST", "/instances", start_instance, "instances", "Start an instance", "启动一个实例",
            answer=Started, right=Right.INSTANCE_START, body=StartBody, status=201, repeatable=True,
            errors=(404, 409, 422),
            about="With an `Idempotency-Key` a repeated request answers 200 with `repeated: true` and starts nothing.",
        ),
        Route(
            "GET", "/instances", list_instances, "instances", "List instances", "列出实例",
            answer=Page[InstanceRow], right=Right.INSTANCE_READ, query=InstanceQuery,
        ),
        Route(
            "GET", "/instances/{instance_id}", get_instance, "instances",
            "One instance: variables, tokens, tasks, timers", "一个实例：变量、令牌、任务与计时器",
            answer=InstanceView, right=Right.INSTANCE_READ,
        ),
        Route(
            "POST", "/instances/{instance_id}/cancel", cancel_instance, "instances", "Cancel it", "取消实例",
            answer=InstanceRow, right=Right.INSTANCE_CANCEL, body=CancelBody, guarded="may", errors=(409,),
        ),
        Route(
            "GET", "/instances/{instance_id}/history", get_history, "instances", "What happened", "历史记录",
            answer=Page[ActivityRow], right=Right.INSTANCE_READ, query=Paging,
        ),
        Route(
            "GET", "/audit", list_audit, "instances", "Who did what", "谁做了什么",
            answer=Page[AuditRow], right=Right.AUDIT_READ, query=OfInstance,
        ),
    ),
)  # fmt: skip
