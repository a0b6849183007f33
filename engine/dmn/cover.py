"""Boxes over axes of atoms: subtraction, intersection and overlap of rules (each rule is a box).

A box holds one bit mask per axis. Subtracting a rule from a box leaves at most one box per axis, all disjoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Box = tuple[int, ...]

MOST = 20_000  # boxes; a table that needs more is not checked to the end


class TooMany(Exception):
    """The remainder falls into more pieces than we look at."""


def subtract(boxes: list[Box], rule: Box) -> list[Box]:
    """What of the boxes the rule does not cover."""
    out: list[Box] = []
    for box in boxes:
        if any(have & cut == 0 for have, cut in zip(box, rule, strict=True)):
            out.append(box)
            continue
        head: Box = ()
        for place, (have, cut) in enumerate(zip(box, rule, strict=True)):
            left = have & ~cut
            if left:
                out.append((*head, left, *box[place + 1 :]))
            head = (*head, have & cut)
        if len(out) > MOST:
            raise TooMany
    return out


def remainder(whole: Box, rules: Sequence[Box]) -> list[Box]:
    """What of the whole no rule covers. Raises TooMany."""
    boxes = [whole]
    for rule in rules:
        boxes = subtract(boxes, rule)
        if not boxes:
            break
    return merged(boxes)


def merged(boxes: list[Box]) -> list[Box]:
    """The same with boxes joined that differ on one axis only, so that people read fewer of them."""
    for axis in range(len(boxes[0]) if boxes else 0):
        joined: dict[Box, int] = {}
        for box in boxes:
            key = (*box[:axis], *box[axis + 1 :])
            joined[key] = joined.get(key, 0) | box[axis]
        boxes = [(*key[:axis], mask, *key[axis:]) for key, mask in joined.items()]
    return boxes


def meet(one: Box, other: Box) -> Box | None:
    """The intersection, or None when it is empty."""
    found = tuple(a & b for a, b in zip(one, other, strict=True))
    return found if all(found) else None


def overlaps(rules: Sequence[Box | None], axes: int) -> Iterator[tuple[int, int]]:
    """Pairs (i < j) of rules that have an input in common; rules that are None take no part."""
    by_atom: list[dict[int, int]] = [{} for _ in range(axes)]
    for j, rule in enumerate(rules):
        if rule is None or not all(rule):
            continue
        common = (1 << j) - 1
        for axis, mask in enumerate(rule):
            hit = 0
            for atom in bits(mask):
                hit |= by_atom[axis].get(atom, 0)
                by_atom[axis][atom] = by_atom[axis].get(atom, 0) | (1 << j)
            common &= hit
        for i in bits(common):
            yield i, j


def bits(mask: int) -> Iterator[int]:
    """Places of the bits that are set."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
