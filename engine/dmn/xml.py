"""Reads XML safely and finds one's way in it; nothing of DMN's meaning yet.

No document type, no entities, no network; at most 8 MB. Namespaces of DMN 1.1 to 1.5 are one to us.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.dmn.notes import Notes

#: Namespaces of the MODEL schema, DMN 1.1 … 1.5.
MODEL = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
#: Names under which FEEL is known as a language, DMN 1.1 … 1.5, and as modelers write it.
FEEL = frozenset(
    {
        "http://www.omg.org/spec/FEEL/20140401",
        "http://www.omg.org/spec/DMN/20180521/FEEL/",
        "https://www.omg.org/spec/DMN/20191111/FEEL/",
        "https://www.omg.org/spec/DMN/20211108/FEEL/",
        "https://www.omg.org/spec/DMN/20230324/FEEL/",
        "feel",
        "feel-unary-tests",
    }
)
LIMIT = 8 * 1024 * 1024

Element = etree._Element


def read(xml: bytes, notes: Notes) -> Element | None:
    """The root ``definitions`` element, or None with a finding CRM-150."""
    fault = _fault(xml)
    if fault is None:
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
            strip_cdata=True,
        )
        try:
            root = etree.fromstring(xml, parser)
        except etree.XMLSyntaxError as error:
            line = error.lineno or 1
            notes.add("CRM-150", f"not well-formed XML: {error.msg}", f"XML 格式不正确：{error.msg}", line=line)
            return None
        fault = _root_fault(root)
        if fault is None:
            return root
    notes.add(
        "CRM-150",
        fault[0],
        fault[1],
        line=1,
        fix="Hand in a DMN 1.1 … 1.5 file.",
        fix_zh="请提供 DMN 1.1 至 1.5 的文件。",
    )
    return None


def _fault(xml: bytes) -> tuple[str, str] | None:
    if not xml.strip():
        return "the file is empty", "文件为空"
    if len(xml) > LIMIT:
        return f"the file has {len(xml)} bytes, more than {LIMIT}", f"文件有 {len(xml)} 字节，超过上限 {LIMIT}"
    if xml.lstrip()[:4] == b"\x89PNG" or (b"\0" in xml[:64] and xml[:2] not in (b"\xff\xfe", b"\xfe\xff")):
        return "the file is not XML", "文件不是 XML"
    return None


def _root_fault(root: Element) -> tuple[str, str] | None:
    if root.getroottree().docinfo.internalDTD is not None:
        return "a document type (DOCTYPE) is not allowed", "不允许文档类型声明（DOCTYPE）"
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in MODEL:
        return (
            f"the root is '{name.localname}' of '{name.namespace}', not 'definitions' of DMN",
            f"根元素是“{name.namespace}”的“{name.localname}”，而不是 DMN 的“definitions”",
        )
    return None


def local(element: Element) -> str:
    """Name without namespace; '' for what is not DMN's own."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    space, _, name = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    return name if space in MODEL else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """Children in DMN's namespace, of these names (all when none is given)."""
    for child in element:
        name = local(child)
        if name and (not names or name in names):
            yield child


def child(element: Element | None, name: str) -> Element | None:
    """First child of that name."""
    return None if element is None else next(children(element, name), None)


def text(element: Element | None) -> str | None:
    """Content of the ``text`` child; None when there is none."""
    inner = child(element, "text")
    return None if inner is None else content(inner)


def content(element: Element) -> str:
    """All text inside an element, stripped."""
    return "".join(str(part) for part in element.itertext()).strip()


def line(element: Element) -> int:
    return element.sourceline if isinstance(element.sourceline, int) else 1
