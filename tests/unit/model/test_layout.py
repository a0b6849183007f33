"""Automatic layout: everything is drawn, nothing overlaps, flows are level or upright, other bytes stay."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from lxml import etree

from engine.model.layout import has_diagram, lay_out
from engine.model.xml import BPMN, BPMNDI, DC, DI

NS = f'xmlns="{BPMN}" id="d" targetNamespace="t"'
Box = tuple[float, float, float, float]


def model(*parts: str, tail: str = "") -> bytes:
    return f'<definitions {NS}><process id="p">{"".join(parts)}</process>{tail}</definitions>'.encode()


def node(kind: str, id: str, name: str = "", inside: str = "", attributes: str = "") -> str:
    return f'<{kind} id="{id}" name="{name}" {attributes}>{inside}</{kind}>'


def flow(a: str, b: str, name: str = "") -> str:
    return f'<sequenceFlow id="{a}_{b}" name="{name}" sourceRef="{a}" targetRef="{b}"/>'


def boundary(id: str, host: str) -> str:
    return node("boundaryEvent", id, "5 minutes", "<timerEventDefinition/>", f'attachedToRef="{host}"')


LEAD = model(
    node("startEvent", "s", "Lead came in"), node("exclusiveGateway", "g", "How warm?"),
    node("userTask", "hot", "Call"), node("userTask", "warm", "Write"), node("serviceTask", "cold", "Nurture"),
    boundary("b1", "hot"), boundary("b2", "hot"), node("serviceTask", "remind"), node("serviceTask", "again"),
    node("exclusiveGateway", "j"), node("subProcess", "sub", "Quote", node("startEvent", "s2") + node("userTask", "q")
        + node("endEvent", "e2") + flow("s2", "q") + flow("q", "e2")),
    node("endEvent", "won", "Won"), node("endEvent", "lost", "Lost"), node("endEvent", "told"),
    node("subProcess", "watch", "Cancelled", node("startEvent", "s3") + node("endEvent", "e3") + flow("s3", "e3"),
         'triggeredByEvent="true"'),
    flow("s", "g"), flow("g", "hot", "hot"), flow("g", "warm", "warm"), flow("g", "cold", "cold"),
    flow("hot", "j"), flow("warm", "j"), flow("cold", "lost"), flow("b1", "remind"), flow("remind", "told"),
    flow("b2", "again"), flow("again", "hot"), flow("j", "sub"), flow("sub", "won"),
)  # fmt: skip
LANES = model(
    '<laneSet id="ls"><lane id="l1" name="Sales"><flowNodeRef>s</flowNodeRef><flowNodeRef>a</flowNodeRef>'
    '<flowNodeRef>e</flowNodeRef></lane><lane id="l2" name="Lead"><flowNodeRef>b</flowNodeRef></lane></laneSet>',
    node("startEvent", "s"), node("userTask", "a"), node("userTask", "b"), node("endEvent", "e"),
    flow("s", "a"), flow("a", "b"), flow("b", "e"),
)  # fmt: skip


def shapes(xml: bytes) -> dict[str, Box]:
    found = {}
    for e in etree.fromstring(xml).iter(f"{{{BPMNDI}}}BPMNShape"):
        b = e.find(f"{{{DC}}}Bounds")
        assert b is not None
        found[e.get("bpmnElement", "")] = tuple(float(b.get(k, "")) for k in ("x", "y", "width", "height"))
    return found  # type: ignore[return-value]


def edges(xml: bytes) -> dict[str, list[tuple[float, float]]]:
    return {
        e.get("bpmnElement", ""): [(float(w.get("x", "")), float(w.get("y", ""))) for w in e.iter(f"{{{DI}}}waypoint")]
        for e in etree.fromstring(xml).iter(f"{{{BPMNDI}}}BPMNEdge")
    }


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def inside(a: Box, b: Box) -> bool:
    return b[0] <= a[0] and b[1] <= a[1] and a[0] + a[2] <= b[0] + b[2] and a[1] + a[3] <= b[1] + b[3]


@pytest.mark.parametrize("xml", [LEAD, LANES], ids=["lead", "lanes"])
def test_every_node_and_flow_is_drawn_once(xml: bytes) -> None:
    root = etree.fromstring(xml)
    drawn = lay_out(xml)
    flows = {e.get("id") for e in root.iter(f"{{{BPMN}}}sequenceFlow")}
    assert set(edges(drawn)) == flows
    others = {e.get("id") for e in root.find(f"{{{BPMN}}}process").iter() if e.get("id")} - flows - {"p", "ls"}  # type: ignore[union-attr]
    assert set(shapes(drawn)) == others
    assert has_diagram(drawn)
    assert not has_diagram(xml)


def test_nodes_do_not_overlap_and_what_is_inside_stays_inside() -> None:
    at = shapes(lay_out(LEAD))
    within = {"s2": "sub", "q": "sub", "e2": "sub", "s3": "watch", "e3": "watch"}
    for one, outer in within.items():
        assert inside(at[one], at[outer])
    top = {k: v for k, v in at.items() if k not in within and k not in ("b1", "b2")}
    for (a, box), (b, other) in combinations(top.items(), 2):
        assert not overlap(box, other), (a, b)


def test_boundary_events_sit_on_the_lower_edge_of_their_host_apart_from_each_other() -> None:
    at = shapes(lay_out(LEAD))
    x, y, w, h = at["hot"]
    for b in ("b1", "b2"):
        assert at[b][1] + 18 == y + h
        assert x <= at[b][0]
        assert at[b][0] + 36 <= x + w
    assert not overlap(at["b1"], at["b2"])


def test_flows_are_level_or_upright_begin_and_end_at_their_nodes_and_cut_none() -> None:
    drawn = lay_out(LEAD)
    at = shapes(drawn)
    for key, points in edges(drawn).items():
        source, target = key.split("_")
        for (x1, y1), (x2, y2) in pairwise(points):
            assert abs(x1 - x2) < 1.5 or abs(y1 - y2) < 1.5
            line = (min(x1, x2), min(y1, y2), abs(x1 - x2) or 0.1, abs(y1 - y2) or 0.1)
            for other, box in at.items():
                ends = {source, target, "sub", "watch", *({"hot"} if source in ("b1", "b2") else ())}
                if other not in ends and not (other in ("b1", "b2") and source == "hot"):
                    assert not overlap(line, box), (key, other)
        for (px, py), end in ((points[0], source), (points[-1], target)):
            x, y, w, h = at[end]
            assert x - 1 <= px <= x + w + 1
            assert y - 1 <= py <= y + h + 1


def test_time_runs_from_left_to_right() -> None:
    at = shapes(lay_out(LEAD))
    line = [at[k][0] for k in ("s", "g", "hot", "j", "sub", "won")]
    assert line == sorted(line)
    assert at["g"][1] + 25 == at["s"][1] + 18  # the main way is straight


def test_lanes_hold_their_nodes_and_lie_on_top_of_each_other() -> None:
    at = shapes(lay_out(LANES))
    assert all(inside(at[k], at["l1"]) for k in "sae")
    assert inside(at["b"], at["l2"])
    assert at["l1"][1] + at["l1"][3] == at["l2"][1]
    assert at["l1"][0] == at["l2"][0]


def test_pools_are_drawn_around_their_process_and_message_flows_between_them() -> None:
    xml = f"""<definitions {NS}><collaboration id="c"><participant id="us" processRef="p"/>
      <participant id="them" name="Customer"/><messageFlow id="mf" sourceRef="a" targetRef="them"/></collaboration>
      <process id="p"><startEvent id="s"/><task id="a"/>{flow("s", "a")}</process></definitions>""".encode()
    drawn = lay_out(xml)
    at = shapes(drawn)
    assert inside(at["a"], at["us"])
    assert not overlap(at["us"], at["them"])
    assert edges(drawn)["mf"][0][1] < edges(drawn)["mf"][-1][1]
    assert b'bpmnElement="c"' in drawn


def test_what_is_not_diagram_keeps_its_bytes() -> None:
    drawn = lay_out(LEAD)
    at = drawn.index(b"  <bpmndi:BPMNDiagram")
    assert drawn[:at] + drawn[drawn.index(b"</definitions>") :] == LEAD


def test_an_old_diagram_is_replaced_and_the_result_is_the_same() -> None:
    once = lay_out(LEAD)
    twice = lay_out(once)
    assert shapes(twice) == shapes(once)
    assert twice.count(b"<bpmndi:BPMNDiagram ") == 1


def test_loops_back_to_the_start_and_to_itself_are_drawn() -> None:
    xml = model(node("startEvent", "s"), node("task", "a"), node("task", "b"), flow("s", "a"), flow("a", "b"),
                flow("b", "a"), flow("b", "b"))  # fmt: skip
    assert all(len(points) >= 2 for points in edges(lay_out(xml)).values())
    assert len(edges(lay_out(xml))) == 4


def test_a_file_without_process_comes_back_as_it_is() -> None:
    assert lay_out(f"<definitions {NS}/>".encode()) == f"<definitions {NS}/>".encode()


def test_a_large_model_is_laid_out_in_seconds() -> None:
    ids = [f"t{i}" for i in range(300)]
    xml = model(
        node("startEvent", "s"), *(node("task", i) for i in ids), *(flow(a, b) for a, b in pairwise(["s", *ids]))
    )
    assert len(shapes(lay_out(xml))) == 301


def test_a_task_with_many_boundary_events_grows_so_that_their_words_have_room() -> None:
    xml = model(node("startEvent", "s"), node("task", "a"), *(boundary(f"b{i}", "a") for i in range(4)), flow("s", "a"))
    at = shapes(lay_out(xml))
    places = sorted(at[f"b{i}"][0] for i in range(4))
    assert all(b - a >= 80 for a, b in pairwise(places))
    assert at["a"][0] <= places[0]
    assert places[-1] + 36 <= at["a"][0] + at["a"][2]
