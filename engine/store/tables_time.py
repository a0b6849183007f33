"""Tables of time: calendars and where they hang, SLA policies, clocks, their ledger of pauses, rungs and changes.

Calendars and policies are never overwritten: a clock names the versions it was reckoned with, so it can be explained.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from engine.store.naming import metadata
from engine.store.types import Id, Json, Key, Login, Serial, UtcTime

calendar = Table(
    "calendar",
    metadata,
    Column("key", Key, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", Json, nullable=False),  # as ``Calendar.to_mapping``
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),
)

calendar_use = Table(  # which calendar hangs on what; the most specific wins
    "calendar_use",
    metadata,
    Column("kind", String(16), primary_key=True),  # contract, customer, team, office
    Column("target", Key, primary_key=True),  # record id, team key, office's name
    Column("calendar", Key, nullable=False),
)

sla_policy = Table(
    "sla_policy",
    metadata,
    Column("key", Key, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", Json, nullable=False),  # name, decision, targets, calendar, pausable, ladder
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),
)

sla_clock = Table(  # kept when it is over: what was promised and whether it was held
    "sla_clock",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("task_id", Id),  # the row of ``task`` goes when it is done
    Column("node", Integer),
    Column("element_id", Key),  # null: the case
    Column("name", Text, nullable=False),
    Column("metric", String(40), nullable=False),
    Column("scope", String(8), nullable=False),  # task, case, stage
    Column("definition_key", Key, nullable=False),
    Column("team", Key),  # whose work it is, for the wall
    Column("segment", Key),
    Column("record_kind", String(40)),
    Column("record_id", Id),
    Column("policy", Key),
    Column("policy_version", Integer),
    Column("calendar", Key),  # null: every hour counts
    Column("calendar_version", Integer),
    Column("target", String(40), nullable=False),  # as promised: PT8H, 3 business days
    Column("unit", String(16), nullable=False),
    Column("span", String(40), nullable=False),  # the working time it stands for, ISO 8601
    Column("pausable", Boolean(name="pausable"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("due_at", UtcTime),  # null while it is paused
    Column("breached_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("alarm_id", Id),  # the job that looks at it next
    Column("alarm_at", UtcTime),
    Column("mark", Json, nullable=False),  # what the model says
    Column("inputs", Json, nullable=False),  # what the policy was asked with
    Column("why", Json, nullable=False),  # the stored explanation
    Column("ladder", Json, nullable=False),  # its rungs as given
    Index("ix_sla_clock_ended_at_due_at", "ended_at", "due_at"),
    Index("ix_sla_clock_instance_id", "instance_id"),
    Index("ix_sla_clock_task_id", "task_id"),
)

sla_pause = Table(
    "sla_pause",
    metadata,
    Column("id", Id, primary_key=True),
    Column("clock_id", Id, ForeignKey("sla_clock.id", ondelete="CASCADE"), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime),
    Column("reason", Text, nullable=False),
    Column("source", String(16), nullable=False),  # element, record, person
    Column("ref", Key, nullable=False),  # the element, the record, the login: who ends it
    Column("by", Login, nullable=False),
    Index("ix_sla_pause_clock_id", "clock_id"),
)

sla_rung = Table(  # one row per clock and rung: fires once, whatever crashes
    "sla_rung",
    metadata,
    Column("clock_id", Id, ForeignKey("sla_clock.id", ondelete="CASCADE")),
    Column("rung", String(40)),
    Column("due_at", UtcTime),  # null while the clock is paused
    Column("state", String(16), nullable=False),  # planned, fired, skipped
    Column("fired_at", UtcTime),
    Column("did", Json),  # what it did, to whom
    PrimaryKeyConstraint("clock_id", "rung"),
    Index("ix_sla_rung_fired_at", "fired_at"),
)

sla_change = Table(  # append-only: what moved a clock, before and after
    "sla_change",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("clock_id", Id, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),
    Column("reason", Text, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Index("ix_sla_change_clock_id", "clock_id"),
)
