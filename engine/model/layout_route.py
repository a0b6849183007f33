"""Flows as level and upright lines: of many possible ways each flow takes the one that disturbs least.

A way costs for every node it cuts, for running along or across other flows, for its bends and its length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from engine.model.graph import Flow, Node, Scope
from engine.model.vocabulary import GATEWAYS

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # x, y, width, height
Segment = tuple[Point, Point]

CUT, ALONG, CROSS, BEND, BACK = 5000.0, 400.0, 60.0, 25.0, 40.0
#: Side of the squares by which drawn lines are found again.
CELL = 200
#: Distance of a way from the nodes it passes.
CLEAR = 14.0


class Router:
    """Finds ways for the flows of one scope; flows that are easy come first."""

    def __init__(self, boxes: dict[Node, Box], columns: list[tuple[float, float]], lines: list[float]) -> None:
        self.boxes = boxes
        self.columns = columns
        self.lines = lines
        self.drawn: dict[tuple[int, int], list[tuple[Segment, Flow]]] = {}
        self.hosts = sorted(boxes.items(), key=lambda item: item[1][0])
        self.lefts = [b[0] for _, b in self.hosts]
        self.widest = max((b[2] for b in boxes.values()), default=0.0)

    def all(self, scope: Scope) -> list[tuple[Flow, list[Point]]]:
        """Every flow of the scope whose ends are in it, in the order of the file."""
        flows = [f for f in scope.flows if f.source in self.boxes and f.target in self.boxes]
        ways: dict[int, list[Point]] = {}
        for flow in sorted(flows, key=self._hardness):
            points = _clean(self._best(flow))
            ways[id(flow)] = points
            for segment in pairwise(points):
                for cell in _cells(segment):
                    self.drawn.setdefault(cell, []).append((segment, flow))
        return [(f, ways[id(f)]) for f in flows]

    def _best(self, flow: Flow) -> list[Point]:
        """The cheapest way; the first that disturbs nothing is good enough."""
        best: list[Point] = []
        least = float("inf")
        for way in self._ways(flow):
            cost = self._cost(way, flow)
            if cost < least:
                best, least = way, cost
            if cost <= sum(_length(s) for s in pairwise(way)) / 10 + BEND:
                break
        return best

    def _hardness(self, flow: Flow) -> tuple[int, float]:
        a, b = self._box(flow.source), self._box(flow.target)
        straight = abs(_middle(a)[1] - _middle(b)[1]) < 1 and b[0] > a[0]
        return (0 if straight else 1 if b[0] > a[0] else 2, abs(b[0] - a[0]))

    def _box(self, node: Node | None) -> Box:
        assert node is not None
        return self.boxes[node]

    def _ways(self, flow: Flow) -> Iterator[list[Point]]:
        a, b = self._box(flow.source), self._box(flow.target)
        (ax, ay), (bx, by) = _middle(a), _middle(b)
        right, left = (a[0] + a[2], ay), (b[0], by)
        boundary = flow.source is not None and flow.source.kind == "boundaryEvent"
        ahead = b[0] >= a[0] + a[2]
        if not boundary and ahead and abs(ay - by) < 1:
            yield [right, left]
        if ahead and abs(ay - by) > a[3] / 2 + 2 and (not boundary or by > ay):
            yield [(ax, a[1] + a[3] if by > ay else a[1]), (ax, by), left]
        end = (bx, b[1] + b[3] if by < ay else b[1])
        if not boundary and bx > right[0] + 8 and abs(ay - by) > b[3] / 2 + 2:
            yield [right, (bx, ay), end]
        if not boundary and ahead:
            for x in self._gaps(right[0], left[0]):
                yield [right, (x, ay), (x, by), left]
        yield from self._around(a, b, boundary)

    def _around(self, a: Box, b: Box, boundary: bool) -> Iterator[list[Point]]:
        """Ways over a channel above or below, for loops and for passing others by."""
        (ax, ay), (bx, by) = _middle(a), _middle(b)
        right, left = (a[0] + a[2], ay), (b[0], by)
        for y in self._levels(a, b):
            if y > a[1] + a[3] + 8 or (y < a[1] - 8 and not boundary):
                out = (ax, a[1] + a[3] if y > ay else a[1])
                if y > b[1] + b[3] + 8 or y < b[1] - 8:
                    yield [out, (ax, y), (bx, y), (bx, b[1] + b[3] if y > by else b[1])]
                for x in (left[0] - 20, left[0] - 30):
                    yield [out, (ax, y), (x, y), (x, by), left]
            if not boundary:
                for x in (right[0] + 20, right[0] + 30):
                    yield [right, (x, ay), (x, y), (bx, y), (bx, b[1] + b[3] if y > by else b[1])]
                    for x2 in (left[0] - 20, left[0] - 30):
                        yield [right, (x, ay), (x, y), (x2, y), (x2, by), left]

    def _gaps(self, low: float, high: float) -> list[float]:
        """Upright channels between two places: the middle of each gap between columns, and beside it."""
        found = []
        for (x, w), (x2, _) in zip(self.columns, self.columns[1:], strict=False):
            gap = (x + w, x2)
            if gap[0] >= low - 40 and gap[1] <= high + 40:
                middle = (max(gap[0], low) + min(gap[1], high)) / 2
                found += [middle, middle - 10, middle + 10]
        if not found or high - low < 60:
            found.append((low + high) / 2)
        return [x for x in found if low + 6 <= x <= high - 6]

    def _levels(self, a: Box, b: Box) -> list[float]:
        """Level channels near two nodes: between rows, on empty row lines, and outside of all between them."""
        low, high = min(a[0], b[0]), max(a[0] + a[2], b[0] + b[2])
        between = [box for _, box in self._near(low, high)]
        top, bottom = min(x[1] for x in between), max(x[1] + x[3] for x in between)
        found = [top - 22, top - 34, bottom + 22, bottom + 34]
        for line in self.lines:
            found += [line, line - 56, line - 64, line + 56, line + 66]
        near = [y for y in found if min(a[1], b[1]) - 400 <= y <= max(a[1] + a[3], b[1] + b[3]) + 400]
        return sorted(set(near), key=lambda y: abs(y - _middle(a)[1]))[:14]

    def _near(self, low: float, high: float) -> Iterator[tuple[Node, Box]]:
        for i in range(bisect_left(self.lefts, low - self.widest - CLEAR), len(self.hosts)):
            node, box = self.hosts[i]
            if box[0] > high + CLEAR:
                return
            if box[0] + box[2] >= low - CLEAR:
                yield node, box

    def _cost(self, points: list[Point], flow: Flow) -> float:
        total = 0.0
        segments = list(pairwise(points))
        for i, segment in enumerate(segments):
            total += _length(segment) / 10 + (BEND if i else 0.0)
            total += self._cuts(segment, flow) * CUT + self._meets(segment, flow)
            (x1, _), (x2, _) = segment
            total += BACK if x2 < x1 - 1 else 0.0
        first, last = points[1], points[-2]
        source, target = flow.source, flow.target
        if source is not None and source.kind not in GATEWAYS and abs(first[0] - points[0][0]) < 1:
            # Tasks are left on the right; only gateways and boundary events open up and down.
            total += 0.0 if source.kind == "boundaryEvent" else 30.0
        if target is not None and target.kind not in GATEWAYS and abs(last[0] - points[-1][0]) < 1:
            total += 20.0
        return total

    def _cuts(self, segment: Segment, flow: Flow) -> int:
        (x1, y1), (x2, y2) = segment
        low, high, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
        count = 0
        for node, (x, y, w, h) in self._near(low, high):
            own = node is flow.source or node is flow.target
            edge = -2.0 if own else 6.0
            if node in (flow.source.boundary if flow.source else ()) or (
                flow.source is not None and flow.source.attached_to is node
            ):
                edge = -2.0
            if x - edge < high and x + w + edge > low and y - edge < bottom and y + h + edge > top:
                count += 1
        return count

    def _meets(self, segment: Segment, flow: Flow) -> float:
        total = 0.0
        level = abs(segment[0][1] - segment[1][1]) < 1
        for other, drawn in {id(d): d for cell in _cells(segment) for d in self.drawn.get(cell, ())}.values():
            if (abs(other[0][1] - other[1][1]) < 1) != level:
                total += CROSS if _crosses(segment, other) else 0.0
            elif _shared(segment, other) > 2:
                kin = drawn.source is flow.source or drawn.target is flow.target
                total += ALONG / 10 if kin else ALONG
        return total


def _cells(segment: Segment) -> Iterator[tuple[int, int]]:
    """Squares of the plane a line runs through, with those it nearly touches."""
    (x1, y1), (x2, y2) = segment
    for i in range(int(min(x1, x2) - 7) // CELL, int(max(x1, x2) + 7) // CELL + 1):
        for j in range(int(min(y1, y2) - 7) // CELL, int(max(y1, y2) + 7) // CELL + 1):
            yield i, j


def _middle(box: Box) -> Point:
    return (box[0] + box[2] / 2, box[1] + box[3] / 2)


def _length(segment: Segment) -> float:
    (x1, y1), (x2, y2) = segment
    return abs(x1 - x2) + abs(y1 - y2)


def _shared(one: Segment, two: Segment) -> float:
    """How far two parallel lines run on top of each other (or nearly so)."""
    axis = 1 if abs(one[0][1] - one[1][1]) < 1 else 0
    if abs(one[0][axis] - two[0][axis]) > 6:
        return 0.0
    other = 1 - axis
    low = max(min(one[0][other], one[1][other]), min(two[0][other], two[1][other]))
    high = min(max(one[0][other], one[1][other]), max(two[0][other], two[1][other]))
    return high - low


def _crosses(one: Segment, two: Segment) -> bool:
    """Whether a level and an upright line cross, ends not counted."""
    level, upright = (one, two) if abs(one[0][1] - one[1][1]) < 1 else (two, one)
    x, y = upright[0][0], level[0][1]
    return (
        min(level[0][0], level[1][0]) + 1 < x < max(level[0][0], level[1][0]) - 1
        and min(upright[0][1], upright[1][1]) + 1 < y < max(upright[0][1], upright[1][1]) - 1
    )


def _clean(points: list[Point]) -> list[Point]:
    """Without points that lie on the line between their neighbours."""
    kept = [points[0]]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        level = abs(before[1] - at[1]) < 1 and abs(at[1] - after[1]) < 1
        upright = abs(before[0] - at[0]) < 1 and abs(at[0] - after[0]) < 1
        if not level and not upright:
            kept.append(at)
    return [*kept, points[-1]]
