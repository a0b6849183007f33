"""The tables, named in the field's own terms. Migrations in ``migrations/`` must equal them (a test proves it).

Personal data lives in ``record`` and ``file`` only; instance variables hold record ids.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)

from engine.store.naming import NEVER_TEXT, candidacy_columns, inbox_indexes, metadata as metadata, search_columns
from engine.store.types import Amount, Blob, Id, Json, Key, Login, Serial, UtcTime

# --- models ----------------------------------------------------------------------------------------

definition = Table(
    "definition",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Key, nullable=False),  # BPMN process id
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("hash", String(64), nullable=False),  # of the XML and of everything pinned
    Column("xml", Blob, nullable=False),
    Column(
        "pins", Json, nullable=False
    ),  # {"forms": {id: resource id}, "decisions": {…}, "calls": {key: definition id}}
    Column("info", Json, nullable=False),  # ProcessInfo as data: owner, goal, elements …
    Column("findings", Json, nullable=False),
    Column("variant_of", Key),
    Column("deployed_at", UtcTime, nullable=False),
    Column("deployed_by", Login, nullable=False),
    Column("published_at", UtcTime),
    Column("published_by", Login),
    UniqueConstraint("key", "version"),
    Index("ix_definition_key_hash", "key", "hash"),
)

resource = Table(
    "resource",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),  # dmn, form
    Column("key", Key, nullable=False),  # form id; for dmn the model's id
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("content", Blob, nullable=False),
    Column("provides", Json, nullable=False),  # decision ids of a dmn, [form id] of a form
    Column("deployed_at", UtcTime, nullable=False),
    Column("deployed_by", Login, nullable=False),
    UniqueConstraint("kind", "key", "version"),
)

label = Table(  # translations of model texts by element id, pinned at deploy
    "label",
    metadata,
    Column("definition_id", Id, ForeignKey("definition.id", ondelete="CASCADE"), primary_key=True),
    Column("locale", String(16), primary_key=True),
    Column("element_id", Key, primary_key=True),
    Column("text", Text, nullable=False),
)

start_subscription = Table(  # message, signal and conditional start events of published definitions
    "start_subscription",
    metadata,
    Column("kind", String(16), primary_key=True),  # message, signal, conditional, related (over relations)
    Column("message", Key, primary_key=True),  # its name; of a condition the kind of record it looks at
    Column("definition_key", Key, primary_key=True),
    Column("element_id", Key, nullable=False),
    Column("definition_id", Id, ForeignKey("definition.id"), nullable=False),
)

# --- instances -------------------------------------------------------------------------------------

instance = Table(
    "instance",
    metadata,
    Column("id", Id, primary_key=True),
    Column("definition_id", Id, ForeignKey("definition.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("business_key", Key),
    Column("revision", Integer, nullable=False),
    Column("codec", Integer, nullable=False),  # version of the state's format
    Column("blob", Blob),  # the live state; null when over
    Column("variables", Blob),  # msgpack of the top scope, written when the instance is over
    Column("started_at", UtcTime, nullable=False),
    Column("started_by", Login, nullable=False),
    Column("ended_at", UtcTime),
    Column("parent_id", Id),
    Column("choice", Json),
    Column("error", Text),
    Column("audit_digest", String(32)),  # of its last audit row: the next one chains onto it
    Index("ix_instance_definition_id_state", "definition_id", "state"),
    Index("ix_instance_business_key", "business_key"),
    Index("ix_instance_started_at", "started_at"),
)

instance_record = Table(  # which records an instance works on (for the record's page)
    "instance_record",
    metadata,
    Column("record_id", Id, ForeignKey("record.id"), primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id"), primary_key=True),
)

task = Table(  # open human tasks only; closed ones are rows of ``activity``
    "task",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("node", Integer, nullable=False),  # key within the instance's state
    Column("element_id", Key, nullable=False),
    Column("definition_id", Id, ForeignKey("definition.id"), nullable=False),  # where the element is drawn
    Column("scope", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("assignee", Login),
    Column("candidates", Json, nullable=False),  # ["user:…", "team:…", "role:…"], as in task_candidate
    Column("priority", Integer, nullable=False),
    Column("due_at", UtcTime),
    Column("follow_up_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("form_key", Key),
    Column("record_kind", String(40)),
    Column("record_id", Id),
    Column("subject", Text),  # the record's name when the task opened
    Column("stage", Key),
    Column("business_key", Key),
    Column("why", Json),  # the stored explanation of the assignment
    Column("revision", Integer, nullable=False),
    Column("delegated_by", Login),  # who gets it back when the assignee has resolved it
    # What lists order and filter by; ``engine.store.moves`` keeps them, and the copies of candidacies.
    Column("breach_at", UtcTime, nullable=False, server_default=NEVER_TEXT),  # due_at, or never
    Column("rank", Integer, nullable=False, server_default="50"),  # 100 - priority
    Column("segment", Key),  # of the record
    Column("amount", Amount),  # of the record, for filters only
    *search_columns(),
    UniqueConstraint("instance_id", "node"),
    *inbox_indexes(),
)

task_candidate = Table(
    "task_candidate",
    metadata,
    Column("candidate", String(130), primary_key=True),  # "user:alice", "team:sales", "role:manager"
    Column("task_id", Id, ForeignKey("task.id", ondelete="CASCADE"), primary_key=True),
    *candidacy_columns(),  # copies of the task's: one index range is a candidacy's part of the inbox
    Index("ix_task_candidate_task_id", "task_id"),
)

draft = Table(
    "draft",
    metadata,
    Column("task_id", Id, ForeignKey("task.id", ondelete="CASCADE"), primary_key=True),
    Column("login", Login, primary_key=True),
    Column("data", Json, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
)

deadline = Table(  # one row per armed timer (later: per SLA rung)
    "deadline",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("task_id", Id, ForeignKey("task.id", ondelete="CASCADE")),  # the task it hangs on, for the inbox
    Column("kind", String(16), nullable=False),  # timer, rung
    Column("node", Integer, nullable=False),
    Column("element_id", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("attached_to", Key),
    Column("text", Text, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False),  # ready, leased, held, incident
    Column("lease_until", UtcTime),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text),
    UniqueConstraint("instance_id", "node", "kind"),
    Index("ix_deadline_state_due_at", "state", "due_at"),
    Index("ix_deadline_task_id", "task_id"),
)

job = Table(  # the outbox: service calls, mails, messages between instances
    "job",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id")),
    Column("node", Integer),
    Column("element_id", Key),
    Column("name", Text, nullable=False),
    Column("type", Key, nullable=False),
    Column("payload", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("lease_until", UtcTime),
    Column("fence", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("error", Text),
    Column("worker", String(120)),  # name of the external worker that holds it
    Column("created_at", UtcTime, nullable=False),
    Index("ix_job_type_state_due_at", "type", "state", "due_at"),
    Index("ix_job_instance_id", "instance_id"),
)

incident = Table(  # open incidents; solved ones are in ``audit``
    "incident",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id")),
    Column("kind", String(16), nullable=False),  # job, timer, fault
    Column("job_id", Id, ForeignKey("job.id", ondelete="CASCADE")),
    Column("deadline_id", Id, ForeignKey("deadline.id", ondelete="CASCADE")),
    Column("node", Integer),  # of a fault
    Column("element_id", Key),
    Column("name", Text, nullable=False),
    Column("code", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Index("ix_incident_instance_id", "instance_id"),
    Index("ix_incident_created_at", "created_at"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", Id, ForeignKey("instance.id"), nullable=False),
    Column("node", Integer, nullable=False),
    Column("element_id", Key, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("message", Key, nullable=False),
    Column("correlation_key", Key, nullable=False),
    UniqueConstraint("instance_id", "node"),
    Index("ix_subscription_message_correlation_key", "message", "correlation_key"),
)

message = Table(  # messages that nobody waits for yet, until they expire
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Key, nullable=False),
    Column("correlation_key", Key, nullable=False),
    Column("payload", Json, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime, nullable=False),
    Column("sent_by", Login, nullable=False),
    Column("parent_id", Id),
    Index("ix_message_name_correlation_key", "name", "correlation_key"),
    Index("ix_message_expires_at", "expires_at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("login", Login, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("request", String(64), nullable=False),  # digest: the same key with another request is refused
    Column("answer", Json, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_idempotency_at", "at"),
)

# --- operations on many --------------------------------------------------------------------------

bulk = Table(  # one operation on many instances or incidents, run by jobs
    "bulk",
    metadata,
    Column("id", Id, primary_key=True),
    Column("action", String(24), nullable=False),
    Column("params", Json, nullable=False),
    Column("chosen", Json, nullable=False),  # the filter that chose the items, as people wrote it
    Column("reason", Text, nullable=False),
    Column("state", String(16), nullable=False),  # running, cancelled, done
    Column("by", Login, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index("ix_bulk_started_at", "started_at"),
)

bulk_item = Table(
    "bulk_item",
    metadata,
    Column("bulk_id", Id, ForeignKey("bulk.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("target", Id, nullable=False),  # an instance or an incident
    Column("state", String(16), nullable=False),  # waiting, done, failed, cancelled
    Column("code", String(16)),
    Column("message", Text),
    Column("made", Id),  # the instance a restart has begun
    Column("at", UtcTime),
    Index("ix_bulk_item_bulk_id_state", "bulk_id", "state"),
)

# --- what happened ---------------------------------------------------------------------------------

activity = Table(  # append-only history: one row per run of a drawn element
    "activity",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("instance_id", Id, nullable=False),
    Column("task_id", Id),  # of a human task: who completed it can be told after it is gone
    Column("element_id", Key, nullable=False),
    Column("definition_id", Id),  # only where it differs from the instance's (call activities)
    Column("name", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("scope", Text),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=False),
    Column("by", Login),
    Column("detail", Json),
    # msgpack of the process variables that the step changed, on its last row: the data of any time can be told,
    # and erased without touching what happened.
    Column("data", Blob),
    Index("ix_activity_instance_id", "instance_id"),
    Index(
        "ix_activity_task_id",
        "task_id",
        sqlite_where=text("task_id is not null"),
        postgresql_where=text("task_id is not null"),
    ),
    Index(
        "ix_activity_by_id",  # what a person has done
        "by",
        "id",
        sqlite_where=text("task_id is not null"),
        postgresql_where=text("task_id is not null"),
    ),
)

audit = Table(  # who did what; ``digest`` chains the rows of one instance
    "audit",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("instance_id", Id),
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),
    Column("action", String(40), nullable=False),
    Column("target", Key),
    Column("detail", Json),
    Column("digest", String(32), nullable=False),
    Index("ix_audit_instance_id", "instance_id"),
    Index("ix_audit_at", "at"),
)

# --- CRM records -----------------------------------------------------------------------------------

record = Table(
    "record",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("name", Text, nullable=False),
    Column("owner", Login),
    Column("state", String(40)),
    Column("external_id", Key),  # source:id, for imports
    Column("data", Json, nullable=False),
    Column("fingerprint", String(64)),  # normalised mail/phone/name digest, for duplicates
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("revision", Integer, nullable=False),
    UniqueConstraint("kind", "external_id"),
    Index("ix_record_kind_state", "kind", "state"),
    Index("ix_record_kind_name", "kind", "name"),
    Index("ix_record_kind_changed_at", "kind", "changed_at"),
    Index("ix_record_kind_owner", "kind", "owner"),
)

record_match = Table(  # normalised values a duplicate check matches on: mail, phone, name+company
    "record_match",
    metadata,
    Column("value", String(80), primary_key=True),  # "mail:…" digest
    Column("record_id", Id, ForeignKey("record.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_record_match_record_id", "record_id"),
)

record_word = Table(  # search index: words and, for Chinese, bigrams
    "record_word",
    metadata,
    Column("word", String(64), primary_key=True),
    Column("record_id", Id, ForeignKey("record.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_record_word_record_id", "record_id"),
)

record_link = Table(
    "record_link",
    metadata,
    Column("from_id", Id, ForeignKey("record.id", ondelete="CASCADE"), primary_key=True),
    Column("relation", String(40), primary_key=True),
    Column("to_id", Id, ForeignKey("record.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_record_link_to_id", "to_id"),
)

import_run = Table(
    "import_run",
    metadata,
    Column("id", Id, primary_key=True),  # from the file's content and the mapping: the same import again is known
    Column("file", Text, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("upto", Integer, nullable=False),  # rows read so far; a restart goes on there
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("started", Integer, nullable=False),
    Column("finished", Boolean(name="finished"), nullable=False),
    Column("by", Login, nullable=False),
    Column("at", UtcTime, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("import_id", Id, ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
)

file = Table(  # content-hashed blobs; every download is authorised
    "file",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", String(120), nullable=False),
    Column("content", Blob, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by", Login, nullable=False),
)

# --- people ----------------------------------------------------------------------------------------

principal = Table(  # users and teams
    "principal",
    metadata,
    Column("id", Login, primary_key=True),  # login or team key
    Column("kind", String(8), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("password", Text),  # argon2 hash
    Column("active", Boolean(name="active"), nullable=False),
    Column("roles", Json, nullable=False),
    Column("locale", String(16), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("manager", Login, ForeignKey("principal.id")),
    Column("lead", Login, ForeignKey("principal.id")),  # of a team; asked with everybody who acts
    Column("stamp", Integer, nullable=False),  # raised to end all sessions (password change, deactivation)
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint("kind in ('user', 'team')", name="kind"),
    Index("ix_principal_lead", "lead", sqlite_where=(_LED := text("lead is not null")), postgresql_where=_LED),
)

membership = Table(
    "membership",
    metadata,
    Column("member", Login, ForeignKey("principal.id", ondelete="CASCADE"), primary_key=True),  # user or team
    Column("team", Login, ForeignKey("principal.id", ondelete="CASCADE"), primary_key=True),
    Column("turn", Integer),  # round robin: the team's count when this member last got work
    Index("ix_membership_team", "team"),
)

token = Table(
    "token",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("login", Login, ForeignKey("principal.id", ondelete="CASCADE"), nullable=False),
    Column("label", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
)

notification = Table(
    "notification",
    metadata,
    Column("id", Id, primary_key=True),
    Column("to", Login, ForeignKey("principal.id", ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("task_id", Id),
    Column("instance_id", Id),
    Column("created_at", UtcTime, nullable=False),
    Column("read_at", UtcTime),
    Column("in_app", Boolean, nullable=False, server_default=true()),  # False: deliveries by mail or webhook alone
    Index("ix_notification_to_read_at", "to", "read_at"),
)
