"""Which version of a form or a called process a model means: what comes with it, the newest, or a tagged one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from engine import bpmn
from engine.domain.errors import Refused
from engine.domain.states import Severity
from engine.domain.values import Finding
from engine.services.context import Context
from engine.store import models


def found(ctx: Context, parts: Iterable[Any], infos: Iterable[bpmn.ProcessInfo]) -> set[tuple[str, str, str]]:
    """Of the version tags that processes ask for, those that a version has: (forms or calls, name, tag)."""
    infos = list(infos)
    wanted = {(area, *pair) for info in infos for area, tags in info.tags.items() for pair in tags.items()}
    here = {("calls", info.key, info.version_tag) for info in infos}
    here |= {("forms", part.key, form_tag(part.content)) for part in parts if part.kind == "form"}
    return {each for each in wanted if each in here or _stored(ctx, *each)}


def _stored(ctx: Context, area: str, name: str, tag: str) -> bool:
    if area == "calls":
        return models.tagged(ctx.conn, name, tag) is not None
    return tagged_form(ctx, name, tag) is not None


def form_tag(content: bytes) -> str | None:
    """The version tag of a form."""
    schema = json.loads(content)
    tag = schema.get("versionTag") if isinstance(schema, dict) else None
    return tag if isinstance(tag, str) else None


def tagged_form(ctx: Context, name: str, tag: str) -> tuple[str, str] | None:
    """(resource id, hash) of the newest version of a form that carries a tag."""
    rows = models.form_versions(ctx.conn, name)
    return next(((row.id, row.hash) for row in rows if form_tag(bytes(row.content)) == tag), None)


def called(wants: Mapping[str, Any], everything: Iterable[str]) -> list[tuple[str, str | None]]:
    """What a process calls: (key, version tag); all there is where it computes a name."""
    tags = wants.get("tags", {}).get("calls", {})
    keys = [*wants["calls"], *(everything if "calls" in wants.get("open", ()) else ())]
    return [(key, tags.get(key)) for key in dict.fromkeys(keys)]


def two_versions(what: str, name: str, by: str) -> Refused:
    """Processes that run as one mean two versions of the same thing."""
    message = f"“{by}” and the processes it calls mean two versions of the {what} “{name}”."
    fix = "Bind it in the same way in all of them."
    finding = Finding(
        "CRM-875",
        Severity.ERROR,
        message,
        element=by,
        why="A case means one version of each form and process it runs.",
        fix=fix,
        message_zh=f"“{by}”及其调用的流程引用了“{name}”的两个不同版本。",
        why_zh="一个案例中，每个表单和流程只能有一个版本。",
        fix_zh="请在所有流程中以同样方式绑定。",
    )
    return Refused("CRM-168", message, [finding], fix=fix)
