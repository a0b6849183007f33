"""A readable diagram for models that have none: left to right, in layers, with lanes, sub-processes and labels.

``lay_out(xml)`` gives the same file with a ``BPMNDiagram``; what is not diagram keeps its bytes. The placing is
in ``layout_place`` (columns and rows), the drawing of flows in ``layout_route``, this module writes BPMN DI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from engine.model.graph import Model, from_tree
from engine.model.layout_frame import Drawing, frame_of
from engine.model.layout_pools import draw_pools
from engine.model.xml import BPMN, BPMNDI, DC, DI, read, write

#: White space around the whole drawing.
MARGIN = 60


def lay_out(xml: bytes) -> bytes:
    """The model with a fresh diagram; a diagram that was there is replaced.

    Raises ``BadXml`` (CRM-100 … CRM-104) for bytes that are no XML. A file without a process comes back as it is.
    """
    root = read(xml)
    old = root.findall(f"{{{BPMNDI}}}BPMNDiagram")
    for diagram in old:
        root.remove(diagram)
    model = from_tree(root)
    if not any(p.nodes for p in model.processes):
        return xml
    if old or not _is_utf8(xml):
        xml = write(root)
    return _insert(xml, _diagram(model))


def has_diagram(xml: bytes) -> bool:
    """Whether the file draws anything: a plane with at least one shape."""
    root = read(xml)
    return root.find(f"{{{BPMNDI}}}BPMNDiagram/{{{BPMNDI}}}BPMNPlane/{{{BPMNDI}}}BPMNShape") is not None


def _diagram(model: Model) -> str:
    collaboration = model.root.find(f"{{{BPMN}}}collaboration")
    drawing = Drawing()
    if collaboration is not None and collaboration.find(f"{{{BPMN}}}participant") is not None:
        plane = collaboration.get("id", "")
        draw_pools(model, collaboration, drawing, MARGIN)
    else:
        plane = next(p.id for p in model.processes if p.nodes)
        y = float(MARGIN)
        for process in model.processes:
            if process.nodes:
                frame = frame_of(process, model)
                frame.draw(drawing, MARGIN, y)
                y += frame.height + MARGIN
    return _xml(plane, drawing)


def _is_utf8(xml: bytes) -> bool:
    head = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([\w.-]+)", xml)
    return not xml.startswith((b"\xff\xfe", b"\xfe\xff")) and (head is None or head[1].lower() == b"utf-8")


def _insert(xml: bytes, diagram: str) -> bytes:
    """Put the diagram before the end tag of ``definitions``."""
    ends = list(re.finditer(rb"</(?:[\w.-]+:)?definitions\s*>", xml))
    if not ends:  # <definitions/> has no process and never comes here
        return xml
    at = ends[-1].start()
    return xml[:at] + diagram.encode() + xml[at:]


def _xml(plane: str, drawing: Drawing) -> str:
    return (
        f'  <bpmndi:BPMNDiagram xmlns:bpmndi="{BPMNDI}" xmlns:dc="{DC}" xmlns:di="{DI}" id="BPMNDiagram_1">\n'
        f'    <bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement={quoteattr(plane)}>\n'
        + "".join(_shapes(drawing))
        + "".join(_edges(drawing))
        + "    </bpmndi:BPMNPlane>\n  </bpmndi:BPMNDiagram>\n"
    )


def _shapes(drawing: Drawing) -> Iterator[str]:
    for s in drawing.shapes:
        extra = ' isHorizontal="true"' if s.kind in ("participant", "lane") else ""
        if s.kind in ("subProcess", "transaction", "adHocSubProcess"):
            extra += ' isExpanded="true"'
        if s.kind == "exclusiveGateway":
            extra += ' isMarkerVisible="true"'
        key = quoteattr(f"{s.element}_di")
        yield f"      <bpmndi:BPMNShape id={key} bpmnElement={quoteattr(s.element)}{extra}>\n"
        yield "        " + _bounds(s.box) + "\n"
        if s.label is not None:
            yield f"        <bpmndi:BPMNLabel>\n          {_bounds(s.label)}\n        </bpmndi:BPMNLabel>\n"
        yield "      </bpmndi:BPMNShape>\n"


def _edges(drawing: Drawing) -> Iterator[str]:
    for e in drawing.edges:
        key = quoteattr(f"{e.element}_di")
        yield f"      <bpmndi:BPMNEdge id={key} bpmnElement={quoteattr(e.element)}>\n"
        for x, y in e.points:
            yield f'        <di:waypoint x="{_number(x)}" y="{_number(y)}" />\n'
        if e.label is not None:
            yield f"        <bpmndi:BPMNLabel>\n          {_bounds(e.label)}\n        </bpmndi:BPMNLabel>\n"
        yield "      </bpmndi:BPMNEdge>\n"


def _bounds(box: tuple[float, float, float, float]) -> str:
    x, y, w, h = (_number(v) for v in box)
    return f'<dc:Bounds x="{x}" y="{y}" width="{w}" height="{h}" />'


def _number(value: float) -> str:
    return str(round(value))


__all__ = ["has_diagram", "lay_out"]
