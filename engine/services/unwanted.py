"""Messages nobody has wanted so far: to look at, to send again, to forget."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, or_, select

from engine.domain.access import Right, ensure
from engine.domain.commands import SendMessage
from engine.domain.errors import Invalid, NotFound
from engine.domain.values import MessageSent, Page
from engine.domain.working import DropMessage, ListMessages, MessageRow, ResendMessage
from engine.services.context import Context
from engine.services.messages import send
from engine.services.registry import answers, handles
from engine.store import tables as t
from engine.store.queries import contains, paged

_M = t.message.c


@answers(ListMessages)
def list_messages(ctx: Context, ask: ListMessages) -> Page[MessageRow]:
    """Kept messages, newest first: those that still wait, and those whose time was over before anybody came."""
    ensure(ask.by, Right.INCIDENT_READ)
    query = select(t.message)
    if ask.state not in (None, "waiting", "expired"):
        raise Invalid("CRM-035", f"A message is not '{ask.state}'.", fix="Ask for waiting or expired.")
    if ask.state is not None:
        query = query.where(_M.expires_at > ctx.now if ask.state == "waiting" else _M.expires_at <= ctx.now)
    if ask.name is not None:
        query = query.where(_M.name == ask.name)
    if ask.search:
        query = query.where(or_(contains(_M.name, ask.search), contains(_M.correlation_key, ask.search)))
    rows, following = paged(ctx.conn, query, [_M.sent_at, _M.id], ask.limit, ask.cursor, down=True)
    return Page(tuple(_shown(ctx, row) for row in rows), following)


@handles(ResendMessage)
def resend(ctx: Context, cmd: ResendMessage) -> MessageSent:
    """Send it again as it was; whoever waits now gets it."""
    ensure(cmd.by, Right.MESSAGE_SEND)
    row = _taken(ctx, cmd.message_id)
    ctx.audit(cmd.by, "message.resend", target=row.name, detail={"message": row.id})
    return send(ctx, SendMessage(row.name, cmd.by, row.correlation_key, row.payload, cmd.ttl, parent_id=row.parent_id))


@handles(DropMessage)
def drop(ctx: Context, cmd: DropMessage) -> None:
    """Forget it."""
    ensure(cmd.by, Right.INCIDENT_RETRY)
    row = _taken(ctx, cmd.message_id)
    ctx.audit(cmd.by, "message.drop", target=row.name, detail={"message": row.id, "reason": cmd.reason})


def _taken(ctx: Context, message_id: str) -> Any:
    """Read by deleting: of two people, or a person and a subscriber, only one gets it."""
    row = ctx.conn.execute(delete(t.message).where(_M.id == message_id).returning(*_M)).one_or_none()
    if row is None:
        raise NotFound(
            "CRM-407", f"There is no kept message '{message_id}'.", fix="Somebody took it; look at the list."
        )
    return row


def _shown(ctx: Context, row: Any) -> MessageRow:
    return MessageRow(
        id=row.id,
        name=row.name,
        correlation_key=row.correlation_key,
        payload=row.payload,
        sent_at=row.sent_at,
        sent_by=row.sent_by,
        expires_at=row.expires_at,
        state="waiting" if row.expires_at > ctx.now else "expired",
        parent_id=row.parent_id,
    )
