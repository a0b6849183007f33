"""Which version of a decision decides for an instance: the newest, the one deployed with its process, or a tagged one.

As in Zeebe (``zeebe:calledDecision bindingType``): ``latest`` where nothing is said, so that a new version of a table
works at once, also for what runs; ``deployment`` keeps what came with the process; ``versionTag`` finds the tag.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.specs.tasks import Binding
from engine.domain.errors import RunError
from engine.services.context import Context
from engine.services.library import Held, Loaded
from engine.store import rules


def decide(
    ctx: Context, loaded: Loaded, decision: str, inputs: Mapping[str, Any], binding: Binding | None = None
) -> tuple[Any, Any, Mapping[str, Any]]:
    """(value, trace, {"rules": key, "rules_version": number}). Raises ``RunError`` CRM-604, CRM-609."""
    return _held(ctx, loaded, decision, binding).decide(decision, inputs)


def _held(ctx: Context, loaded: Loaded, decision: str, binding: Binding | None) -> Held:
    if binding is not None and binding.kind == "deployment":
        return loaded.rules(decision)
    if binding is not None:
        found = _found(ctx, decision, binding.tag)
        if found is None:
            raise RunError(
                "CRM-609",
                f"No version of decision '{decision}' has the tag '{binding.tag}'.",
                fix="Publish a version with this zeebe:versionTag, then retry.",
            )
        return ctx.library.rules(ctx.conn, found[0])
    newest = _found(ctx, decision, None)
    return loaded.rules(decision) if newest is None else ctx.library.rules(ctx.conn, newest[0])


def _found(ctx: Context, decision: str, tag: str | None) -> tuple[str, str, int] | None:
    """The newest version, or the newest with the tag; looked up once in a command."""
    known = ctx.deciding
    if (decision, tag) not in known:
        conn = ctx.conn
        known[decision, tag] = rules.latest(conn, decision) if tag is None else rules.tagged(conn, decision, tag)
    found: tuple[str, str, int] | None = known[decision, tag]
    return found
