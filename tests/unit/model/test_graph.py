"""A BPMN file as a graph: everything found, nothing lost, nothing assumed about its correctness."""

from __future__ import annotations

from engine.model.graph import load
from engine.model.soundness import cycles, dead_ends, dead_nodes, reached
from engine.model.vocabulary import element_names, types
from engine.model.xml import read, write

NS = 'xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:z="urn:z" targetNamespace="t"'
XML = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- kept -->
<b:definitions {NS} id="d">
  <b:process id="p" z:colour="red">
    <b:laneSet id="ls"><b:lane id="outer"><b:flowNodeRef>t</b:flowNodeRef>
      <b:childLaneSet id="c"><b:lane id="inner"><b:flowNodeRef>t</b:flowNodeRef></b:lane></b:childLaneSet>
    </b:lane></b:laneSet>
    <b:startEvent id="s"/>
    <b:userTask id="t" name="Do" default="f2"/>
    <b:boundaryEvent id="b" attachedToRef="t"><b:eventDefinitionRef>td</b:eventDefinitionRef></b:boundaryEvent>
    <b:subProcess id="sub"><b:startEvent id="s1"/><b:task id="t1"/>
      <b:sequenceFlow sourceRef="s1" targetRef="t1"/></b:subProcess>
    <b:endEvent id="e"><b:terminateEventDefinition/><b:messageEventDefinition/></b:endEvent>
    <b:task id="island"/>
    <b:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>
    <b:sequenceFlow id="f2" sourceRef="t" targetRef="t:sub"/>
    <b:sequenceFlow id="f3" sourceRef="sub" targetRef="e"/>
    <b:sequenceFlow id="f4" sourceRef="b" targetRef="t"/>
    <b:sequenceFlow id="f5" sourceRef="t" targetRef="nowhere"/>
  </b:process>
  <b:timerEventDefinition id="td"/>
</b:definitions>""".encode()


def test_nodes_flows_events_lanes_and_scopes_are_found() -> None:
    m = load(XML)
    (p,) = m.processes
    t, b, e, sub = (m.nodes[k] for k in ("t", "b", "e", "sub"))
    assert [f.id for f in t.outgoing] == ["f2", "f5"]
    assert [f.source.id for f in t.incoming if f.source] == ["s", "b"]
    assert (t.kind, t.name, t.line, t.lane, t.default) == ("userTask", "Do", 9, "inner", "f2")
    assert b.attached_to is t
    assert t.boundary == [b]
    assert (b.event, e.event, m.nodes["s"].event) == ("timer", "multiple", "none")
    assert sub.body is not None
    assert [n.id for n in sub.body.nodes] == ["s1", "t1"]
    assert sub.body.process is p
    assert [s.id for s in m.scopes()] == ["p", "sub"]


def test_flows_without_id_and_dangling_ends_are_kept_as_they_are() -> None:
    m = load(XML)
    nameless = m.nodes["t1"].incoming[0]
    assert not nameless.drawn
    assert nameless.source is m.nodes["s1"]
    assert m.flows["f5"].target is None
    assert m.flows["f2"].target is m.nodes["sub"]  # the prefix of a QName does not matter


def test_reading_and_writing_loses_nothing() -> None:
    body = XML[XML.index(b"<b:definitions") :]
    written = write(read(XML))
    assert written.endswith(body)
    assert b"<!-- kept -->" in written


def test_what_no_token_reaches_and_where_it_stops() -> None:
    (p,) = load(XML).processes
    assert [n.id for n in dead_nodes(p)] == ["island"]
    assert {n.id for n in reached(p)} == {"s", "t", "b", "sub", "e"}
    assert [n.id for n in dead_ends(p)] == ["island"]


def test_cycles_are_found_also_through_boundary_events() -> None:
    (p,) = load(XML).processes
    assert [{n.id for n in g} for g in cycles(p)] == [{"t", "b"}]


def test_the_vocabulary_is_that_of_the_standard() -> None:
    task = types()["userTask"]
    assert {"id", "name", "default", "isForCompensation", "implementation"} <= task.attributes.keys()
    assert {"incoming", "ioSpecification", "potentialOwner", "rendering"} <= task.children.keys()
    assert "triggeredByEvent" not in task.attributes
    assert types()["adHocSubProcess"].attributes["ordering"].values == "Parallel|Sequential"
    assert types()["boundaryEvent"].attributes["attachedToRef"].required
    assert {"userTask", "boundaryEvent", "loopCardinality"} <= element_names()
    assert "flowNode" not in element_names()
