"""What a DMN file imports: found by namespace among the files that come with it, else among what is deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.values import FileIn
from engine.model.xml import BadXml, read
from engine.services.context import Context
from engine.store import rules

_ZEEBE = "{http://camunda.org/schema/zeebe/1.0}versionTag"


@dataclass(frozen=True, slots=True)
class Source:
    """A DMN file that may be imported."""

    key: str
    namespace: str
    wants: tuple[str, ...]  # namespaces it imports
    content: bytes
    resource_id: str | None = None  # None: comes with this deployment


def gather(ctx: Context, files: Sequence[FileIn]) -> list[list[Source]]:
    """Per file, everything it imports, directly or not; what is not found is left to the reader's finding."""
    sent = [source(file.content) for file in files]
    shelf = {one.namespace: one for one in sent if one is not None}
    missing = {space for one in sent if one is not None for space in one.wants} - shelf.keys()
    if missing:
        for row in rules.newest(ctx.conn):
            if row.namespace is not None and row.namespace in shelf:
                continue
            deployed = source(rules.content(ctx.conn, row.id), row.id)
            if deployed is not None:
                shelf.setdefault(deployed.namespace, deployed)
    return [[] if one is None else _reached(one, shelf) for one in sent]


def _reached(start: Source, shelf: dict[str, Source]) -> list[Source]:
    found: dict[str, Source] = {}
    waiting = list(start.wants)
    while waiting:
        space = waiting.pop(0)
        one = shelf.get(space)
        if one is None or space in found or space == start.namespace:
            continue
        found[space] = one
        waiting.extend(one.wants)
    return list(found.values())


def source(content: bytes, resource_id: str | None = None) -> Source | None:
    """The head of a DMN file; None if it cannot be read (its own check says why)."""
    try:
        root = read(content)
    except BadXml:
        return None
    found = (e for e in root if isinstance(e.tag, str) and e.tag.endswith("}import"))
    wants = tuple(e.get("namespace") or "" for e in found if "DMN" in (e.get("importType") or ""))
    key = root.get("id") or root.get("name") or ""
    return Source(key, root.get("namespace") or "", wants, content, resource_id)


def tags_of(content: bytes) -> dict[str, str]:
    """Decision id and name → its zeebe:versionTag."""
    found: dict[str, str] = {}
    for decision in read(content):
        if not isinstance(decision.tag, str) or not decision.tag.endswith("}decision"):
            continue
        tag = next((e.get("value") for e in decision.iter(_ZEEBE)), None)
        for name in (decision.get("id"), decision.get("name")):
            if tag and name:
                found[name] = tag.strip()
    return found
