"""What is known of a stored file: the form's data holds these facts, whatever the browser claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from engine.domain.files import KeptFile
from engine.services.context import Context
from engine.store import tables as t


def facts(ctx: Context, instance_id: str, file_id: str) -> Mapping[str, Any] | None:
    """What is known of a stored file of an instance, as a form's data holds it; None where there is none."""
    if not file_id.startswith(f"{instance_id}-"):
        return None
    f = t.file.c
    row = ctx.conn.execute(
        select(f.hash, f.name, f.media_type, func.length(f.content).label("size")).where(f.hash == file_id)
    ).one_or_none()
    return None if row is None else told(KeptFile(row.hash, row.name, row.media_type, row.size))


def told(file: KeptFile) -> dict[str, Any]:
    return {"id": file.id, "name": file.name, "type": file.type, "size": file.size}
