"""One scope as a drawing: sizes of nodes, coordinates from the grid, boundary events, labels, nested scopes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise

from lxml import etree

from engine.model.graph import Flow, Lane, Model, Node, Scope
from engine.model.layout_place import Grid, Row, leaf_lanes, place
from engine.model.layout_route import Box, Point, Router
from engine.model.vocabulary import GATEWAYS
from engine.model.xml import BPMN, local

EVENT, GATEWAY, TASK = (36.0, 36.0), (50.0, 50.0), (100.0, 80.0)
DATA, STORE = (36.0, 50.0), (50.0, 50.0)
GAP, ROW_GAP, PAD, HEAD = 60.0, 40.0, 40.0, 30.0
#: Distance of boundary events when there are more than two.
BETWEEN = 84.0
#: Widest external label before it wraps, and the height of its lines (bpmn-js: 11 px Arial, 90 px).
LABEL_WIDTH, LABEL_LINE = 90.0, 14.0


@dataclass(slots=True)
class Shape:
    element: str
    kind: str
    box: Box
    label: Box | None = None


@dataclass(slots=True)
class Edge:
    element: str
    points: list[Point]
    label: Box | None = None


@dataclass(slots=True)
class Drawing:
    """What is written as BPMN DI, in absolute coordinates."""

    shapes: list[Shape] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


def text_width(text: str) -> float:
    """Width of a text in a label, in pixels: Chinese characters are twice as wide."""
    return sum(11.5 if unicodedata.east_asian_width(c) in "WF" else 6.0 for c in text)


def label_box(text: str, center: float, top: float) -> Box | None:
    """A label of up to 90 px, centred; None for no text."""
    text = " ".join(text.split())
    if not text:
        return None
    width = text_width(text)
    lines = max(1, -(-int(width) // int(LABEL_WIDTH - 8)))
    width = min(width + 4, LABEL_WIDTH)
    return (center - width / 2, top, width, lines * LABEL_LINE)


@dataclass(slots=True)
class Frame:
    """A laid-out scope, relative to its own upper left corner."""

    scope: Scope
    width: float = 0
    height: float = 0
    boxes: dict[Node, Box] = field(default_factory=dict)
    bodies: dict[Node, Frame] = field(default_factory=dict)
    labels: dict[Node, Box] = field(default_factory=dict)
    flows: list[tuple[Flow, list[Point], Box | None]] = field(default_factory=list)
    lanes: list[tuple[Lane, Box]] = field(default_factory=list)
    extras: list[Shape] = field(default_factory=list)
    ties: list[Edge] = field(default_factory=list)

    def draw(self, drawing: Drawing, x: float, y: float) -> None:
        """Write everything at an absolute place; outer shapes come before inner ones."""
        for lane, box in self.lanes:
            drawing.shapes.append(Shape(lane.id, "lane", _moved(box, x, y)))
        for node, box in self.boxes.items():
            label = self.labels.get(node)
            drawing.shapes.append(Shape(node.id, node.kind, _moved(box, x, y), _moved(label, x, y) if label else None))
            if node in self.bodies:
                self.bodies[node].draw(drawing, x + box[0], y + box[1])
        for shape in self.extras:
            drawing.shapes.append(Shape(shape.element, shape.kind, _moved(shape.box, x, y)))
        for flow, points, label in self.flows:
            if flow.drawn:
                moved = [(px + x, py + y) for px, py in points]
                drawing.edges.append(Edge(flow.id, moved, _moved(label, x, y) if label else None))
        for tie in self.ties:
            drawing.edges.append(Edge(tie.element, [(px + x, py + y) for px, py in tie.points]))


def frame_of(scope: Scope, model: Model) -> Frame:
    """Lay out a scope and everything in it."""
    frame = Frame(scope)
    sizes: dict[Node, tuple[float, float]] = {}
    for node in scope.nodes:
        if node.body is not None and node.body.nodes:
            frame.bodies[node] = frame_of(node.body, model)
        sizes[node] = _size(node, frame.bodies.get(node))
    grid = place(scope)
    left = HEAD * _lane_depth(scope)
    notes = _notes(scope)
    xs = _columns(grid, sizes, left + PAD)
    ys = _rows(scope, grid, sizes, {n for n, _, _ in notes})
    aside = left + PAD
    for node, column in sorted(grid.column.items(), key=lambda item: (grid.row[item[0]], -item[1])):
        w, h = sizes[node]
        if column < 0:  # without flows: side by side, whatever the columns above
            x, aside = aside, aside + w + GAP
        else:
            x = xs[column][0] + (xs[column][1] - w) / 2
        frame.boxes[node] = (x, ys[grid.row[node]] - h / 2, w, h)
    _boundaries(frame)
    frame.width = max([aside - GAP, *(x + w for x, w in xs.values())]) + PAD
    frame.height = ys[(-1, 0)]
    _data(frame, scope)
    _lanes(frame, scope, ys)
    _annotate(frame, notes)
    router = Router(frame.boxes, sorted(xs.values()), _channels(ys))
    frame.flows = [(f, points, None) for f, points in router.all(scope)]
    _node_labels(frame)
    _flow_labels(frame)
    _fit(frame)
    return frame


def _moved(box: Box, x: float, y: float) -> Box:
    return (box[0] + x, box[1] + y, box[2], box[3])


def _size(node: Node, body: Frame | None) -> tuple[float, float]:
    if body is not None:
        return max(body.width, 140.0, _edge(node)), max(body.height, 120.0)
    if node.kind.endswith("Event"):
        return EVENT
    return GATEWAY if node.kind in GATEWAYS else (max(TASK[0], _edge(node)), TASK[1])


def _edge(node: Node) -> float:
    """Length of lower edge its boundary events need: two stand close, more leave room for their words."""
    count = len(node.boundary)
    return 56 + (count - 1) * (BETWEEN if count > 2 else 44.0) if count else 0.0


def _columns(grid: Grid, sizes: dict[Node, tuple[float, float]], left: float) -> dict[int, tuple[float, float]]:
    """Column → (x, width). Behind gateways there is room for the words on their flows."""
    found: dict[int, tuple[float, float]] = {}
    x = left
    for column in sorted({c for c in grid.column.values() if c >= 0}):
        nodes = [n for n, c in grid.column.items() if c == column]
        width = max(sizes[n][0] for n in nodes)
        words = [text_width(f.name) for n in nodes if n.kind in GATEWAYS for f in n.outgoing]
        tight = [max(0.0, w + 26 - (width - sizes[n][0]) / 2) for n in nodes if n.kind in GATEWAYS for w in words]
        found[column] = (x, width)
        x += width + max([GAP, *(min(t, 140.0) for t in tight)])
    return found


def _rows(scope: Scope, grid: Grid, sizes: dict[Node, tuple[float, float]], noted: set[Node]) -> dict[Row, float]:
    """Row → y of its centre line; the key (-1, 0) holds the total height."""
    rows = set(grid.row.values())
    for i in range(len(leaf_lanes(scope))):
        if not any(r[0] == i for r in rows):
            rows.add((i, 0))  # an empty lane is drawn, too
    found: dict[Row, float] = {}
    # The name of a sub-process stands inside, at its top.
    y = 0.0 if scope.lanes else ROW_GAP / 2 if scope.owner is None else ROW_GAP * 0.8
    lane = -1
    for row in sorted(rows):
        nodes = [n for n, r in grid.row.items() if r == row]
        height = max([TASK[1], *(sizes[n][1] for n in nodes)])
        if scope.lanes and row[0] != lane:
            y += ROW_GAP / 2 if lane < 0 else ROW_GAP
        lane = row[0]
        above = 64.0 if any(n in noted for n in nodes) else 0.0
        below = 26.0 if any(n.boundary for n in nodes) else 0.0
        found[row] = y + above + height / 2 + ROW_GAP / 4
        y += above + height + below + ROW_GAP
    found[(-1, 0)] = y + (0.0 if scope.lanes else ROW_GAP / 4)
    return found


def _channels(ys: dict[Row, float]) -> list[float]:
    return sorted(y for row, y in ys.items() if row != (-1, 0))


def _lane_depth(scope: Scope) -> int:
    parents = {lane.id: lane.parent for lane in scope.lanes}

    def depth(lane: str | None) -> int:
        return 0 if lane is None else 1 + depth(parents.get(lane))

    return max((depth(lane) for lane in parents), default=0)


def _lanes(frame: Frame, scope: Scope, ys: dict[Row, float]) -> None:
    """Bands: a leaf lane spans its rows, an outer lane spans its leaves; together they fill the frame."""
    leaves = leaf_lanes(scope)
    if not leaves:
        return
    tops = []
    for i in range(len(leaves)):
        rows = [(r, y) for r, y in ys.items() if r[0] == i]
        first = min(rows)[0]
        nodes = [b for n, b in frame.boxes.items() if b[1] <= ys[first] <= b[1] + b[3]]
        half = max([TASK[1] / 2, *(b[3] / 2 for b in nodes)])
        tops.append(ys[first] - half - ROW_GAP * 0.75)
    tops[0] = 0.0
    bottoms = [*tops[1:], frame.height]
    parents = {lane.id: lane.parent for lane in scope.lanes}
    for lane in scope.lanes:
        own = [i for i, leaf in enumerate(leaves) if _inside(leaf, lane.id, parents)]
        if own:
            x = HEAD * (_depth(lane.id, parents) - 1)
            box = (x, tops[own[0]], frame.width - x, bottoms[own[-1]] - tops[own[0]])
            frame.lanes.append((lane, box))


def _inside(lane: str | None, outer: str, parents: dict[str, str | None]) -> bool:
    while lane is not None:
        if lane == outer:
            return True
        lane = parents.get(lane)
    return False


def _depth(lane: str | None, parents: dict[str, str | None]) -> int:
    return 0 if lane is None else 1 + _depth(parents.get(lane), parents)


def _boundaries(frame: Frame) -> None:
    """Boundary events along the lower edge of their host, the first one rightmost."""
    for host, box in list(frame.boxes.items()):
        x, y, w, h = box
        count = len(host.boundary)
        for i, node in enumerate(host.boundary):
            step = BETWEEN if count > 2 else 44.0
            center = x + w - 28 - i * step
            frame.boxes[node] = (center - 18, y + h - 18, 36.0, 36.0)


def _node_labels(frame: Frame) -> None:
    """Words beside events and gateways, where they cover least."""
    crowd = Crowd(frame)
    for node, (x, y, w, h) in frame.boxes.items():
        if node.kind not in GATEWAYS and not node.kind.endswith("Event"):
            continue
        label = label_box(node.name, x + w / 2, 0.0)
        if label is None:
            continue
        lw, lh = label[2], label[3]
        middle, right, left = x + w / 2 - lw / 2, x + w / 2 + 10, x + w / 2 - 10 - lw
        over, under = y - lh - 4, y + h + 4
        ways = [(middle, under), (middle, over), (right, under), (left, over), (left, under), (right, over)]
        if node.kind in GATEWAYS:
            ways = [(middle, over), (middle, under), (left, over), (right, under), (left, under), (right, over)]
        elif node.kind == "boundaryEvent":
            host = node.attached_to.boundary if node.attached_to is not None else [node]
            ways = [(x + w, y + h - 12), (x - lw, y + h - 12), (x + w / 2 + 5, y + h + 3)]
            if len(host) > 2:
                ways = [(x - lw, y + h - 12)] if node is host[-1] else [(x + w / 2 + 5, y + h + 3)]
        frame.labels[node] = crowd.choose([(px, py, lw, lh) for px, py in ways])


class Crowd:
    """What labels must not cover: nodes, flows, other labels."""

    def __init__(self, frame: Frame) -> None:
        self.boxes = list(frame.boxes.values())
        self.lines = [s for _, points, _ in frame.flows for s in pairwise(points)]
        self.labels: list[Box] = []

    def choose(self, places: list[Box]) -> Box:
        """The first of the places that covers least; it is taken then."""
        best = min(places, key=self.covered)
        self.labels.append(best)
        return best

    def covered(self, place: Box) -> float:
        x, y, w, h = place
        total = 0.0
        for bx, by, bw, bh in self.boxes + self.labels:
            wide, high = min(x + w, bx + bw) - max(x, bx), min(y + h, by + bh) - max(y, by)
            total += wide * high + 50 if wide > 0 and high > 0 else 0.0
        for (x1, y1), (x2, y2) in self.lines:
            if min(x1, x2) < x + w and max(x1, x2) > x and min(y1, y2) < y + h and max(y1, y2) > y:
                total += 200.0
        return total


def _flow_labels(frame: Frame) -> None:
    """Words of flows, above or below a level stretch, as near to the source as there is room."""
    crowd = Crowd(frame)
    crowd.labels = list(frame.labels.values())
    done = []
    for flow, points, _ in frame.flows:
        text = " ".join(flow.name.split())
        done.append((flow, points, crowd.choose(_flow_places(points, text_width(text) + 10)) if text else None))
    frame.flows = done


def _flow_places(points: list[Point], width: float) -> list[Box]:
    level: list[Box] = []
    upright: list[Box] = []
    for (x1, y1), (x2, y2) in pairwise(points):
        if abs(y1 - y2) < 1 and abs(x2 - x1) >= 24:
            near = x1 + 4 if x2 > x1 else x1 - width - 4
            for x in (near, (x1 + x2) / 2 - width / 2):
                level += [(x, y1 - LABEL_LINE - 4, width, LABEL_LINE), (x, y1 + 4, width, LABEL_LINE)]
        elif abs(x1 - x2) < 1:
            y = (y1 + y2) / 2 - LABEL_LINE / 2
            upright += [(x1 + 4, y, width, LABEL_LINE), (x1 - width - 4, y, width, LABEL_LINE)]
    x, y = points[0]
    return level + upright or [(x + 4, y - LABEL_LINE - 4, width, LABEL_LINE)]


def _notes(scope: Scope) -> list[tuple[Node, etree._Element, etree._Element]]:
    """Annotations tied to nodes of the scope: (node, annotation, association)."""
    nodes = {n.id: n for n in scope.nodes}
    annotations = {e.get("id"): e for e in scope.xml.findall(f"{{{BPMN}}}textAnnotation")}
    found = []
    seen: set[str] = set()
    for e in scope.xml.findall(f"{{{BPMN}}}association"):
        ends = (e.get("sourceRef", ""), e.get("targetRef", ""))
        for a, b in (ends, ends[::-1]):
            if a in nodes and b in annotations and b not in seen:
                seen.add(b)
                found.append((nodes[a], annotations[b], e))
    return found


def _annotate(frame: Frame, notes: list[tuple[Node, etree._Element, etree._Element]]) -> None:
    for node, note, tie in notes:
        x, y, w, _ = frame.boxes[node]
        text = "".join(str(t) for t in note.itertext()).strip()
        width = min(160.0, max(80.0, text_width(text) + 16))
        box = (x + w / 2 + 10, y - 66, width, 50.0)
        frame.extras.append(Shape(note.get("id", ""), "textAnnotation", box))
        frame.ties.append(Edge(tie.get("id", ""), [(x + w / 2, y), (box[0], box[1] + 25)]))
        frame.width = max(frame.width, box[0] + width + PAD / 2)


def _data(frame: Frame, scope: Scope) -> None:
    """Data objects and stores, in a row below everything, tied to the activities that use them."""
    x, y = PAD + HEAD * _lane_depth(scope), frame.height
    places: dict[str, Box] = {}
    for e in scope.xml:
        kind = local(e)
        if kind in ("dataObjectReference", "dataStoreReference") and e.get("id"):
            w, h = DATA if kind == "dataObjectReference" else STORE
            places[e.get("id", "")] = (x, y + 8, w, h)
            frame.extras.append(Shape(e.get("id", ""), kind, places[e.get("id", "")]))
            x += w + GAP
    if not places:
        return
    frame.height += DATA[1] + 40
    frame.width = max(frame.width, x)
    for node in scope.nodes:
        for e in node.xml:
            refs = [t.text or "" for t in e if local(t) in ("sourceRef", "targetRef")]
            for ref in refs:
                if local(e).startswith("data") and ref in places and e.get("id"):
                    bx, by, bw, bh = frame.boxes[node]
                    px, py, pw, _ = places[ref]
                    ends = [(bx + bw / 2, by + bh), (px + pw / 2, py)]
                    frame.ties.append(
                        Edge(e.get("id", ""), ends if local(e) == "dataOutputAssociation" else ends[::-1])
                    )


def _fit(frame: Frame) -> None:
    """Grow the frame around flows and labels that run outside, moving everything when they run above or left."""
    xs = [p[0] for _, points, _ in frame.flows for p in points]
    ys = [p[1] for _, points, _ in frame.flows for p in points]
    boxes = [*frame.labels.values(), *(s.box for s in frame.extras), *(b for _, _, b in frame.flows if b)]
    top = min([0.0, *(y - 16 for y in ys), *(b[1] - 6 for b in boxes)])
    bottom = max([frame.height, *(y + 16 for y in ys), *(b[1] + b[3] + 8 for b in boxes)])
    right = max([frame.width, *(x + 16 for x in xs), *(b[0] + b[2] + 10 for b in boxes)])
    grow = right - frame.width
    frame.width = right
    if top < 0:
        _shift(frame, -top)
    frame.lanes = [(lane, (b[0], b[1], b[2] + grow, b[3])) for lane, b in frame.lanes]
    if frame.lanes:
        _stretch(frame, -top, bottom - frame.height)
    frame.height = bottom - top


def _shift(frame: Frame, dy: float) -> None:
    frame.boxes = {n: _moved(b, 0, dy) for n, b in frame.boxes.items()}
    frame.labels = {n: _moved(b, 0, dy) for n, b in frame.labels.items()}
    frame.flows = [
        (f, [(x, y + dy) for x, y in points], _moved(label, 0, dy) if label else None)
        for f, points, label in frame.flows
    ]
    frame.extras = [Shape(s.element, s.kind, _moved(s.box, 0, dy), s.label) for s in frame.extras]
    frame.ties = [Edge(e.element, [(x, y + dy) for x, y in e.points]) for e in frame.ties]


def _stretch(frame: Frame, above: float, below: float) -> None:
    """Let the uppermost lanes begin at the top and the lowest end at the bottom."""
    lowest = max(b[1] + b[3] for _, b in frame.lanes)
    done = []
    for lane, (x, y, w, h) in frame.lanes:
        first, last = y < 1, abs(y + h - lowest) < 1
        top = 0.0 if first else y + above
        bottom = y + h + above + (below if last else 0.0)
        done.append((lane, (x, top, w, bottom - top)))
    frame.lanes = done
