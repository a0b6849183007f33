"""Columns and rows for the nodes of one scope: layers by longest path, the main path straight, the rest around it."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.model.graph import Flow, Node, Scope

#: A row: (lane from the top, line within the lane; negative is above the lane's main line).
Row = tuple[int, int]


@dataclass(slots=True)
class Grid:
    """Where each node stands. Boundary events are not in it: they sit on their hosts."""

    column: dict[Node, int] = field(default_factory=dict)
    row: dict[Node, Row] = field(default_factory=dict)
    taken: dict[Row, list[tuple[int, int]]] = field(default_factory=dict)

    def free(self, row: Row, low: int, high: int) -> bool:
        return all(high < a or low > b for a, b in self.taken.get(row, ()))


def place(scope: Scope) -> Grid:
    """Give every node but boundary events a column and a row."""
    lanes = _lane_order(scope)
    ahead, back = _forward(scope)
    grid = Grid(_columns(scope, ahead))
    depth = _depths(scope, ahead, grid.column)
    placer = _Placer(grid, ahead, depth, lanes)
    loose = [n for n in scope.nodes if n.kind != "boundaryEvent"]
    linked = [n for n in loose if ahead[n] or back[n]]
    roots = sorted((n for n in linked if not back[n]), key=lambda n: -depth[n])
    for root in roots or linked[:1]:
        placer.tree(root)
    for node in linked:
        placer.tree(node)
    for node in loose:
        if node not in grid.row:
            placer.aside(node)
    return grid


def lane_index(node: Node, lanes: dict[str, int]) -> int:
    """Position of the node's lane, 0 for none."""
    return lanes.get(node.lane or "", 0)


def _lane_order(scope: Scope) -> dict[str, int]:
    leaves = leaf_lanes(scope)
    return {lane: i for i, lane in enumerate(leaves)}


def leaf_lanes(scope: Scope) -> list[str]:
    """Ids of the innermost lanes, from the top."""
    parents = {lane.parent for lane in scope.lanes}
    return [lane.id for lane in scope.lanes if lane.id not in parents]


def _host(node: Node) -> Node:
    return node.attached_to if node.attached_to is not None else node


def _forward(scope: Scope) -> tuple[dict[Node, list[Node]], dict[Node, list[Node]]]:
    """Neighbours without the flows that close a loop; a boundary event's flows count as its host's."""
    following: dict[Node, list[Node]] = {n: [] for n in scope.nodes if n.kind != "boundaryEvent"}
    for node in scope.nodes:
        for flow in node.outgoing:
            source, target = _host(node), flow.target
            if target is not None and source in following and target in following and target is not source:
                following[source].append(target)
    ahead: dict[Node, list[Node]] = {n: [] for n in following}
    back: dict[Node, list[Node]] = {n: [] for n in following}
    state: dict[Node, int] = {}
    starts = [n for n in following if n.kind == "startEvent"]
    sources = [n for n in following if not n.incoming and n not in starts]
    for root in starts + sources + list(following):
        if root in state:
            continue
        state[root] = 1
        work = [(root, iter(following[root]))]
        while work:
            node, rest = work[-1]
            step = next(rest, None)
            if step is None:
                state[node] = 2
                work.pop()
            elif state.get(step) != 1:  # 1: on the path, so this flow would close a loop
                ahead[node].append(step)
                back[step].append(node)
                if step not in state:
                    state[step] = 1
                    work.append((step, iter(following[step])))
    return ahead, back


def _columns(scope: Scope, ahead: dict[Node, list[Node]]) -> dict[Node, int]:
    waiting = dict.fromkeys(ahead, 0)
    for targets in ahead.values():
        for t in targets:
            waiting[t] += 1
    column = dict.fromkeys(ahead, 0)
    ready = [n for n, count in waiting.items() if count == 0]
    while ready:
        node = ready.pop()
        for t in ahead[node]:
            column[t] = max(column[t], column[node] + 1)
            waiting[t] -= 1
            if waiting[t] == 0:
                ready.append(t)
    for node in ahead:
        # A second start stands right before what it starts.
        if not node.incoming and ahead[node]:
            column[node] = max(0, min(column[t] for t in ahead[node]) - 1)
    return column


def _depths(scope: Scope, ahead: dict[Node, list[Node]], column: dict[Node, int]) -> dict[Node, int]:
    """Length of the longest way to an end, over drawn flows only (not those of boundary events)."""
    depth = dict.fromkeys(ahead, 0)
    for node in sorted(ahead, key=lambda n: -column[n]):
        own = {f.target for f in node.outgoing}
        depth[node] = 1 + max((depth[t] for t in ahead[node] if t in own), default=0)
    return depth


class _Placer:
    """Places a chain of nodes at a time: the longest first, each branch as near its source as there is room."""

    def __init__(
        self, grid: Grid, ahead: dict[Node, list[Node]], depth: dict[Node, int], lanes: dict[str, int]
    ) -> None:
        self.grid, self.ahead, self.depth, self.lanes = grid, ahead, depth, lanes

    def tree(self, root: Node) -> None:
        """A root and everything ahead of it."""
        if root in self.grid.row:
            return
        todo = self.chain(root, None, below=False)
        while todo:
            # What hangs on a border comes first, so that it finds room right below its host.
            fresh, todo = todo, []
            for node in fresh:
                for branch in node.boundary:
                    for flow in branch.outgoing:
                        todo += self.branch(flow, node, below=True)
            for node in sorted(fresh, key=lambda n: self.grid.column[n]):
                for flow in node.outgoing:
                    todo += self.branch(flow, node, below=False)

    def branch(self, flow: Flow, source: Node, *, below: bool) -> list[Node]:
        target = flow.target
        if target is None or target in self.grid.row or target not in self.ahead[source]:
            return []
        return self.chain(target, source, below=below)

    def chain(self, first: Node, source: Node | None, *, below: bool) -> list[Node]:
        """Place the longest unplaced way from a node; returns its nodes."""
        nodes = [first]
        while True:
            own = {f.target for f in nodes[-1].outgoing}
            open_ends = [t for t in self.ahead[nodes[-1]] if t in own and t not in self.grid.row]
            if not open_ends:
                break
            nodes.append(max(open_ends, key=lambda t: self.depth[t]))
        start = 0
        before = source
        for i in range(1, len(nodes) + 1):
            if i == len(nodes) or self.lane(nodes[i]) != self.lane(nodes[start]):
                self.run(nodes[start:i], before, below=below and before is source)
                before, start = nodes[i - 1], i
        return nodes

    def lane(self, node: Node) -> int:
        return lane_index(node, self.lanes)

    def run(self, nodes: list[Node], source: Node | None, *, below: bool) -> None:
        """Put a run of nodes of one lane into one row."""
        column = self.grid.column
        low, high = column[nodes[0]], column[nodes[-1]]
        # The row stays free from above the source to above the join, so that flows may turn there.
        joins = [column[t] for t in self.ahead[nodes[-1]] if t in self.grid.row]
        high = max([high, *joins])
        lane = self.lane(nodes[0])
        base = 0
        if source is not None and source in self.grid.row and self.lane(source) == lane:
            base = self.grid.row[source][1]
            low = min(low, column[source])
        row = next(r for r in self.rows(lane, base, below) if self.grid.free(r, low, high))
        self.grid.taken.setdefault(row, []).append((low, high))
        for node in nodes:
            self.grid.row[node] = row

    def rows(self, lane: int, base: int, below: bool) -> list[Row]:
        """Rows to try, nearest first."""
        reach = len(self.grid.column) + 2
        if below:
            return [(lane, base + i) for i in range(1, 2 * reach)]
        found = [(lane, base)]
        for i in range(1, 2 * reach):
            found += [(lane, base + i), (lane, base - i)]
        return found

    def aside(self, node: Node) -> None:
        """Something without flows (an event sub-process, a handler): in a row of its own kind, column -1, -2 …"""
        lane = self.lane(node)
        apart = [n for n, c in self.grid.column.items() if c < 0 and self.lane(n) == lane and n in self.grid.row]
        lowest = max((k for (one, k) in self.grid.taken if one == lane), default=-1)
        row = self.grid.row[apart[0]] if apart else (lane, lowest + 1)
        self.grid.column[node] = -1 - len(apart)
        self.grid.taken.setdefault(row, []).append((-1, 10_000))
        self.grid.row[node] = row
