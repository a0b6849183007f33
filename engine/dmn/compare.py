"""What changed between two versions of a DMN model, in terms of its tables: rules, cells, inputs, outputs, texts.

Elements, columns and rules are matched by id; where a modeler has given new ids, by what they say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from engine.dmn import tree

N = TypeVar("N", bound=tree.Node)
Pair = tuple[N | None, N | None]
Change = dict[str, Any]
#: What of an element is told beside its logic: label of the change → how to read it.
_FACTS: dict[str, Callable[[Any], Any]] = {
    "name": lambda e: e.name,
    "type": lambda e: e.variable.type_ref,
    "inputs": lambda e: _refs(getattr(e, "inputs", ())),
    "decisions": lambda e: _refs(getattr(e, "decisions", ())),
    "knowledge": lambda e: _refs(getattr(e, "knowledge", ())),
}


def compare(old: tree.Definitions, new: tree.Definitions) -> list[Change]:
    """One entry per element of either version, in the new one's order.

    ``{"id", "name", "kind", "state", "facts": [{"what", "before", "after"}], "columns": […], "rules": […]}``;
    states are added, removed, changed, moved (rules only), same. ``columns``: ``{"part": input|output, "label",
    "state", "before", "after"}``. ``rules``: ``{"state", "before": number, "after": number, "cells": [{"part",
    "label", "before", "after", "changed"}]}``; numbers from 1. Item definitions come as elements of kind ``type``.
    """
    told = [_element(one, other) for one, other in _pairs(list(old.elements.values()), list(new.elements.values()))]
    told += [_item(one, other) for one, other in _pairs(old.items, new.items)]
    return told


def _element(old: Any, new: Any) -> Change:
    shown = new or old
    made: Change = {"id": shown.id, "name": shown.name, "kind": type(shown).__name__.lower()}
    if old is None or new is None:
        state = "added" if old is None else "removed"
        logic = getattr(shown, "logic", None)
        count = len(logic.rules) if isinstance(logic, tree.Table) else None
        return {**made, "state": state, "facts": [], "columns": [], "rules": [], "size": count}
    facts = [_fact(what, read(old), read(new)) for what, read in _FACTS.items()]
    facts += _logic(getattr(old, "logic", None), getattr(new, "logic", None))
    made |= {"facts": [fact for fact in facts if fact], "columns": [], "rules": [], "size": None}
    if isinstance(getattr(old, "logic", None), tree.Table) and isinstance(getattr(new, "logic", None), tree.Table):
        made["columns"] = _columns(old.logic, new.logic)
        made["rules"] = _rules(old.logic, new.logic)
        made["size"] = len(new.logic.rules)
    same = not made["facts"] and all(part["state"] == "same" for part in (*made["columns"], *made["rules"]))
    return {**made, "state": "same" if same else "changed"}


def _item(old: tree.Item | None, new: tree.Item | None) -> Change:
    shown = new or old
    assert shown is not None
    before, after = ("\n".join(_told(one)) if one is not None else None for one in (old, new))
    state = "added" if old is None else "removed" if new is None else "same" if before == after else "changed"
    facts = [] if before == after else [{"what": "type", "before": before, "after": after}]
    return {
        "id": shown.id, "name": shown.name, "kind": "type", "state": state, "facts": facts,
        "columns": [], "rules": [], "size": None,
    }  # fmt: skip


def _told(item: tree.Item) -> Iterator[str]:
    kind = f"list of {item.type_ref}" if item.collection else item.type_ref or "context"
    yield f"{item.name}: {kind}" + (f" [{item.allowed}]" if item.allowed else "")
    for part in item.parts:
        yield from ("  " + line for line in _told(part))


def _logic(old: Any, new: Any) -> list[Change | None]:
    """Changes of what is no table, text by text; of a table, its hit policy."""
    if isinstance(old, tree.Table) and isinstance(new, tree.Table):
        return [_fact("hit policy", _policy(old), _policy(new))]
    if type(old) is not type(new):
        return [_fact("logic", _kind(old), _kind(new))]
    before, after = dict(_texts(old, "")), dict(_texts(new, ""))
    return [
        _fact(f"text {where}".strip(), before.get(where), after.get(where)) for where in dict.fromkeys(before | after)
    ]


def _texts(box: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text of an expression with its place: entry names and positions."""
    if isinstance(box, tree.Literal):
        yield where, box.text
    elif isinstance(box, tree.Node):
        here = f"{where} {box.name}".strip() if isinstance(box, tree.Entry) and box.name else where
        for field in fields(box):
            value = getattr(box, field.name)
            if isinstance(value, str) and field.name in ("kind", "variable"):
                yield f"{here} {field.name}".strip(), value
            elif isinstance(value, (tree.Node, tuple)):
                yield from _texts(value, here)
    elif isinstance(box, tuple):
        for number, part in enumerate(box, 1):
            yield from _texts(part, where if isinstance(part, tree.Entry) else f"{where} {number}".strip())


def _kind(box: Any) -> str | None:
    return None if box is None else type(box).__name__.lower()


def _policy(table: tree.Table) -> str:
    return f"{table.hit} {table.aggregation or ''}".strip()


def _fact(what: str, before: Any, after: Any) -> Change | None:
    return None if before == after else {"what": what, "before": before, "after": after}


def _refs(refs: Sequence[tree.Ref]) -> str:
    return ", ".join(sorted(ref.id for ref in refs))


# --- tables ----------------------------------------------------------------------------------------


def _columns(old: tree.Table, new: tree.Table) -> list[Change]:
    told = []
    for part, before, after in (("input", old.inputs, new.inputs), ("output", old.outputs, new.outputs)):
        for one, other in _pairs(before, after):
            told.append(_column(part, one, other))
    return told


def _column(part: str, old: Any, new: Any) -> Change:
    before, after = (None if one is None else _says(one) for one in (old, new))
    state = "added" if old is None else "removed" if new is None else "same" if before == after else "changed"
    return {"part": part, "label": _label(new or old), "state": state, "before": before, "after": after}


def _says(column: Any) -> str:
    text = column.text if isinstance(column, tree.Column) else column.name or ""
    label = f"{column.label}: " if column.label and column.label != text else ""
    more = [column.type_ref or "", f"[{column.allowed}]" if column.allowed else ""]
    more.append(f"default {column.default}" if getattr(column, "default", None) else "")
    return " ".join(part for part in (label + text, *more) if part)


def _label(column: Any) -> str:
    return str(column.label or getattr(column, "text", None) or getattr(column, "name", None) or "")


def _rules(old: tree.Table, new: tree.Table) -> list[Change]:
    pairs = _pairs(old.rules, new.rules)
    places = {id(rule): number for table in (old, new) for number, rule in enumerate(table.rules, 1)}
    kept = [places[id(one)] for one, other in pairs if one is not None and other is not None]
    steady = _rising(kept)
    layout = [
        (part, one, other, old_place, new_place)
        for part, before, after in (("input", old.inputs, new.inputs), ("output", old.outputs, new.outputs))
        for one, other in _pairs(before, after)
        for old_place in (None if one is None else _place(before, one),)
        for new_place in (None if other is None else _place(after, other),)
    ]
    told = []
    for one, other in pairs:
        cells = [
            _cell(part, _label(b or a), _text(one, part, i), _text(other, part, j)) for part, a, b, i, j in layout
        ] + [_cell("note", "", _note(one), _note(other))]
        if one is None or other is None:
            state = "added" if one is None else "removed"
        elif any(cell["changed"] for cell in cells):
            state = "changed"
        else:
            state = "same" if places[id(one)] in steady else "moved"
        numbers = {"before": one and places[id(one)], "after": other and places[id(other)]}
        told.append({"state": state, **numbers, "cells": cells})
    return told


def _place(columns: Sequence[Any], column: Any) -> int:
    return next(number for number, each in enumerate(columns) if each is column)


def _text(rule: tree.Rule | None, part: str, place: int | None) -> str | None:
    if rule is None or place is None:
        return None
    cells = rule.cells if part == "input" else rule.outputs
    return (cells[place].text or "-") if place < len(cells) else None


def _note(rule: tree.Rule | None) -> str | None:
    return None if rule is None else "; ".join(text for text in (*rule.annotations, rule.description) if text)


def _cell(part: str, label: str, before: str | None, after: str | None) -> Change:
    return {
        "part": part,
        "label": label,
        "before": before,
        "after": after,
        "changed": (before or "-") != (after or "-"),
    }


# --- matching --------------------------------------------------------------------------------------


def _pairs(old: Sequence[Any], new: Sequence[Any]) -> list[Pair[Any]]:
    """Matched by id, then by what they say; in the new order, what was removed where it stood."""
    partner: dict[int, Any] = {}
    left = list(old)
    for sign in (_id, _sense):
        known: dict[Any, list[Any]] = {}
        for node in left:
            known.setdefault(sign(node), []).append(node)
        for node in new:
            mark = sign(node)
            if id(node) not in partner and mark and known.get(mark):
                partner[id(node)] = known[mark].pop(0)
        taken = {id(node) for node in partner.values()}
        left = [node for node in old if id(node) not in taken]
    pairs: list[Pair[Any]] = [(partner.get(id(node)), node) for node in new]
    for node in left:
        before = old[: _place(old, node)]
        at = next((n + 1 for n in range(len(pairs) - 1, -1, -1) if any(pairs[n][0] is one for one in before)), 0)
        pairs.insert(at, (node, None))
    return pairs


def _id(node: Any) -> Any:
    return node.id


def _sense(node: Any) -> Any:
    if isinstance(node, tree.Rule):
        return tuple(" ".join(cell.text.split()) for cell in (*node.cells, *node.outputs))
    return getattr(node, "text", None) or getattr(node, "name", None)


def _rising(numbers: Sequence[int]) -> set[int]:
    """A longest rising part of the sequence: what of it need not have moved."""
    tails: list[int] = []
    ends: list[int] = []
    back: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        back[number] = tails[at - 1] if at else None
        tails[at:] = [number]
        ends[at:] = [number]
    found: set[int] = set()
    here = tails[-1] if tails else None
    while here is not None:
        found.add(here)
        here = back[here]
    return found
