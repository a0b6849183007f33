"""The audit trail of one transaction: entries are gathered, chained per instance, and written in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection

from engine.store.apply import write_audit


@dataclass(slots=True)
class Trail:
    """Entries not yet written. An instance's entries are sealed (given their digests) where its row is written.

    A row is never changed, only replaced: who keeps the list as it was (``Context.attempt``) keeps what it held.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)

    def note(
        self,
        at: datetime,
        by: str,
        action: str,
        instance_id: str | None,
        target: str | None,
        detail: Mapping[str, Any] | None,
    ) -> None:
        row = {"at": at, "by": by, "action": action, "instance_id": instance_id, "target": target, "detail": detail}
        self.rows.append(row)

    def seal(self, instance_id: str, previous: str | None) -> str | None:
        """Chain the instance's unsealed entries onto ``previous``; the new last digest, stored with the instance."""
        for place, row in enumerate(self.rows):
            if row["instance_id"] == instance_id and "digest" not in row:
                previous = digest(row, previous)
                self.rows[place] = row | {"digest": previous}
        return previous

    def take(self, instance_id: str) -> list[dict[str, Any]]:
        """The instance's sealed entries, to be written along with its step."""
        taken = [row for row in self.rows if row["instance_id"] == instance_id and "digest" in row]
        self.rows = [row for row in self.rows if not (row["instance_id"] == instance_id and "digest" in row)]
        return taken

    def write(self, conn: Connection) -> None:
        """Write everything gathered: at most one statement."""
        rows, self.rows = self.rows, []
        write_audit(conn, [row if "digest" in row else row | {"digest": digest(row, None)} for row in rows])


def digest(row: Mapping[str, Any], previous: str | None) -> str:
    """The link of an audit row: 128 bits over the row and the digest before it, as 32 hex digits."""
    at: datetime = row["at"]
    content = [row["instance_id"], at.isoformat(), row["by"], row["action"], row["target"], row["detail"], previous]
    return blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=16).hexdigest()
