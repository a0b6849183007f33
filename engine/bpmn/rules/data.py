"""Constraints on data: items and collections, inputs, outputs and their sets, what flows along associations."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.bpmn.rules.base import ERROR, Context, Hit, hit, rule
from engine.bpmn.rules.formal import bearer
from engine.model.graph import local_ref
from engine.model.xml import BPMN, line_of, local

_AWARE = ("dataObject", "dataInput", "dataOutput", "inputDataItem", "outputDataItem", "property", "dataStore")


def tag(name: str) -> str:
    """An element name of BPMN's namespace, as lxml wants it."""
    return f"{{{BPMN}}}{name}"


def flag(e: etree._Element | None, name: str) -> bool:
    """A boolean attribute, false when it is absent."""
    return e is not None and (e.get(name) or "").strip() in ("true", "1")


def item_of(c: Context, e: etree._Element | None, attribute: str = "itemSubjectRef") -> etree._Element | None:
    """The item definition an element refers to; a reference to a data object has that object's."""
    if e is None:
        return None
    found = c.model.elements.get(local_ref(e.get(attribute)) or "")
    for kind in ("dataObject", "dataStore"):
        if found is None and local(e) == f"{kind}Reference":
            meant = c.model.elements.get(local_ref(e.get(f"{kind}Ref")) or "")
            return item_of(c, meant) if meant is not None and local(meant) == kind else None
    return found if found is not None and local(found) == "itemDefinition" else None


def same_item(a: etree._Element | None, b: etree._Element | None) -> bool:
    """Whether two item definitions are equivalent: the same one, or of the same structure."""
    if a is b:
        return True
    if a is None or b is None:
        return False
    left, right = (local_ref(e.get("structureRef")) for e in (a, b))
    return left == right and left is not None


def shown(item: etree._Element | None) -> str:
    """An item in words."""
    return "no item" if item is None else f"{item.get('id')} ({item.get('structureRef') or 'no structure'})"


@rule("CRM-834", ERROR)
def collection_differs(c: Context) -> Iterator[Hit]:
    """What refers to an item definition is a collection exactly when that is one (10.4.1)."""
    for e in c.model.root.iter(*(tag(name) for name in _AWARE)):
        item = item_of(c, e)
        # Properties have no ``isCollection``, and the items of a loop are single by CRM-844.
        if item is None or local(e) in ("property", "dataStore", "inputDataItem", "outputDataItem"):
            continue
        if flag(item, "isCollection") != flag(e, "isCollection"):
            yield hit(bearer(e), line_of(e), item=item.get("id"), part=local(e))


@rule("CRM-844", ERROR)
def loop_item(c: Context) -> Iterator[Hit]:
    """The item of a multi-instance loop is a single one of its collection's kind (13.3.7, Table 10.30)."""
    for node in c.model.all_nodes():
        loop = node.child("multiInstanceLoopCharacteristics")
        if loop is None:
            continue
        for ref, name in (("loopDataInputRef", "inputDataItem"), ("loopDataOutputRef", "outputDataItem")):
            collection = c.model.elements.get(local_ref(loop.findtext(tag(ref))) or "")
            one = loop.find(tag(name))
            many, single = item_of(c, collection), item_of(c, one)
            if (
                collection is not None
                and many is not None
                and not (flag(many, "isCollection") or flag(collection, "isCollection"))
            ):
                yield hit(node.xml, line_of(loop), item="?", collection=shown(many))
                continue
            if one is None or collection is None or many is None or single is None:
                continue
            same = many is single or many.get("structureRef") == single.get("structureRef")
            if not same or (single is not many and flag(single, "isCollection")) or flag(one, "isCollection"):
                yield hit(node.xml, line_of(one), item=shown(single), collection=shown(many))


@rule("CRM-863", ERROR)
def state_or_item(c: Context) -> Iterator[Hit]:
    """Data objects have an item and no state, references to them a state and no item (10.4.1)."""
    for e in c.model.root.iter(tag("dataObjectReference")):
        if (e.get("itemSubjectRef") or "").strip():
            yield hit(bearer(e), line_of(e), has="an item definition", has_zh="数据项定义")
    for e in c.model.root.iter(tag("dataObject")):
        if e.find(tag("dataState")) is not None:
            yield hit(bearer(e), line_of(e), has="a state", has_zh="状态")


@rule("CRM-846", ERROR)
def state_name(c: Context) -> Iterator[Hit]:
    """A reference to a data object in a state is called “Object [state]” (10.4.1)."""
    for e in c.model.root.iter(tag("dataObjectReference")):
        data = c.model.elements.get(local_ref(e.get("dataObjectRef")) or "")
        state = e.find(tag("dataState"))
        name, own = (e.get("name") or "").strip(), (data.get("name") or "").strip() if data is not None else ""
        said = (state.get("name") or "").strip() if state is not None else ""
        if not name or not own or not said:
            continue
        if name not in (f"{own} [{said}]", f"{own}[{said}]"):
            yield hit(e, name=name, wanted=f"{own} [{said}]")


_SETS = (
    ("dataInput", "inputSet", "dataInputRefs", ("optionalInputRefs", "whileExecutingInputRefs")),
    ("dataOutput", "outputSet", "dataOutputRefs", ("optionalOutputRefs", "whileExecutingOutputRefs")),
)


def _specs(c: Context) -> Iterator[etree._Element]:
    """What has inputs and outputs: specifications, and events themselves."""
    yield from c.model.root.iter(tag("ioSpecification"))
    for node in c.model.all_nodes():
        if node.kind.endswith("Event"):
            yield node.xml


def refs(e: etree._Element, name: str) -> list[str]:
    """The ids an element's reference children of this name hold."""
    return [ref for child in e.findall(tag(name)) if (ref := local_ref(child.text))]


@rule("CRM-847", ERROR)
def in_no_set(c: Context) -> Iterator[Hit]:
    """Every input is in an input set, every output in an output set (10.4.2)."""
    for spec in _specs(c):
        for one, group, name, _ in _SETS:
            named = {ref for s in spec.findall(tag(group)) for ref in refs(s, name)}
            for e in spec.findall(tag(one)):
                if e.get("id") and e.get("id") not in named:
                    yield hit(e, part=one, group=group)


@rule("CRM-848", ERROR)
def not_in_this_set(c: Context) -> Iterator[Hit]:
    """Optional inputs and outputs of a set are in that set, and what a set lists is its owner's (10.4.2)."""
    for spec in _specs(c):
        for one, group, name, more in _SETS:
            own = {e.get("id") for e in spec.findall(tag(one))}
            for s in spec.findall(tag(group)):
                listed = refs(s, name)
                for ref in (r for extra in more for r in refs(s, extra)):
                    if ref not in listed:
                        yield hit(bearer(s), line_of(s), ref=ref, group=group)
                for ref in listed:
                    other = c.model.elements.get(ref)
                    if ref not in own and other is not None and local(other) == one:
                        yield hit(bearer(s), line_of(s), ref=ref, group=group)


@rule("CRM-849", ERROR)
def one_sided_sets(c: Context) -> Iterator[Hit]:
    """An input set and an output set name each other, or neither does (10.4.2, IORules)."""
    for spec in c.model.root.iter(tag("ioSpecification")):
        sides = (("inputSet", "outputSetRefs", "inputSetRefs"), ("outputSet", "inputSetRefs", "outputSetRefs"))
        for group, there, back in sides:
            for s in spec.findall(tag(group)):
                for ref in refs(s, there):
                    other = c.model.elements.get(ref)
                    if other is None or s.get("id") not in refs(other, back):
                        yield hit(s if s.get("id") else bearer(s), line_of(s), ref=ref, group=group)


@rule("CRM-850", ERROR)
def unlike_ends(c: Context) -> Iterator[Hit]:
    """Without a transformation or assignments both ends of a data association hold the same kind of item (10.4.2)."""
    for e in c.model.root.iter(tag("dataInputAssociation"), tag("dataOutputAssociation")):
        if e.find(tag("transformation")) is not None or e.find(tag("assignment")) is not None:
            continue
        sources = [c.model.elements.get(ref) for ref in refs(e, "sourceRef")]
        target = c.model.elements.get(local_ref(e.findtext(tag("targetRef"))) or "")
        if len(sources) != 1:
            continue
        a, b = item_of(c, sources[0]), item_of(c, target)
        if a is not None and b is not None and not same_item(a, b):
            yield hit(bearer(e), line_of(e), source=shown(a), target=shown(b))
