"""Rules of vocabulary: only what BPMN knows, where BPMN allows it, with values BPMN understands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from functools import lru_cache

from lxml import etree

from engine.bpmn.dialect import (
    CAMUNDA7,
    CRMFLOW,
    CRMFLOW_ELEMENTS,
    DECORATION,
    ZEEBE,
    ZEEBE_ELEMENTS,
    crmflow,
    extensions,
    xsi_type,
)
from engine.bpmn.rules.base import ERROR, INFO, WARNING, Context, Hit, hit, rule
from engine.model.vocabulary import Type, element_names, types
from engine.model.xml import BPMN, BPMNDI, line_of, local, space

#: A row of what one walk over the file finds; the walk is shared by the rules of this module.
Oddity = tuple[str, etree._Element, dict[str, object]]

#: What these hold may be of any namespace.
_MIXED = frozenset({"extensionElements", "documentation", "text", "script"})


@lru_cache(maxsize=4)
def _walk(root: etree._Element) -> tuple[Oddity, ...]:
    found: list[Oddity] = []
    stack: list[tuple[etree._Element, Type | None]] = [(root, types()["definitions"])]
    while stack:
        e, kind = stack.pop()
        if kind is not None:
            _attributes(e, kind, found)
        names = []
        for child in e:
            if space(child) != BPMN:
                if kind is not None and _strays(child, e):
                    found.append(("114", child, {"tag": _written(child), "parent": local(e)}))
                continue
            name = local(child)
            names.append(name)
            slot = kind.children.get(name) if kind is not None else None
            if name == "extensionElements":
                continue
            if name not in element_names():
                found.append(("110", child, {"tag": name, **_hint(name, element_names())}))
            elif slot is None and kind is not None:
                found.append(("114", child, {"tag": name, "parent": local(e)}))
            stack.append((child, _type(child, slot.type if slot is not None else name)))
        if kind is not None:
            _children(e, kind, names, found)
    found.sort(key=lambda o: line_of(o[1]) or 0)
    return tuple(found)


def _strays(child: etree._Element, parent: etree._Element) -> bool:
    """Whether an element of another namespace stands where nobody reads it: it would be passed over in silence."""
    here = local(parent)
    if not isinstance(child.tag, str) or here in _MIXED:
        return False
    if here != "definitions":
        return True
    # Beside the processes are diagrams, and what other programs keep there.
    return space(child) != BPMNDI and local(child) in element_names()


def _written(e: etree._Element) -> str:
    return f"{e.prefix}:{local(e)}" if e.prefix else f'{local(e)} xmlns="{space(e)}"'


def _type(e: etree._Element, name: str) -> Type | None:
    given = xsi_type(e)
    if given.startswith("t") and given[1:2].isupper():
        name = given[1].lower() + given[2:]
    return types().get(name)


def _attributes(e: etree._Element, kind: Type, found: list[Oddity]) -> None:
    for key, value in e.attrib.items():
        if not isinstance(key, str) or key.startswith("{"):
            continue
        known = kind.attributes.get(key)
        if known is None:
            found.append(("111", e, {"attribute": key, **_hint(key, kind.attributes)}))
        elif not _fits(str(value).strip(), known.values):
            allowed = {"bool": "true, false", "int": "0, 1, 2 …"}.get(known.values, known.values.replace("|", ", "))
            found.append(("112", e, {"attribute": key, "value": value, "allowed": allowed}))
    for known in kind.attributes.values():
        if known.required and not (e.get(known.name) or "").strip():
            found.append(("113", e, {"attribute": known.name}))


def _children(e: etree._Element, kind: Type, names: list[str], found: list[Oddity]) -> None:
    for slot in kind.children.values():
        if slot.required and slot.name not in names:
            found.append(("115", e, {"tag": slot.name}))
        if not slot.many and names.count(slot.name) > 1:
            found.append(("119", e, {"tag": slot.name, "count": names.count(slot.name)}))
    loops = [name for name in names if name.endswith("LoopCharacteristics")]
    if len(set(loops)) > 1:
        found.append(("119", e, {"tag": "loopCharacteristics", "count": len(loops)}))


def _fits(value: str, kind: str) -> bool:
    if not kind:
        return True
    if kind == "bool":
        return value in ("true", "false", "1", "0")
    if kind == "int":
        return value.lstrip("+-").isdigit()
    return value in kind.split("|")


def _hint(word: str, known: Iterable[str]) -> dict[str, object]:
    """What was perhaps meant, ready for the texts."""
    close = difflib.get_close_matches(word, list(known), 1, 0.75)
    if not close:
        return {"hint_text": "", "hint_text_zh": ""}
    return {"hint_text": f" (perhaps “{close[0]}”?)", "hint_text_zh": f"（是否应为“{close[0]}”？）"}


def _odd(c: Context, which: str) -> Iterator[Hit]:
    for code, e, params in _walk(c.model.root):
        if code == which:
            yield Hit(_bearer(e), line_of(e), None, {**params, "here": local(e)})


def _bearer(e: etree._Element) -> etree._Element:
    """The element a finding is pinned to: the nearest one around it that has an id."""
    at: etree._Element | None = e
    while at is not None and at.get("id") is None:
        at = at.getparent()
    return e if at is None else at


@rule("CRM-110", ERROR)
def unknown_elements(c: Context) -> Iterator[Hit]:
    """Every element of BPMN's namespace is one that BPMN has."""
    yield from _odd(c, "110")


@rule("CRM-111", ERROR)
def unknown_attributes(c: Context) -> Iterator[Hit]:
    """Every attribute without a namespace is one that its element has."""
    yield from _odd(c, "111")


@rule("CRM-112", ERROR)
def bad_values(c: Context) -> Iterator[Hit]:
    """Booleans, numbers and enumerations hold what they may."""
    yield from _odd(c, "112")


@rule("CRM-113", ERROR)
def missing_attributes(c: Context) -> Iterator[Hit]:
    """Attributes that BPMN demands are there."""
    yield from _odd(c, "113")


@rule("CRM-114", ERROR)
def misplaced(c: Context) -> Iterator[Hit]:
    """Elements stand where BPMN allows them."""
    yield from _odd(c, "114")


@rule("CRM-115", ERROR)
def missing_children(c: Context) -> Iterator[Hit]:
    """Parts that BPMN demands are there."""
    yield from _odd(c, "115")


@rule("CRM-119", ERROR)
def too_many(c: Context) -> Iterator[Hit]:
    """Parts that may stand once stand once."""
    yield from _odd(c, "119")


@rule("CRM-116", WARNING)
def not_understood(c: Context) -> Iterator[Hit]:
    """Extensions are of a vocabulary we read; others are kept and reported, once per kind."""
    seen: dict[tuple[str, str], etree._Element] = {}
    for holder in c.model.root.iter(f"{{{BPMN}}}extensionElements"):
        owner = holder.getparent()
        for top in extensions(owner) if owner is not None else ():
            for e in top.iter():
                if isinstance(e.tag, str) and not _read(e):
                    seen.setdefault((space(e), local(e)), e)
    for (ns, name), e in seen.items():
        yield Hit(_bearer(e), line_of(e), None, {"tag": name, "namespace": ns or "none"})


def _read(e: etree._Element) -> bool:
    ns = space(e)
    if ns == ZEEBE:
        return local(e) in ZEEBE_ELEMENTS
    if ns == CRMFLOW:
        return local(e) in CRMFLOW_ELEMENTS
    return ns in CAMUNDA7 or ns in DECORATION


@rule("CRM-192", ERROR)
def bad_extension(c: Context) -> Iterator[Hit]:
    """Attributes of Zeebe's and our own extensions are known, so that a slip of the pen is not ignored."""
    for e in c.model.root.iter(f"{{{ZEEBE}}}*", f"{{{CRMFLOW}}}*"):
        known = (ZEEBE_ELEMENTS if space(e) == ZEEBE else CRMFLOW_ELEMENTS).get(local(e))
        for key in map(str, e.attrib) if known is not None else ():
            if known is not None and not key.startswith("{") and key not in known and (local(e), key) not in _SCHEMAS:
                yield Hit(_bearer(e), line_of(e), None, {"tag": local(e), "attribute": key, **_hint(key, known)})
    known = CRMFLOW_ELEMENTS["process"]
    for e, key in _carded(c):
        if key not in known and ("process", key) not in _SCHEMAS:
            yield Hit(_bearer(e), line_of(e), None, {"tag": "process", "attribute": key, **_hint(key, known)})


#: What a process takes and gives is said elsewhere: by its start form, and by the mappings of who calls it.
_SCHEMAS = frozenset({("process", "input"), ("process", "output")})


def _carded(c: Context) -> Iterator[tuple[etree._Element, str]]:
    """Zeebe properties of processes that belong to their card: (property, attribute)."""
    for process in c.model.processes:
        for holder in extensions(process.xml):
            for e in holder.iterchildren(f"{{{ZEEBE}}}property"):
                if (e.get("name") or "").startswith(_CARD):
                    yield e, (e.get("name") or "").removeprefix(_CARD)


_CARD = "crmflow:"


@rule("CRM-877", ERROR)
def card_schema(c: Context) -> Iterator[Hit]:
    """A process's card lists no variables: a second list beside form and mappings would only contradict them."""
    for process in c.model.processes:
        card = crmflow(process.xml, "process")
        said = {} if card is None else {key: card for key in ("input", "output") if card.get(key) is not None}
        said |= {key: e for e, key in _carded(c) if ("process", key) in _SCHEMAS and _bearer(e) is process.xml}
        for key, e in said.items():
            yield hit(process.xml, line_of(e), attribute=key)


@rule("CRM-878", ERROR)
def must_understand(c: Context) -> Iterator[Hit]:
    """An extension that has to be understood is one that is read here (8.3.3, Table 8.8)."""
    for e in c.model.root.findall(f"{{{BPMN}}}extension"):
        if (e.get("mustUnderstand") or "").strip() not in ("true", "1"):
            continue
        prefix, _, name = (e.get("definition") or "").strip().rpartition(":")
        if e.nsmap.get(prefix or None) not in {ZEEBE, CRMFLOW, *CAMUNDA7, *DECORATION}:
            yield hit(_bearer(e), line_of(e), definition=(e.get("definition") or name or "?").strip())


@rule("CRM-118", ERROR)
def camunda7(c: Context) -> Iterator[Hit]:
    """What a model of the Camunda 7 family says and cannot be translated is refused by element."""
    for odd in c.translation.oddities:
        params = {"names": ", ".join(odd.names), "dialect": c.translation.dialect, "why": odd.why}
        yield Hit(_bearer(odd.xml), line_of(odd.xml), None, params)


@rule("CRM-828", WARNING)
def hired(c: Context) -> Iterator[Hit]:
    """Code of the Camunda 7 family becomes work for a worker, which must be there."""
    for xml, word, kind in c.translation.hired:
        yield Hit(_bearer(xml), line_of(xml), None, {"word": word, "kind": kind, "dialect": c.translation.dialect})


@rule("CRM-829", WARNING)
def left_out(c: Context) -> Iterator[Hit]:
    """Settings of the Camunda 7 family that change nothing in how an instance runs are left out."""
    for odd in c.translation.left:
        params = {"names": ", ".join(odd.names), "dialect": c.translation.dialect, "why": odd.why}
        yield Hit(_bearer(odd.xml), line_of(odd.xml), None, params)


@rule("CRM-827", INFO)
def translated(c: Context) -> Iterator[Hit]:
    """A model of the Camunda 7 family is read as its Zeebe twin; the file itself is kept."""
    if c.translation.translated:
        yield hit(c.model.root, dialect=c.translation.dialect, count=c.translation.translated)
