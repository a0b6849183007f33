"""A BPMN file read safely and indexed once; what cannot be executed is gathered as findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from lxml import etree

from engine.bpmn.dialect_camunda7 import speaks, translate
from engine.domain.errors import Refused
from engine.domain.states import Severity
from engine.domain.values import Finding

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CRMFLOW = "https://crmflow.dev/schema/1.0"


_REFERENCES = ("sourceRef", "targetRef", "default", "attachedToRef")


class Problems:
    """Findings gathered while a model is compiled."""

    def __init__(self) -> None:
        self.found: list[Finding] = []

    def add(self, code: str, at: etree._Element | None, message: str, fix: str, zh: str, fix_zh: str) -> None:
        """One reason why the model is refused, in both languages."""
        self.found.append(
            Finding(
                code=code,
                severity=Severity.ERROR,
                message=message,
                element=None if at is None else (owner(at).get("id") or "").partition("#")[0] or None,
                name=None if at is None else owner(at).get("name"),
                line=None if at is None else cast("int | None", at.sourceline),
                fix=fix,
                message_zh=zh,
                fix_zh=fix_zh,
            )
        )

    def unable(self, at: etree._Element, what: str, zh: str) -> None:
        """A construct that is not executed by this version."""
        who = f"'{at.get('name') or at.get('id') or local(at)}'"
        self.add(
            "CRM-170",
            at,
            f"{who}: {what} is not executed by this version.",
            "Draw it with other means; docs/dialect.md lists what is executed.",
            f"{who}：本版本不执行{zh}。",
            "请改用其他画法；docs/dialect.md 列出了可执行的元素。",
        )

    def stop(self) -> None:
        """Raise ``Refused`` if anything was found."""
        if self.found:
            first = self.found[0]
            more = f" (and {len(self.found) - 1} more)" if len(self.found) > 1 else ""
            raise Refused(first.code, first.message + more, self.found, fix=first.fix)


class Source:
    """One file: its root, its elements by id, its processes."""

    def __init__(self, xml: bytes) -> None:
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            self.root = etree.fromstring(xml, parser)
        except (etree.XMLSyntaxError, ValueError) as e:
            raise _unreadable(str(e)) from e
        if self.root.getroottree().docinfo.internalDTD is not None:
            raise _unreadable("it has a document type declaration")
        if self.root.tag != f"{{{BPMN}}}definitions":
            raise _unreadable(f"its root is {self.root.tag}, not BPMN's definitions")
        self.translated = False  # its listeners are those of another engine
        if speaks(xml):
            told = translate(self.root)  # what has no equal was refused by ``engine.bpmn.check``
            self.translated = any(word.endswith("Listener") for _, word, _ in told.hired)
        self.ids: dict[str, etree._Element] = {}
        for element in self.root.iter(f"{{{BPMN}}}*"):
            if id := element.get("id"):
                self.ids.setdefault(id, element)
        self._unprefix()

    def _unprefix(self) -> None:
        """References by qualified names, as some tools write them everywhere (``tns:Task_1``), become plain ids."""
        for element in self.root.iter(f"{{{BPMN}}}*"):
            for name in _REFERENCES:
                if (ref := self._plain(element.get(name))) is not None:
                    element.set(name, ref)
            if local(element) == "flowNodeRef" and (ref := self._plain(element.text)) is not None:
                element.text = ref

    def _plain(self, text: str | None) -> str | None:
        """The id behind a prefix; None where there is no prefix, or nothing behind it."""
        ref = (text or "").strip()
        name = ref.rpartition(":")[2]
        return name if name != ref and ref not in self.ids and name in self.ids else None

    def processes(self) -> dict[str, etree._Element]:
        """The file's processes by id."""
        return {e.get("id") or "": e for e in self.root.iterchildren(f"{{{BPMN}}}process")}

    def ref(self, name: str | None) -> etree._Element | None:
        """The element a reference (perhaps with a prefix) names."""
        if not name:
            return None
        name = name.strip()
        found = self.ids.get(name)
        return self.ids.get(name.rpartition(":")[2]) if found is None else found


def _unreadable(why: str) -> Refused:
    message, fix = f"The file is not BPMN 2.0: {why}.", "Export the model again as BPMN 2.0 XML."
    finding = Finding("CRM-191", Severity.ERROR, message, fix=fix, message_zh="文件不是 BPMN 2.0。")
    return Refused("CRM-191", message, [finding], fix=fix)


def local(element: etree._Element) -> str:
    """Local name of an element."""
    return etree.QName(element).localname


def owner(element: etree._Element) -> etree._Element:
    """The nearest element with an id, itself included."""
    at: Any = element
    while at.get("id") is None and at.getparent() is not None:
        at = at.getparent()
    return at  # type: ignore[no-any-return]


def children(element: etree._Element, name: str = "*") -> Iterator[etree._Element]:
    """Children in BPMN's namespace."""
    return element.iterchildren(f"{{{BPMN}}}{name}")


def child(element: etree._Element, name: str) -> etree._Element | None:
    """The first BPMN child of this name."""
    return next(children(element, name), None)


def text_in(element: etree._Element | None) -> str:
    """All text in an element, stripped."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def extension(element: etree._Element, space: str, name: str) -> etree._Element | None:
    """An extension element by namespace and name."""
    holder = child(element, "extensionElements")
    return None if holder is None else next(holder.iterchildren(f"{{{space}}}{name}"), None)


def zeebe(element: etree._Element, name: str) -> etree._Element | None:
    """A Zeebe extension element."""
    return extension(element, ZEEBE, name)


def given(element: etree._Element | None, name: str) -> str | None:
    """An attribute, stripped; None where it is absent or empty."""
    value = None if element is None else element.get(name)
    return value.strip() or None if value else None


def flag(element: etree._Element | None, name: str, default: bool) -> bool:
    """An XML boolean attribute."""
    value = given(element, name)
    return default if value is None else value in ("true", "1")
