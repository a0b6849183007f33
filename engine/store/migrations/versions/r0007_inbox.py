"""The inbox: sort keys and business facts on tasks and candidacies, comments, attachments, filters, bulk changes.

Triggers keep the copies, so that whoever writes a task (a step, a reassignment, an SLA clock) need not know of them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from engine.store.naming import NEVER_TEXT
from engine.store.types import Json, UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: A record's segment and the first amount of money it has, as SQLite and PostgreSQL read its JSON.
_MONEY = ("amount", "expectedValue", "value", "net", "budget")
_FACTS = {
    "sqlite": (
        "json_extract({0}.data, '$.segment')",
        "CAST(coalesce(" + ", ".join(f"json_extract({{0}}.data, '$.{key}.amount')" for key in _MONEY) + ") AS REAL)",
    ),
    "postgresql": (
        "({0}.data ->> 'segment')",
        "coalesce(" + ", ".join(f"{{0}}.data #>> '{{{{{key},amount}}}}'" for key in _MONEY) + ")::double precision",
    ),
}
_COPIED = ("breach_at", "rank", "definition_id", "stage", "segment", "amount", "follow_up_at")


def upgrade() -> None:
    _columns()
    _indexes()
    _tables()
    for statement in _LITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(sa.text(statement.replace(":", r"\:")))
    # Rows that were there before: the triggers fill them.
    op.execute("UPDATE task SET priority = priority, due_at = due_at")
    op.execute(f"UPDATE task SET breach_at = coalesce(due_at, '{NEVER_TEXT}'), rank = 100 - priority")
    for column in ("definition_id", *_COPIED[:2], *_COPIED[3:]):
        op.execute(  # noqa: S608 (our own columns)
            f"UPDATE task_candidate SET {column} = (SELECT {column} FROM task WHERE task.id = task_candidate.task_id)"
        )
    free = "(SELECT assignee IS NULL FROM task WHERE task.id = task_candidate.task_id)"
    op.execute(f"UPDATE task_candidate SET free = {free}")


def _columns() -> None:
    op.add_column("task", sa.Column("delegated_by", sa.String(length=120), nullable=True))
    op.add_column("task", sa.Column("breach_at", UtcTime(), nullable=False, server_default=NEVER_TEXT))
    op.add_column("task", sa.Column("rank", sa.Integer(), nullable=False, server_default="50"))
    op.add_column("task", sa.Column("segment", sa.String(length=255), nullable=True))
    op.add_column("task", sa.Column("amount", sa.Float(), nullable=True))
    free = sa.Column("free", sa.Boolean(name="free"), nullable=False, server_default=sa.text("true"))
    op.add_column("task_candidate", free)
    op.add_column("task_candidate", sa.Column("breach_at", UtcTime(), nullable=False, server_default=NEVER_TEXT))
    op.add_column("task_candidate", sa.Column("rank", sa.Integer(), nullable=False, server_default="50"))
    op.add_column("task_candidate", sa.Column("definition_id", sa.String(length=16), nullable=True))
    op.add_column("task_candidate", sa.Column("stage", sa.String(length=255), nullable=True))
    op.add_column("task_candidate", sa.Column("segment", sa.String(length=255), nullable=True))
    op.add_column("task_candidate", sa.Column("amount", sa.Float(), nullable=True))
    op.add_column("task_candidate", sa.Column("follow_up_at", UtcTime(), nullable=True))


def _indexes() -> None:
    op.drop_index("ix_task_assignee_due_at", table_name="task")
    op.drop_index("ix_task_due_at", table_name="task")
    order = ["breach_at", "rank", "id"]
    op.create_index("ix_task_assignee_breach_at", "task", ["assignee", *order])
    op.create_index("ix_task_breach_at", "task", order)
    op.create_index("ix_task_rank", "task", ["rank", "breach_at", "id"])
    op.create_index("ix_task_definition_id", "task", ["definition_id", *order])
    for fact in ("segment", "stage", "record_id", "amount", "follow_up_at", "delegated_by"):
        where = sa.text(f"{fact} is not null")
        op.create_index(f"ix_task_{fact}", "task", [fact, "breach_at"], sqlite_where=where, postgresql_where=where)
    op.create_index(
        "ix_task_candidate_candidate_breach_at",
        "task_candidate",
        ["candidate", "breach_at", "rank", "task_id", "definition_id", "stage", "segment", "amount", "follow_up_at"],
        sqlite_where=sa.text("free = 1"),
        postgresql_where=sa.text("free"),
    )
    human = sa.text("task_id is not null")
    op.create_index("ix_activity_by_id", "activity", ["by", "id"], sqlite_where=human, postgresql_where=human)


def _tables() -> None:
    op.create_table(
        "comment",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", Json(), nullable=False),
        _instance("comment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment")),
    )
    op.create_index("ix_comment_instance_id", "comment", ["instance_id", "id"])
    op.create_table(
        "attachment",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["hash"], ["file.hash"], name=op.f("fk_attachment_hash")),
        _instance("attachment"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_instance_id", "attachment", ["instance_id", "id"])
    op.create_index("ix_attachment_hash", "attachment", ["hash"])
    op.create_table(
        "todo",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("task_id", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(name="done"), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_todo_task_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_todo")),
    )
    op.create_index("ix_todo_task_id", "todo", ["task_id", "id"])
    _personal()


def _personal() -> None:
    op.create_table(
        "follow",
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("instance_id", sa.String(length=16), nullable=False),
        _instance("follow"),
        sa.PrimaryKeyConstraint("login", "instance_id", name=op.f("pk_follow")),
    )
    op.create_index("ix_follow_instance_id", "follow", ["instance_id"])
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("team", sa.String(length=120), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.String(length=16), nullable=False),
        sa.Column("wanted", Json(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
    )
    op.create_index("ix_saved_filter_owner", "saved_filter", ["owner"])
    op.create_index("ix_saved_filter_team", "saved_filter", ["team"])
    op.create_table(
        "preference",
        sa.Column("login", sa.String(length=120), nullable=False),
        sa.Column("room", sa.String(length=40), nullable=False),
        sa.Column("choice", Json(), nullable=False),
        sa.PrimaryKeyConstraint("login", "room", name=op.f("pk_preference")),
    )
    op.create_table(
        "sweep",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("action", sa.String(length=24), nullable=False),
        sa.Column("items", Json(), nullable=False),
        sa.Column("undone_at", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweep")),
    )
    op.create_index("ix_sweep_by", "sweep", ["by", "id"])


def _instance(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_instance_id")
    return sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=name, ondelete="CASCADE")


_SET = ", ".join(f"{column} = NEW.{column}" for column in _COPIED)
_FIELDS = ", ".join(_COPIED)
_SEGMENT, _AMOUNT = _FACTS["sqlite"]
_LITE = (
    f"""CREATE TRIGGER task_filled AFTER INSERT ON task BEGIN
    UPDATE task SET breach_at = coalesce(NEW.due_at, '{NEVER_TEXT}'), rank = 100 - NEW.priority,
      segment = (SELECT {_SEGMENT.format("r")} FROM record r WHERE r.id = NEW.record_id),
      amount = (SELECT {_AMOUNT.format("r")} FROM record r WHERE r.id = NEW.record_id)
    WHERE id = NEW.id; END""",
    f"""CREATE TRIGGER task_moved AFTER UPDATE OF due_at, priority ON task BEGIN
    UPDATE task SET breach_at = coalesce(NEW.due_at, '{NEVER_TEXT}'), rank = 100 - NEW.priority WHERE id = NEW.id;
    END""",
    f"""CREATE TRIGGER task_copied AFTER UPDATE OF assignee, {_FIELDS} ON task BEGIN
    UPDATE task_candidate SET free = (NEW.assignee IS NULL), {_SET} WHERE task_id = NEW.id; END""",
    f"""CREATE TRIGGER candidacy_filled AFTER INSERT ON task_candidate BEGIN
    UPDATE task_candidate SET (free, {_FIELDS}) = (SELECT assignee IS NULL, {_FIELDS} FROM task WHERE id = NEW.task_id)
    WHERE candidate = NEW.candidate AND task_id = NEW.task_id; END""",
    f"""CREATE TRIGGER record_facts AFTER UPDATE OF data ON record
    WHEN {_SEGMENT.format("OLD")} IS NOT {_SEGMENT.format("NEW")} OR {_AMOUNT.format("OLD")} IS NOT {_AMOUNT.format("NEW")}
    BEGIN UPDATE task SET segment = {_SEGMENT.format("NEW")}, amount = {_AMOUNT.format("NEW")}
    WHERE record_id = NEW.id; END""",
)
_SEG, _AMT = _FACTS["postgresql"]
_POSTGRES = (
    f"""CREATE FUNCTION task_filled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.breach_at := coalesce(NEW.due_at, '{NEVER_TEXT}'); NEW.rank := 100 - NEW.priority;
    IF TG_OP = 'INSERT' AND NEW.record_id IS NOT NULL THEN
      SELECT {_SEG.format("r")}, {_AMT.format("r")} INTO NEW.segment, NEW.amount FROM record r WHERE r.id = NEW.record_id;
    END IF; RETURN NEW; END $$""",
    """CREATE TRIGGER task_filled BEFORE INSERT OR UPDATE OF due_at, priority ON task
    FOR EACH ROW EXECUTE FUNCTION task_filled()""",
    f"""CREATE FUNCTION task_copied() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE task_candidate SET free = (NEW.assignee IS NULL), {_SET} WHERE task_id = NEW.id; RETURN NULL; END $$""",
    f"""CREATE TRIGGER task_copied AFTER UPDATE ON task FOR EACH ROW
    WHEN ((OLD.assignee, {", ".join(f"OLD.{c}" for c in _COPIED)}) IS DISTINCT FROM
          (NEW.assignee, {", ".join(f"NEW.{c}" for c in _COPIED)})) EXECUTE FUNCTION task_copied()""",
    f"""CREATE FUNCTION candidacy_filled() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    SELECT assignee IS NULL, {_FIELDS} INTO NEW.free, {", ".join(f"NEW.{c}" for c in _COPIED)}
    FROM task WHERE id = NEW.task_id; RETURN NEW; END $$""",
    """CREATE TRIGGER candidacy_filled BEFORE INSERT ON task_candidate
    FOR EACH ROW EXECUTE FUNCTION candidacy_filled()""",
    f"""CREATE FUNCTION record_facts() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE task SET segment = {_SEG.format("NEW")}, amount = {_AMT.format("NEW")} WHERE record_id = NEW.id;
    RETURN NULL; END $$""",
    f"""CREATE TRIGGER record_facts AFTER UPDATE OF data ON record FOR EACH ROW
    WHEN (({_SEG.format("OLD")}, {_AMT.format("OLD")}) IS DISTINCT FROM ({_SEG.format("NEW")}, {_AMT.format("NEW")}))
    EXECUTE FUNCTION record_facts()""",
)


def downgrade() -> None:
    lite = op.get_bind().dialect.name == "sqlite"
    on = {"task_filled": "task", "task_copied": "task", "candidacy_filled": "task_candidate", "record_facts": "record"}
    for trigger, table in on.items():
        op.execute(f"DROP TRIGGER {trigger}" if lite else f"DROP TRIGGER {trigger} ON {table}")
        if not lite:
            op.execute(f"DROP FUNCTION {trigger}()")
    if lite:
        op.execute("DROP TRIGGER task_moved")
    for table in ("sweep", "preference", "saved_filter", "follow", "todo", "attachment", "comment"):
        op.drop_table(table)
    op.drop_index("ix_activity_by_id", table_name="activity")
    op.drop_index("ix_task_candidate_candidate_breach_at", table_name="task_candidate")
    for name in ("assignee_breach_at", "breach_at", "rank", "definition_id", "segment", "stage", "record_id", "amount"):
        op.drop_index(f"ix_task_{name}", table_name="task")
    op.drop_index("ix_task_follow_up_at", table_name="task")
    op.drop_index("ix_task_delegated_by", table_name="task")
    op.create_index("ix_task_assignee_due_at", "task", ["assignee", "due_at"])
    op.create_index("ix_task_due_at", "task", ["due_at"])
    for column in ("follow_up_at", "amount", "segment", "stage", "definition_id", "rank", "breach_at", "free"):
        op.drop_column("task_candidate", column)
    for column in ("amount", "segment", "rank", "breach_at", "delegated_by"):
        op.drop_column("task", column)
