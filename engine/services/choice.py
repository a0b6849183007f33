"""Which variant an instance starts as: a decision is asked, its answer and reasons are stored.  # F1"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.domain.errors import RunError
from engine.domain.values import RecordRef
from engine.services.context import Context
from engine.services.deciding import decide
from engine.services.edges import outward
from engine.services.library import Loaded
from engine.services.registry import port
from engine.store import models


@dataclass(frozen=True, slots=True)
class Choice:
    """The definition that starts, and the explanation kept with the instance."""

    loaded: Loaded
    why: Mapping[str, Any]  # {"decision", "inputs", "variant", "reason", "trace", "base", "rules", "rules_version"}


def choose(ctx: Context, base: Loaded, variables: Mapping[str, Any]) -> Choice | None:
    """Ask the start decision; None if the definition has none.

    The decision answers a process key, or a context {variant: key, reason: text}; null means the base itself.
    Raises ``RunError`` CRM-605 if it names a process that is not published.
    """
    decision = base.info["variants"]
    if not decision:
        return None
    scope = {name: port("record.read")(ctx, v) if isinstance(v, RecordRef) else v for name, v in variables.items()}
    value, trace, about = decide(ctx, base, decision, scope)
    answer = value if isinstance(value, Mapping) else {"variant": value}
    key = answer.get("variant") or base.key
    why = {
        "decision": decision,
        "base": base.key,
        "variant": key,
        "reason": outward(answer.get("reason")),
        "inputs": _inputs(trace),
        "trace": outward(trace),
        **about,
    }
    if key == base.key:
        return Choice(base, why)
    chosen = models.published(ctx.conn, str(key))
    if chosen is None:
        raise RunError(
            "CRM-605",
            f"Decision '{decision}' chose the variant '{key}', which is not published.",
            fix=f"Publish '{key}', or mend the table.",
        )
    return Choice(ctx.library.load(ctx.conn, chosen), why)


def _inputs(trace: Any) -> dict[str, Any]:
    """What the tables looked at: label → value, from the steps of the explanation."""
    found: dict[str, Any] = {}
    for step in trace or ():
        for rule in step.get("rules", ()):
            found.update(rule.get("inputs") or {})
    return dict(outward(found))
