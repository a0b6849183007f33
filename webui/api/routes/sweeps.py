"""One change to many tasks: try it, do it, see what became of each, undo it."""

from __future__ import annotations

from engine.domain.access import Right
from engine.domain.desk import GetSweep, PreviewSweep, SweepItem, SweepRow
from webui import sweeping
from webui.api.inbox_models import SweepBody
from webui.api.models import Empty
from webui.api.routing import Call, Route, Tag


def preview_sweep(call: Call) -> tuple[SweepItem, ...]:
    body = call.body
    return call.engine.do(PreviewSweep(call.by, body.action, tuple(body.tasks), body.params(), body.revisions))


def run_sweep(call: Call) -> SweepRow:
    body, key = call.body, call.idempotency_key
    return sweeping.sweep(call.engine, call.by, body.action, body.tasks, body.params(), body.revisions, key)


def get_sweep(call: Call) -> SweepRow:
    return call.engine.ask(GetSweep(call.path["sweep_id"], call.by))


def undo_sweep(call: Call) -> SweepRow:
    return sweeping.undo(call.engine, call.by, call.path["sweep_id"])


TAG = Tag(
    "sweeps",
    "One change to many tasks, each in a transaction of its own with your own rights.",
    "批量修改任务：逐项以本人权限、各自独立的事务执行。",
    (
        Route(
            "POST", "/sweeps/preview", preview_sweep, "sweeps", "Try it out; nothing is kept", "预览，不保留任何更改",
            answer=tuple[SweepItem, ...], right=Right.TASK_WORK, body=SweepBody,
            about="`done` would be done, `failed` would be refused, and why.",
        ),
        Route(
            "POST", "/sweeps", run_sweep, "sweeps", "Change many tasks", "批量修改任务",
            answer=SweepRow, right=Right.TASK_WORK, body=SweepBody, status=201, repeatable=True,
            about="A task that is refused says so at its item and keeps none of the others from being done.",
        ),
        Route(
            "GET", "/sweeps/{sweep_id}", get_sweep, "sweeps", "What became of each", "查看各项结果",
            answer=SweepRow, right=Right.TASK_WORK,
        ),
        Route(
            "POST", "/sweeps/{sweep_id}/undo", undo_sweep, "sweeps", "Undo it, once", "撤销（仅一次）",
            answer=SweepRow, right=Right.TASK_WORK, body=Empty, errors=(409,),
            about="What somebody has changed since is left alone and says by whom and when. Completed stays completed.",
        ),
    ),
)  # fmt: skip
