"""Tables of people beyond log-in: capacity, skills, absences; work on hold; what was sent to whom by which way."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from engine.store.naming import metadata
from engine.store.types import Id, Json, Key, Login, UtcTime

person = Table(  # a row only for those who differ from the default
    "person",
    metadata,
    Column("login", Login, ForeignKey("principal.id", ondelete="CASCADE"), primary_key=True),
    Column("weight", Integer, nullable=False),  # share of the team's work; 100 = one full person
    Column("most", Integer),  # open tasks that fill them up; null: no limit
    Column("languages", Json, nullable=False),  # ["zh", "en"]
    Column("territories", Json, nullable=False),  # ["cn/south"]: covers what begins with it
    Column("calendar", Key),  # working calendar; null: the team's or office's
    Column("tell", Json, nullable=False),  # how they want to be told, see ``engine.domain.telling``
    Column("feed", String(64), unique=True),  # digest of the secret in the address of the calendar feed
)

skill = Table(
    "skill",
    metadata,
    Column("login", Login, ForeignKey("principal.id", ondelete="CASCADE"), primary_key=True),
    Column("skill", String(80), primary_key=True),
    Column("level", Integer, nullable=False),  # 1 to 5
)

absence = Table(
    "absence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("login", Login, ForeignKey("principal.id", ondelete="CASCADE"), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("delegate", Login, ForeignKey("principal.id")),  # null: the team's queue gets the work
    Column("hand_over", Boolean(name="hand_over"), nullable=False),  # open work goes, too
    Column("reason", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),
    Index("ix_absence_login_until", "login", "until"),
    Index("ix_absence_until", "until"),
)

held = Table(  # tasks that wait until somebody has room for them
    "held",
    metadata,
    Column("instance_id", Id, primary_key=True),  # written before the instance is, so no foreign key
    Column("node", Integer, primary_key=True, autoincrement=False),
    Column("pool", String(250), nullable=False),  # among whom: one job hands out each pool's work
    Column("priority", Integer, nullable=False),
    Column("asked", Json, nullable=False),  # what the assignment asked for
    Column("since", UtcTime, nullable=False),
    Index("ix_held_pool", "pool"),
)

delivery = Table(  # one notification by one way; its state is its job's: waiting, failed, or gone = sent
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("notification_id", Id, ForeignKey("notification.id", ondelete="CASCADE"), nullable=False),
    Column("to", Login, nullable=False),
    Column("channel", String(16), nullable=False),  # mail, webhook
    Column("job_id", Id),  # null: waits for the digest
    Column("message_id", String(120)),  # of the mail; the same when it is sent again
    Column("created_at", UtcTime, nullable=False),
    Column("bounced_at", UtcTime),
    Column("reason", Text),  # why it came back
    UniqueConstraint("notification_id", "channel"),
    Index("ix_delivery_to_created_at", "to", "created_at"),
    Index("ix_delivery_message_id", "message_id"),
)
