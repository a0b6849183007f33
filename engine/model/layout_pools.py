"""Pools and message flows: one pool per participant, from the top down, message flows straight between them."""

from __future__ import annotations

from lxml import etree

from engine.model.graph import Model, local_ref
from engine.model.layout_frame import HEAD, Drawing, Edge, Frame, Shape, frame_of
from engine.model.layout_route import Box, Point
from engine.model.xml import BPMN

GAP, EMPTY = 50.0, 70.0


def draw_pools(model: Model, collaboration: etree._Element, drawing: Drawing, margin: float) -> None:
    """Draw every participant with its process; participants without one are empty pools of full width."""
    frames: list[tuple[etree._Element, Frame | None]] = []
    for e in collaboration.findall(f"{{{BPMN}}}participant"):
        process = model.process(local_ref(e.get("processRef")) or "")
        frames.append((e, frame_of(process, model) if process is not None and process.nodes else None))
    width = max((f.width for _, f in frames if f is not None), default=600.0) + HEAD
    y = margin
    for e, frame in frames:
        height = frame.height if frame is not None else EMPTY
        drawing.shapes.append(Shape(e.get("id", ""), "participant", (margin, y, width, height)))
        if frame is not None:
            frame.lanes = [(lane, (b[0], b[1], width - HEAD - b[0], b[3])) for lane, b in frame.lanes]
            frame.draw(drawing, margin + HEAD, y)
        y += height + GAP
    boxes = {s.element: s.box for s in drawing.shapes}
    for i, e in enumerate(collaboration.findall(f"{{{BPMN}}}messageFlow")):
        a, b = (boxes.get(local_ref(e.get(end)) or "") for end in ("sourceRef", "targetRef"))
        if a is not None and b is not None and e.get("id"):
            drawing.edges.append(Edge(e.get("id", ""), _message(a, b, i, width)))


def _message(a: Box, b: Box, index: int, width: float) -> list[Point]:
    """Up or down from one to the other; an empty pool is met right above or below its partner."""
    down = b[1] > a[1]
    ax, bx = a[0] + a[2] / 2, b[0] + b[2] / 2
    if a[2] > width - 1:
        ax = bx
    if b[2] > width - 1:
        bx = ax
    start = (ax, a[1] + a[3] if down else a[1])
    end = (bx, b[1] if down else b[1] + b[3])
    if abs(ax - bx) < 1:
        return [start, end]
    # Message flows side by side bend at different heights.
    y = (start[1] + end[1]) / 2 + (index % 5 - 2) * 8
    return [start, (ax, y), (bx, y), end]
