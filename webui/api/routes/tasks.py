"""Tasks: the inbox, one task with its form, and what a person does to it."""

from __future__ import annotations

from engine.domain.access import Right
from engine.domain.commands import ClaimTask, CompleteTask, ReassignTask, ReleaseTask, SaveDraft
from engine.domain.questions import CountTasks, GetTask, ListTasks
from engine.domain.values import Page, TaskDone, TaskRow, TaskView
from webui.api.inbox_models import TaskQuery
from webui.api.models import DataBody, Empty, FormSheet, ReassignBody
from webui.api.routing import Call, Route, Tag


def list_tasks(call: Call) -> Page[TaskRow]:
    query = call.query
    return call.engine.ask(
        ListTasks(
            call.by,
            query.box,
            instance_id=query.instance_id,
            definition_key=query.definition_key,
            wanted=query.wanted(),
            due_before=query.due_before,
            limit=query.limit,
            cursor=query.cursor,
        )
    )


def count_tasks(call: Call) -> dict[str, int]:
    return dict(call.engine.ask(CountTasks(call.by)))


def get_task(call: Call) -> TaskView:
    return call.engine.ask(GetTask(call.path["task_id"], by=call.by))


def get_form(call: Call) -> FormSheet:
    view = call.engine.ask(GetTask(call.path["task_id"], by=call.by))
    return {"schema": dict(view.form), "data": dict(view.data), "draft": view.draft}


def claim_task(call: Call) -> TaskRow:
    return call.engine.do(ClaimTask(call.path["task_id"], by=call.by, revision=call.revision))


def release_task(call: Call) -> TaskRow:
    return call.engine.do(ReleaseTask(call.path["task_id"], by=call.by, revision=call.revision))


def reassign_task(call: Call) -> TaskRow:
    body = call.body
    return call.engine.do(
        ReassignTask(call.path["task_id"], to=body.to, by=call.by, reason=body.reason, revision=call.revision)
    )


def complete_task(call: Call) -> TaskDone:
    return call.engine.do(
        CompleteTask(
            call.path["task_id"],
            by=call.by,
            data=call.body.data,
            revision=call.revision,
            idempotency_key=call.idempotency_key,
        )
    )


def save_draft(call: Call) -> None:
    call.engine.do(SaveDraft(call.path["task_id"], by=call.by, data=call.body.data))


TAG = Tag(
    "tasks",
    "The inbox: due first, then priority, then age.",
    "待办：按到期时间、优先级、创建时间排序。",
    (
        Route(
            "GET", "/tasks", list_tasks, "tasks", "The inbox", "待办列表",
            answer=Page[TaskRow], right=Right.TASK_WORK, query=TaskQuery,
        ),
        Route(
            "GET", "/tasks/counts", count_tasks, "tasks", "How many, by box, and overdue", "各列表与逾期数量",
            answer=dict[str, int], right=Right.TASK_WORK,
        ),
        Route(
            "GET", "/tasks/{task_id}", get_task, "tasks", "One task with its form and record", "一个任务及其表单与记录",
            answer=TaskView, right=Right.TASK_WORK,
        ),
        Route(
            "GET", "/tasks/{task_id}/form", get_form, "tasks",
            "The form (form-js) and its data", "表单（form-js）与数据",
            answer=FormSheet, right=Right.TASK_WORK,
        ),
        Route(
            "POST", "/tasks/{task_id}/claim", claim_task, "tasks", "Take it", "认领",
            answer=TaskRow, right=Right.TASK_WORK, body=Empty, guarded="may", errors=(409,),
        ),
        Route(
            "POST", "/tasks/{task_id}/release", release_task, "tasks", "Give it back to its candidates", "退回候选人",
            answer=TaskRow, right=Right.TASK_WORK, body=Empty, guarded="may", errors=(409,),
        ),
        Route(
            "POST", "/tasks/{task_id}/reassign", reassign_task, "tasks", "Give it to somebody", "转派",
            answer=TaskRow, right=Right.TASK_WORK, body=ReassignBody, guarded="may", errors=(409,),
            about="One's own task needs no further right; other people's need `task.manage`.",
        ),
        Route(
            "POST", "/tasks/{task_id}/complete", complete_task, "tasks",
            "Complete it with the form's data", "提交并完成",
            answer=TaskDone, right=Right.TASK_WORK, body=DataBody, guarded="may", repeatable=True, errors=(409, 422),
            about="The answer holds your next task in the same instance, if there is one. "
            "If somebody was first: 409 with who and when.",
        ),
        Route(
            "PUT", "/tasks/{task_id}/draft", save_draft, "tasks", "Keep what was typed", "保存草稿",
            right=Right.TASK_WORK, body=DataBody, status=204, errors=(409,), about="Empty data removes the draft.",
        ),
    ),
)  # fmt: skip
