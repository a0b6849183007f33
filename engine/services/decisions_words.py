"""What rules are called in other languages: kept with each version, and as words to read a page or a trace with.

The texts come from ``labels.<locale>.yaml`` (see ``labels``). They decide nothing: other texts for the same model make
no new version, and what is published in the Rules room keeps the texts of the version before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.dmn import Model, tree
from engine.domain.rules import Words, WordsOfRules
from engine.services.context import Context
from engine.services.labels import Labels
from engine.services.registry import answers
from engine.store import rules


def kept(ctx: Context, before: str | None, given: Labels | None) -> Labels | None:
    """The texts of a new version: those that came along, else those of the version before."""
    if given is not None or before is None:
        return given
    noted = rules.notes(ctx.conn, [before]).get(before)
    return None if noted is None else noted.labels


def retell(ctx: Context, resource_id: str, given: Labels | None) -> bool:
    """Give a version that stays the texts that came along; whether they are others than before."""
    if given is None:
        return False
    noted = rules.notes(ctx.conn, [resource_id]).get(resource_id)
    if noted is None or (noted.labels or {}) == given:
        return False
    rules.relabel(ctx.conn, resource_id, given)
    return True


@answers(WordsOfRules)
def words_of(ctx: Context, ask: WordsOfRules) -> Words:
    """Two statements; one where nothing is translated. Harmless to know, so no right is asked for."""
    rows = rules.versions(ctx.conn, ask.key)
    row = next((row for row in rows if ask.version in (None, row.version)), None)
    texts = (row.labels or {}).get(ask.locale) if row is not None else None
    return words(ctx.library.rules(ctx.conn, row.id).model, texts) if row is not None and texts else {}


def words(model: Model, texts: Mapping[str, str]) -> Words:
    """By the names that a trace and a page show, since those are what was kept; decisions go by their id, too."""
    found: dict[str, dict[str, str]] = {}
    for key, element in model.graph.tree.elements.items():
        own = {"": texts[key]} if key in texts else {}
        for part in _parts(getattr(element, "logic", None)):
            if part.id in texts:
                drawn = (part.label, getattr(part, "text", None), getattr(part, "name", None))
                own |= {name: texts[part.id] for name in drawn if name}
        if own:
            found[element.name] = found[key] = own
    return found


def _parts(logic: Any) -> tuple[Any, ...]:
    """The columns of a table, also of one inside a function."""
    if isinstance(logic, tree.FunctionBox):
        return _parts(logic.body)
    return (*logic.inputs, *logic.outputs) if isinstance(logic, tree.Table) else ()
