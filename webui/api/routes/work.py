"""Messages in; jobs, timers and incidents to look after."""

from __future__ import annotations

from datetime import timedelta

from engine.domain.access import Right
from engine.domain.commands import RetryIncident, SendMessage, SendSignal
from engine.domain.questions import ListIncidents, ListJobs, ListTimers
from engine.domain.values import DeadlineRow, IncidentRow, JobRow, MessageSent, Page
from engine.domain.working import DropMessage, ListMessages, MessageRow, ResendMessage
from webui.api.models import MessageBody, OfInstance, RetryBody, SignalBody
from webui.api.operating_models import KeptQuery, ResendBody
from webui.api.routing import Call, Route, Tag


def send_message(call: Call) -> MessageSent:
    body = call.body
    return call.engine.do(
        SendMessage(
            body.name,
            by=call.by,
            correlation_key=body.correlation_key,
            payload=body.payload,
            ttl=timedelta(seconds=body.ttl),
            idempotency_key=call.idempotency_key,
            business_key=body.business_key,
        )
    )


def send_signal(call: Call) -> None:
    body = call.body
    call.engine.do(SendSignal(body.name, call.by, body.payload, idempotency_key=call.idempotency_key))


def list_messages(call: Call) -> Page[MessageRow]:
    query = call.query
    return call.engine.ask(
        ListMessages(call.by, query.state, query.name, query.search, limit=query.limit, cursor=query.cursor)
    )


def resend_message(call: Call) -> MessageSent:
    ttl = timedelta(seconds=call.body.ttl)
    return call.engine.do(ResendMessage(call.path["message_id"], by=call.by, ttl=ttl))


def drop_message(call: Call) -> None:
    call.engine.do(DropMessage(call.path["message_id"], by=call.by))


def list_jobs(call: Call) -> Page[JobRow]:
    query = call.query
    return call.engine.ask(ListJobs(call.by, query.instance_id, limit=query.limit, cursor=query.cursor))


def list_timers(call: Call) -> Page[DeadlineRow]:
    query = call.query
    return call.engine.ask(ListTimers(call.by, query.instance_id, limit=query.limit, cursor=query.cursor))


def list_incidents(call: Call) -> Page[IncidentRow]:
    query = call.query
    return call.engine.ask(ListIncidents(call.by, query.instance_id, limit=query.limit, cursor=query.cursor))


def retry_incident(call: Call) -> None:
    call.engine.do(RetryIncident(call.path["incident_id"], by=call.by, reason=call.body.reason))


TAG = Tag(
    "operations",
    "Send messages to waiting instances; see what is due and retry what failed.",
    "向等待中的实例发送消息；查看将到期的事项并重试失败。",
    (
        Route(
            "POST", "/messages", send_message, "operations", "Send a message", "发送消息",
            answer=MessageSent, right=Right.MESSAGE_SEND, body=MessageBody, status=201, repeatable=True,
            errors=(404, 409, 422),
            about="It is correlated with one waiting instance, starts one, or waits for `ttl` seconds.",
        ),
        Route(
            "POST", "/signals", send_signal, "operations", "Send a signal to all who wait for it", "广播信号",
            right=Right.MESSAGE_SEND, body=SignalBody, status=204, repeatable=True, errors=(409, 422),
            about="Everybody who waits hears it once, flows that begin with it start. It is not kept for later.",
        ),
        Route(
            "GET", "/messages", list_messages, "operations", "Messages nobody wanted so far", "尚无人接收的消息",
            answer=Page[MessageRow], right=Right.INCIDENT_READ, query=KeptQuery,
        ),
        Route(
            "POST", "/messages/{message_id}/send", resend_message, "operations", "Send a kept one again", "重新发送",
            answer=MessageSent, right=Right.MESSAGE_SEND, body=ResendBody, errors=(409, 422, 500),
        ),
        Route(
            "DELETE", "/messages/{message_id}", drop_message, "operations", "Forget a kept one", "删除",
            right=Right.INCIDENT_RETRY, status=204,
        ),
        Route(
            "GET", "/jobs", list_jobs, "operations", "Jobs of the outbox", "待执行的作业",
            answer=Page[JobRow], right=Right.INCIDENT_READ, query=OfInstance,
        ),
        Route(
            "GET", "/timers", list_timers, "operations", "Armed timers", "已设定的计时器",
            answer=Page[DeadlineRow], right=Right.INCIDENT_READ, query=OfInstance,
        ),
        Route(
            "GET", "/incidents", list_incidents, "operations",
            "What failed and waits for a person", "失败并等待处理的事项",
            answer=Page[IncidentRow], right=Right.INCIDENT_READ, query=OfInstance,
        ),
        Route(
            "POST", "/incidents/{incident_id}/retry", retry_incident, "operations", "Try it again", "重试",
            right=Right.INCIDENT_RETRY, body=RetryBody, status=204, errors=(409, 422),
        ),
    ),
)  # fmt: skip
