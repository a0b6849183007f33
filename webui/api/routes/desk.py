"""Around a task: comments, sub-tasks, files, following, later, priority, due date, delegation."""

from __future__ import annotations

from engine.domain.access import Right
from engine.domain.desk import (
    AddComment,
    AddTodo,
    Attach,
    AttachmentRow,
    CheckTodo,
    CommentRow,
    DelegateTask,
    Desk,
    DropTodo,
    FollowTask,
    GetAttachment,
    GetDesk,
    PostponeTask,
    PrioritiseTask,
    RescheduleTask,
    ResolveTask,
    TodoRow,
)
from engine.domain.values import FileIn, TaskRow
from webui.api.inbox_models import (
    AttachBody,
    CheckBody,
    CommentBody,
    DelegateBody,
    DueBody,
    FollowBody,
    Following,
    PostponeBody,
    PriorityBody,
    ResolveBody,
    TodoBody,
)
from webui.api.problem import BadRequest
from webui.api.routing import Call, Raw, Route, Tag


def get_desk(call: Call) -> Desk:
    return call.engine.ask(GetDesk(call.path["task_id"], call.by))


def add_comment(call: Call) -> CommentRow:
    return call.engine.do(AddComment(call.path["task_id"], call.by, call.body.text))


def add_todo(call: Call) -> TodoRow:
    return call.engine.do(AddTodo(call.path["task_id"], call.by, call.body.text))


def drop_todo(call: Call) -> None:
    call.engine.do(DropTodo(call.path["task_id"], call.path["todo_id"], call.by))


def check_todo(call: Call) -> TodoRow:
    return call.engine.do(CheckTodo(call.path["task_id"], call.path["todo_id"], call.by, call.body.done))


def attach_file(call: Call) -> AttachmentRow:
    files = call.files or tuple(FileIn(each.name, each.content) for each in call.body.files)
    if len(files) != 1:
        raise BadRequest("CRM-049", f"The upload holds {len(files)} files.", fix="Send one file per request.")
    return call.engine.do(Attach(call.path["task_id"], call.by, files[0]))


def get_attachment(call: Call) -> Raw:
    row, content = call.engine.ask(GetAttachment(call.path["task_id"], call.path["attachment_id"], call.by))
    return Raw(content, "application/octet-stream", row.name, row.id)


def follow_task(call: Call) -> Following:
    return {"following": call.engine.do(FollowTask(call.path["task_id"], call.by, call.body.follow))}


def postpone_task(call: Call) -> TaskRow:
    return call.engine.do(PostponeTask(call.path["task_id"], call.by, call.body.until, call.revision))


def prioritise_task(call: Call) -> TaskRow:
    return call.engine.do(PrioritiseTask(call.path["task_id"], call.by, call.body.priority, call.revision))


def reschedule_task(call: Call) -> TaskRow:
    return call.engine.do(RescheduleTask(call.path["task_id"], call.by, call.body.due_at, call.revision))


def delegate_task(call: Call) -> TaskRow:
    body = call.body
    return call.engine.do(DelegateTask(call.path["task_id"], body.to, call.by, body.reason, call.revision))


def resolve_task(call: Call) -> TaskRow:
    return call.engine.do(ResolveTask(call.path["task_id"], call.by, call.body.note, call.revision))


_WORK = Right.TASK_WORK
_CASE = "Comments and files belong to the whole case; who follows it may read and comment, too."

TAG = Tag(
    "desk",
    "What lies around a task, and what people do with it beside completing it.",
    "任务周边：评论、子任务、附件、关注、延后、优先级、到期时间与委托。",
    (
        Route(
            "GET", "/tasks/{task_id}/desk", get_desk, "desk", "Comments, sub-tasks and files", "评论、子任务与附件",
            answer=Desk, right=_WORK, errors=(409,), about=_CASE,
        ),
        Route(
            "POST", "/tasks/{task_id}/comments", add_comment, "desk", "Comment, mention people", "评论并提及他人",
            answer=CommentRow, right=_WORK, body=CommentBody, status=201, errors=(409,),
        ),
        Route(
            "POST", "/tasks/{task_id}/todos", add_todo, "desk", "Add a sub-task", "添加子任务",
            answer=TodoRow, right=_WORK, body=TodoBody, status=201, errors=(409,),
        ),
        Route(
            "PATCH", "/tasks/{task_id}/todos/{todo_id}", check_todo, "desk", "Check a sub-task off", "勾选子任务",
            answer=TodoRow, right=_WORK, body=CheckBody, errors=(409,),
        ),
        Route(
            "DELETE", "/tasks/{task_id}/todos/{todo_id}", drop_todo, "desk", "Remove a sub-task", "移除子任务",
            right=_WORK, status=204, errors=(409,),
        ),
        Route(
            "POST", "/tasks/{task_id}/attachments", attach_file, "desk", "Attach a file", "添加附件",
            answer=AttachmentRow, right=_WORK, body=AttachBody, upload=True, status=201, errors=(409,),
            about="Known kinds only, checked by ending and first bytes; equal content is stored once.",
        ),
        Route(
            "GET", "/tasks/{task_id}/attachments/{attachment_id}", get_attachment, "desk",
            "A file, as it was sent", "下载附件",
            answer=bytes, right=_WORK, media="application/octet-stream", errors=(409,),
        ),
        Route(
            "PUT", "/tasks/{task_id}/follow", follow_task, "desk", "Follow the case, or stop", "关注或取消关注",
            answer=Following, right=_WORK, body=FollowBody, errors=(409,),
        ),
        Route(
            "POST", "/tasks/{task_id}/postpone", postpone_task, "desk", "Follow up later", "稍后跟进",
            answer=TaskRow, right=_WORK, body=PostponeBody, guarded="may", errors=(409,),
            about="Out of `mine` until then, or until it breaches.",
        ),
        Route(
            "PUT", "/tasks/{task_id}/priority", prioritise_task, "desk", "Set the priority", "设置优先级",
            answer=TaskRow, right=_WORK, body=PriorityBody, guarded="may", errors=(409,),
        ),
        Route(
            "PUT", "/tasks/{task_id}/due", reschedule_task, "desk", "Set the due date", "设置到期时间",
            answer=TaskRow, right=_WORK, body=DueBody, guarded="may", errors=(409,),
        ),
        Route(
            "POST", "/tasks/{task_id}/delegate", delegate_task, "desk", "Let somebody else work on it", "委托他人处理",
            answer=TaskRow, right=_WORK, body=DelegateBody, guarded="may", errors=(409,),
            about="It comes back when they resolve it.",
        ),
        Route(
            "POST", "/tasks/{task_id}/resolve", resolve_task, "desk", "Give it back to who delegated it", "交还委托人",
            answer=TaskRow, right=_WORK, body=ResolveBody, guarded="may", errors=(409,),
        ),
    ),
)  # fmt: skip
