"""Data associations that say how data change on their way: assignments and transformations, as mappings.

An assignment gives a variable (``to``: a name, a path, or the id of a data input, output or object with a name) the
value of FEEL (``from``); a transformation gives it to the association's target. Associations without either only show
what is read and written: variables are seen by every step of their scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from engine.bpmn.parse_source import child, children, given, text_in
from engine.bpmn.specs.expr import valid_target

SIDES = {"input": "dataInputAssociation", "output": "dataOutputAssociation"}


def carried(xml: etree._Element, side: str, ids: Mapping[str, etree._Element]) -> Iterator[tuple[str, str]]:
    """(target, FEEL) of every assignment and transformation of an element, in order; the target may be no name.

    ``ids``: the file's elements by id.
    """
    for association in children(xml, SIDES[side]):
        transformation = child(association, "transformation")
        if transformation is not None:
            yield _variable(text_in(child(association, "targetRef")), ids), _feel(transformation)
        for assignment in children(association, "assignment"):
            yield _variable(text_in(child(assignment, "to")), ids), _feel(child(assignment, "from"))


def _feel(e: etree._Element | None) -> str:
    text = text_in(e)
    return text if text.startswith("=") or not text else f"= {text}"


def _variable(text: str, ids: Mapping[str, etree._Element]) -> str:
    """The variable a target means: the name of what has this id, else the text itself."""
    text = text.strip().removeprefix("=").strip()
    named = ids.get(text)
    if named is not None and not given(named, "name"):
        named = ids.get(given(named, "dataObjectRef") or "", named)
    name = given(named, "name") or ""
    return name if valid_target(name) else text
