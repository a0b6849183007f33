"""Reading XML that strangers hand in: no DTD, no entities, no network, bounded size; every refusal has a line.

The tree keeps everything of the file (comments, foreign namespaces, diagram), so that a model is written
back without loss. The source bytes stay the truth: a model that nobody changed is never serialised again.
"""

from __future__ import annotations

from typing import Any, cast
from xml.parsers import expat

from lxml import etree

from engine.domain.errors import Invalid

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

#: Largest file that is read, in bytes, and the most markup in it (a guard against ten million tiny elements).
SIZE_LIMIT = 10_000_000
MARKUP_LIMIT = 300_000

_BINARY = {
    b"PK\x03\x04": "ZIP archive (a Word, Excel or JAR file is one, too)",
    b"\x89PNG": "PNG picture",
    b"\xff\xd8\xff": "JPEG picture",
    b"GIF8": "GIF picture",
    b"%PDF": "PDF document",
    b"\xd0\xcf\x11\xe0": "Microsoft Office document",
    b"\x1f\x8b": "gzip archive",
}


class BadXml(Invalid):
    """The bytes are no XML we read. ``line`` and ``column`` count from 1 (None = not known)."""

    def __init__(self, code: str, message: str, *, line: int | None = None, **params: Any) -> None:
        super().__init__(code, message, **params)
        self.line = line


def read(xml: bytes, *, limit: int = SIZE_LIMIT, plain: bool = False) -> etree._Element:
    """Parse bytes to the root element; ``plain`` leaves out comments and instructions, also those within a text.

    Raises ``BadXml``: CRM-100 empty, CRM-101 too big, CRM-102 DOCTYPE or entities, CRM-103 not
    well-formed, CRM-104 another kind of file.
    """
    if not xml.strip(b" \t\r\n\x00"):
        raise BadXml("CRM-100", "The file is empty.")
    if len(xml) > limit:
        raise BadXml("CRM-101", "The file is too big.", size=len(xml), limit=limit)
    for magic, what in _BINARY.items():
        if xml.startswith(magic):
            raise BadXml("CRM-104", f"The file is a {what}.", line=1, what=what)
    if xml.count(b"<") > MARKUP_LIMIT:
        raise BadXml("CRM-101", "The file has too many elements.", size=xml.count(b"<"), limit=MARKUP_LIMIT)
    _refuse_doctype(xml)
    # A parser per call: lxml parsers are not to be shared between threads.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=plain,
        remove_pis=plain,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as e:
        raise _not_well_formed(e) from e
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadXml("CRM-102", "The file has a DOCTYPE.", line=1)
    return root


def write(root: etree._Element) -> bytes:
    """Serialise a tree, as UTF-8 with an XML declaration; comments beside the root are kept."""
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def local(element: etree._Element) -> str:
    """Name of an element without its namespace; "" for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def space(element: etree._Element) -> str:
    """Namespace of an element; "" for none, comments and processing instructions."""
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag[:1] == "{" else ""


def line_of(element: etree._Element) -> int | None:
    """Line an element begins at, from 1."""
    line = element.sourceline  # the stubs do not know its type
    return cast("int | None", line)


def _not_well_formed(error: Exception) -> BadXml:
    line, column = getattr(error, "position", (None, None))
    # libxml2 ends its messages with the place, which we say ourselves.
    reason = str(error).partition(", line ")[0].strip() or "not XML"
    return BadXml(
        "CRM-103", f"The file is not well-formed XML: {reason}.", line=line or 1, column=column, reason=reason
    )


class _Seen(Exception):
    """Ends the look at the prolog; ``line`` is that of a DOCTYPE, None when the root came first."""

    def __init__(self, line: int | None) -> None:
        super().__init__(line)
        self.line = line


def _refuse_doctype(xml: bytes) -> None:
    """Look at the prolog only, before the real parser can meet an entity declaration."""

    def doctype(*_: object) -> None:
        raise _Seen(probe.CurrentLineNumber)

    def root(*_: object) -> None:
        raise _Seen(None)

    probe = expat.ParserCreate()
    probe.StartDoctypeDeclHandler = doctype
    probe.StartElementHandler = root
    line: int | None = None
    try:
        probe.Parse(xml, True)
    except _Seen as seen:
        line = seen.line
    except (expat.ExpatError, ValueError, LookupError):
        # Broken, or an encoding that expat lacks (GBK): such a prolog is ASCII-compatible.
        at = xml.find(b"<!DOCTYPE")
        line = xml.count(b"\n", 0, at) + 1 if at >= 0 else None
    if line is not None:
        raise BadXml("CRM-102", "The file has a DOCTYPE.", line=line)


def text_of(element: etree._Element) -> str:
    """All text inside an element, stripped."""
    return "".join(str(t) for t in element.itertext()).strip()
