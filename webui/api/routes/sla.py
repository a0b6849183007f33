"""SLA over REST: calendars and whose they are, policies, clocks and why they are due, the wall."""

from __future__ import annotations

from typing import Any

from engine.domain.access import Right
from engine.domain.figures import FigureRow, QueueRow, ShowFigures, ShowQueues
from engine.domain.sla_values import (
    CalendarRow,
    ClockRow,
    DeadlineWhy,
    HangCalendar,
    ListCalendars,
    ListClocks,
    ListPolicies,
    MeetClocks,
    PauseClocks,
    PolicyRow,
    Preview,
    PreviewCalendar,
    PreviewPolicy,
    RecomputeClocks,
    ResumeClocks,
    SaveCalendar,
    SavePolicy,
    ShowWall,
    Wall,
    WhyDeadline,
)
from webui.api.routing import Call, Route, Tag
from webui.api.sla_models import (
    ClockQuery,
    Clocks,
    ContentBody,
    FiguresQuery,
    MetricsBody,
    PauseBody,
    ReasonBody,
    UseBody,
    WallQuery,
)


def list_calendars(call: Call) -> list[CalendarRow]:
    return list(call.engine.ask(ListCalendars(call.by)))


def save_calendar(call: Call) -> CalendarRow:
    return call.engine.do(SaveCalendar(call.path["key"], content_of(call), call.by))


def preview_calendar(call: Call) -> Preview:
    return call.engine.ask(PreviewCalendar(call.path["key"], content_of(call), call.by))


def hang_calendar(call: Call) -> None:
    body = call.body
    call.engine.do(HangCalendar(body.kind, body.target, body.calendar, call.by))


def list_policies(call: Call) -> list[PolicyRow]:
    return list(call.engine.ask(ListPolicies(call.by)))


def save_policy(call: Call) -> PolicyRow:
    return call.engine.do(SavePolicy(call.path["key"], content_of(call), call.by))


def preview_policy(call: Call) -> Preview:
    return call.engine.ask(PreviewPolicy(call.path["key"], content_of(call), call.by))


def list_clocks(call: Call) -> list[ClockRow]:
    query = call.query
    return list(call.engine.ask(ListClocks(call.by, task_id=query.task_id, instance_id=query.instance_id)))


def why_deadline(call: Call) -> DeadlineWhy:
    return call.engine.ask(WhyDeadline(call.path["clock_id"], call.by))


def show_wall(call: Call) -> Wall:
    query = call.query
    only = {} if query.group is None else {"group": query.group}
    narrowed = {"state": query.state, "customer": query.customer, "assignee": query.assignee}
    return call.engine.ask(ShowWall(call.by, query.by, only, query.limit, **narrowed))


def pause_clocks(call: Call) -> Clocks:
    body = call.body
    return {"clocks": call.engine.do(PauseClocks(call.path["instance_id"], call.by, body.reason, tuple(body.metrics)))}


def resume_clocks(call: Call) -> Clocks:
    return {"clocks": call.engine.do(ResumeClocks(call.path["instance_id"], call.by, tuple(call.body.metrics)))}


def meet_clocks(call: Call) -> Clocks:
    named = tuple(call.body.metrics)
    metrics = ("first_response", "next_response") if named == ("*",) else named
    return {"clocks": call.engine.do(MeetClocks(call.path["instance_id"], call.by, metrics))}


def recompute_clocks(call: Call) -> Preview:
    return call.engine.do(RecomputeClocks(call.path["instance_id"], call.by, call.body.reason))


def show_figures(call: Call) -> list[FigureRow]:
    query = call.query
    return list(call.engine.ask(ShowFigures(call.by, query.since, query.until, query.flow)))


def show_queues(call: Call) -> list[QueueRow]:
    return list(call.engine.ask(ShowQueues(call.by)))


def content_of(call: Call) -> dict[str, Any] | str:
    """A content as it was sent: YAML, or an object."""
    found: dict[str, Any] | str = call.body.yaml if call.body.yaml is not None else dict(call.body.content or {})
    return found


TAG = Tag(
    "sla",
    "Working calendars and whose they are, SLA policies, clocks with their explanation, the SLA wall.",
    "工作日历及其归属、SLA 策略、计时器及其解释、SLA 看板。",
    (
        Route("GET", "/sla/calendars", list_calendars, "sla", "List calendars", "日历列表",
              answer=list[CalendarRow], right=Right.TASK_WORK),
        Route("PUT", "/sla/calendars/{key}", save_calendar, "sla", "Save a calendar", "保存日历",
              answer=CalendarRow, right=Right.TIME_MANAGE, body=ContentBody,
              about="A new version; the open deadlines on it move. The same content changes nothing."),
        Route("POST", "/sla/calendars/{key}/preview", preview_calendar, "sla", "What a calendar would move",
              "预览日历变更", answer=Preview, right=Right.TIME_MANAGE, body=ContentBody),
        Route("PUT", "/sla/uses", hang_calendar, "sla", "Say whose a calendar is", "设置日历归属",
              right=Right.TIME_MANAGE, body=UseBody, status=204, errors=(404,)),
        Route("GET", "/sla/policies", list_policies, "sla", "List SLA policies", "SLA 策略列表",
              answer=list[PolicyRow], right=Right.TASK_WORK),
        Route("PUT", "/sla/policies/{key}", save_policy, "sla", "Save an SLA policy", "保存 SLA 策略",
              answer=PolicyRow, right=Right.TIME_MANAGE, body=ContentBody, errors=(409, 422),
              about="A new version; open clocks get its targets and its ladder. The same content changes nothing."),
        Route("POST", "/sla/policies/{key}/preview", preview_policy, "sla", "What a policy would move",
              "预览 SLA 策略变更", answer=Preview, right=Right.TIME_MANAGE, body=ContentBody, errors=(409, 422)),
        Route("GET", "/sla/clocks", list_clocks, "sla", "Clocks of a case or a task", "案例或任务的计时器",
              answer=list[ClockRow], right=Right.TASK_WORK, query=ClockQuery),
        Route("GET", "/sla/clocks/{clock_id}", why_deadline, "sla", "Why a deadline is so", "解释截止时间",
              answer=DeadlineWhy, right=Right.TASK_WORK,
              about="The stored explanation, and the same reckoned again from its stored inputs (`same`)."),
        Route("GET", "/sla/wall", show_wall, "sla", "The SLA wall", "SLA 看板",
              answer=Wall, right=Right.TASK_MANAGE, query=WallQuery),
        Route("GET", "/sla/figures", show_figures, "sla", "How work went, per version", "按版本统计工作成效",
              answer=list[FigureRow], right=Right.TASK_MANAGE, query=FiguresQuery,
              about="Of finished cases: `kept` of `promises`; hand-offs; tasks given on; human steps done `again`."),
        Route("GET", "/sla/queues", show_queues, "sla", "How long work waits in the queues", "各队列的等待时长",
              answer=list[QueueRow], right=Right.TASK_MANAGE),
        Route("POST", "/instances/{instance_id}/clocks/pause", pause_clocks, "sla", "Pause clocks", "暂停计时",
              answer=Clocks, right=Right.TASK_WORK, body=PauseBody, errors=(409,)),
        Route("POST", "/instances/{instance_id}/clocks/resume", resume_clocks, "sla", "Let clocks tick again",
              "继续计时", answer=Clocks, right=Right.TASK_WORK, body=MetricsBody, errors=(409,)),
        Route("POST", "/instances/{instance_id}/clocks/meet", meet_clocks, "sla", "The customer was answered",
              "已答复客户", answer=Clocks, right=Right.TASK_WORK, body=MetricsBody, errors=(409,)),
        Route("POST", "/instances/{instance_id}/clocks/recompute", recompute_clocks, "sla", "Reckon clocks anew",
              "重新计算时限", answer=Preview, right=Right.TASK_WORK, body=ReasonBody, errors=(409, 422)),
    ),
)  # fmt: skip
