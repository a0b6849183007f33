"""Operating running cases over REST: one instance, or many by a filter; what failed, by cause."""

from __future__ import annotations

from engine.domain.access import Right
from engine.domain.operating import (
    BulkItemRow,
    BulkRow,
    CancelBulk,
    Cause,
    Edit,
    EditData,
    GetBulk,
    ListBulk,
    ListBulkItems,
    ListCauses,
    ListEdits,
    MoveInstance,
    Preview,
    PreviewOperation,
    RestartInstance,
    ResumeInstance,
    SkipIncident,
    StartBulk,
    SuspendInstance,
    UndoEdit,
)
from engine.domain.values import InstanceRow, Page, Started
from webui.api.models import Empty, Paging
from webui.api.operating_models import (
    BulkBody,
    CauseQuery,
    EditBody,
    ItemQuery,
    MoveBody,
    OperationBody,
    RestartBody,
    ResumeBody,
    SkipBody,
    SuspendBody,
    UndoBody,
)
from webui.api.routing import Call, Route, Tag


def suspend_instance(call: Call) -> InstanceRow:
    return call.engine.do(SuspendInstance(call.path["instance_id"], call.by, call.body.reason, call.revision))


def resume_instance(call: Call) -> InstanceRow:
    return call.engine.do(ResumeInstance(call.path["instance_id"], call.by, call.body.reason, call.revision))


def move_instance(call: Call) -> InstanceRow:
    fields = call.body.model_dump()
    return call.engine.do(MoveInstance(call.path["instance_id"], call.by, revision=call.revision, **fields))


def edit_data(call: Call) -> InstanceRow:
    body = call.body
    return call.engine.do(
        EditData(
            call.path["instance_id"],
            call.by,
            body.reason,
            values=body.values,
            types=body.types,
            remove=tuple(body.remove),
            revision=call.revision,
        )
    )


def list_edits(call: Call) -> tuple[Edit, ...]:
    return call.engine.ask(ListEdits(call.path["instance_id"], call.by, limit=200))


def undo_edit(call: Call) -> InstanceRow:
    edit_id = call.path["edit_id"]
    number = int(edit_id) if edit_id.isdecimal() and len(edit_id) < 19 else 0  # no change has the number 0
    return call.engine.do(UndoEdit(call.path["instance_id"], call.by, number, call.body.reason))


def restart_instance(call: Call) -> Started:
    body = call.body.model_dump()
    return call.engine.do(
        RestartInstance(call.path["instance_id"], call.by, **body, idempotency_key=call.idempotency_key)
    )


def skip_incident(call: Call) -> InstanceRow:
    return call.engine.do(SkipIncident(call.path["incident_id"], call.by, call.body.reason, call.body.result))


def list_causes(call: Call) -> tuple[Cause, ...]:
    return call.engine.ask(ListCauses(call.by, call.query.definition_key))


def preview_bulk(call: Call) -> Preview:
    return call.engine.do(PreviewOperation(call.body.operation(), call.by))


def start_bulk(call: Call) -> BulkRow:
    return call.engine.do(StartBulk(call.body.operation(), call.by, call.body.reason, call.idempotency_key))


def list_bulk(call: Call) -> Page[BulkRow]:
    return call.engine.ask(ListBulk(call.by, limit=call.query.limit, cursor=call.query.cursor))


def get_bulk(call: Call) -> BulkRow:
    return call.engine.ask(GetBulk(call.path["bulk_id"], call.by))


def list_bulk_items(call: Call) -> Page[BulkItemRow]:
    query = call.query
    return call.engine.ask(
        ListBulkItems(call.path["bulk_id"], call.by, query.state, limit=query.limit, cursor=query.cursor)
    )


def cancel_bulk(call: Call) -> BulkRow:
    return call.engine.do(CancelBulk(call.path["bulk_id"], call.by))


TAG = Tag(
    "operating",
    "Suspend, move, edit, restart: one running case, or a thousand by a filter, with a preview and a reason.",
    "挂起、移动、修改、重启：单个运行中的案例，或按条件批量处理，可先预览，须说明原因。",
    (
        Route(
            "POST", "/instances/{instance_id}/suspend", suspend_instance, "operating", "Let it stand still", "挂起",
            answer=InstanceRow, right=Right.INSTANCE_OPERATE, body=SuspendBody, guarded="may", errors=(409,),
            about="Its tasks cannot be worked, its timers are held, messages for it wait.",
        ),
        Route(
            "POST", "/instances/{instance_id}/resume", resume_instance, "operating", "Let it go on", "恢复",
            answer=InstanceRow, right=Right.INSTANCE_OPERATE, body=ResumeBody, guarded="may", errors=(409,),
        ),
        Route(
            "POST", "/instances/{instance_id}/move", move_instance, "operating",
            "Go to an element, leave one, or both", "前往、离开某个节点",
            answer=InstanceRow, right=Right.INSTANCE_OPERATE, body=MoveBody, guarded="may", errors=(409, 422, 500),
        ),
        Route(
            "PATCH", "/instances/{instance_id}/data", edit_data, "operating", "Change variables", "修改变量",
            answer=InstanceRow, right=Right.INSTANCE_OPERATE, body=EditBody, guarded="may", errors=(409, 422, 500),
            about="History tells before and after; conditional events look again.",
        ),
        Route(
            "GET", "/instances/{instance_id}/data", list_edits, "operating",
            "How its variables came about", "变量的变化过程",
            answer=tuple[Edit, ...], right=Right.INSTANCE_READ,
        ),
        Route(
            "POST", "/instances/{instance_id}/data/{edit_id}/undo", undo_edit, "operating",
            "Put back what a change has changed", "撤销一次数据修改",
            answer=InstanceRow, right=Right.INSTANCE_OPERATE, body=UndoBody, errors=(409, 422, 500),
            about="Values get back the types they had. Refused when one of them was changed since.",
        ),
        Route(
            "POST", "/instances/{instance_id}/restart", restart_instance, "operating",
            "A new instance, begun at an element with the data of that time", "从历史节点重新开始",
            answer=Started, right=Right.INSTANCE_OPERATE, body=RestartBody, status=201, repeatable=True,
            errors=(409, 422, 500),
        ),
        Route(
            "POST", "/incidents/{incident_id}/skip", skip_incident, "operating",
            "Go on past what failed, with a result", "跳过失败的节点并给出结果",
            answer=InstanceRow, right=Right.INSTANCE_OPERATE, body=SkipBody, errors=(409, 422, 500),
        ),
        Route(
            "GET", "/incidents/causes", list_causes, "operating", "Incidents by cause", "按原因归类的失败",
            answer=tuple[Cause, ...], right=Right.INCIDENT_READ, query=CauseQuery,
        ),
        Route(
            "POST", "/bulk/preview", preview_bulk, "operating", "What an operation would do", "预览批量操作",
            answer=Preview, right=Right.INCIDENT_RETRY, body=OperationBody, errors=(409, 422, 500),
            about="Tried on the first 20 and taken back.",
        ),
        Route(
            "POST", "/bulk", start_bulk, "operating", "Do it to many", "批量操作",
            answer=BulkRow, right=Right.INCIDENT_RETRY, body=BulkBody, status=202, repeatable=True, errors=(409, 422),
            about="The items are noted now and done by jobs, each once. The action's own right is needed, too.",
        ),
        Route(
            "GET", "/bulk", list_bulk, "operating", "Operations on many", "批量操作列表",
            answer=Page[BulkRow], right=Right.INCIDENT_RETRY, query=Paging,
        ),
        Route(
            "GET", "/bulk/{bulk_id}", get_bulk, "operating", "How far it is", "批量操作进度",
            answer=BulkRow, right=Right.INCIDENT_RETRY,
        ),
        Route(
            "GET", "/bulk/{bulk_id}/items", list_bulk_items, "operating", "What became of each", "逐项结果",
            answer=Page[BulkItemRow], right=Right.INCIDENT_RETRY, query=ItemQuery,
        ),
        Route(
            "POST", "/bulk/{bulk_id}/cancel", cancel_bulk, "operating",
            "Leave alone what was not begun", "取消尚未开始的部分",
            answer=BulkRow, right=Right.INCIDENT_RETRY, body=Empty, errors=(409,),
        ),
    ),
)  # fmt: skip
