"""Small BPMN files for the tests of rules: the shell around a process, and shorthand for flows."""

from __future__ import annotations

from itertools import pairwise

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:crmflow="https://crmflow.dev/schema/1.0"'
    ' xmlns:x="urn:somebody" id="d" targetNamespace="urn:test">'
)
OWNED = '<extensionElements><crmflow:process owner="team:sales" goal="Win" kpi="Rate"/></extensionElements>'


def file(*parts: str) -> bytes:
    """A BPMN file of root elements."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + HEAD + "\n" + "\n".join(parts) + "\n</definitions>").encode()


def process(*parts: str, attributes: str = 'id="p" name="P" isExecutable="true"', head: str = "") -> bytes:
    """A file with one process; ``head`` holds other root elements."""
    return file(head, f"<process {attributes}>", *parts, "</process>")


def flows(*ids: str) -> str:
    """Sequence flows that join the nodes in a row."""
    return "\n".join(f'<sequenceFlow id="f_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairwise(ids))


def flow(a: str, b: str, condition: str | None = None, name: str = "") -> str:
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition is not None else ""
    return f'<sequenceFlow id="f_{a}_{b}" name="{name}" sourceRef="{a}" targetRef="{b}">{inner}</sequenceFlow>'


def ext(*parts: str) -> str:
    return "<extensionElements>" + "".join(parts) + "</extensionElements>"


START, END = '<startEvent id="s"/>', '<endEvent id="e"/>'


def straight(*nodes: str, middle: str = "t", head: str = "") -> bytes:
    """start → the node with id ``middle`` → end."""
    return process(START, *nodes, END, flows("s", middle, "e"), head=head)


def user(inner: str = "", id: str = "t", attributes: str = 'name="Call"') -> str:
    return f'<userTask id="{id}" {attributes}>{inner}</userTask>'


def gateway(kind: str, *ways: str, default: str | None = None) -> bytes:
    """start → gateway g → a, b → ends; ``ways`` are the flows out of the gateway."""
    mark = f' default="{default}"' if default else ""
    return process(
        START, f'<{kind} id="g" name="Big?"{mark}/>', user(id="a"), user(id="b"), END, '<endEvent id="e2"/>',
        flows("s", "g"), *ways, flows("a", "e"), flows("b", "e2"),
    )  # fmt: skip


def message_file(node: str, *, name: str = 'name="Answer"', key: str = "= quote.id", id: str = "m") -> bytes:
    subscription = ext(f'<zeebe:subscription correlationKey="{key}"/>') if key else ""
    return straight(node, head=f'<message id="{id}" {name}>{subscription}</message>')


def inner_timer(id: str) -> str:
    """An intermediate event that waits an hour."""
    definition = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    return f'<intermediateCatchEvent id="{id}">{definition}</intermediateCatchEvent>'
