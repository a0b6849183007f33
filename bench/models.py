"""The models that the growth benchmark draws: a loop of tasks, parallel items, a chain of any length."""

from __future__ import annotations

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:crmflow="https://crmflow.dev/schema/1.0" '
    'id="Growth" targetNamespace="https://crmflow.dev/bench">'
)
_OWNER = (
    '<bpmn:extensionElements><crmflow:process owner="team:bench" goal="Measure growth" kpi="ratio" '
    'kind="management" /></bpmn:extensionElements>'
)
_TASK = '<zeebe:userTask /><zeebe:assignmentDefinition candidateGroups="bench" />'


def loop() -> bytes:
    """A user task that comes again while ``again`` is true."""
    return _model(
        "growth-loop",
        _start()
        + _user("Task")
        + '<bpmn:exclusiveGateway id="Again" name="Again?" default="No" />'
        + _end()
        + _flow("F1", "Start", "Merge")
        + '<bpmn:exclusiveGateway id="Merge" />'
        + _flow("F2", "Merge", "Task")
        + _flow("F3", "Task", "Again")
        + '<bpmn:sequenceFlow id="Yes" name="yes" sourceRef="Again" targetRef="Merge">'
        "<bpmn:conditionExpression>=again</bpmn:conditionExpression></bpmn:sequenceFlow>" + _flow("No", "Again", "End"),
    )


def parallel() -> bytes:
    """One user task per item of ``items``, all at once; their answers are gathered."""
    many = (
        '<bpmn:multiInstanceLoopCharacteristics isSequential="false"><bpmn:extensionElements>'
        '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item" '
        'outputCollection="answers" outputElement="=answer" />'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
    )
    return _model(
        "growth-items",
        _start() + _user("Task", many) + _end() + _flow("F1", "Start", "Task") + _flow("F2", "Task", "End"),
    )


def chain(nodes: int) -> bytes:
    """``nodes`` nodes in a row: user tasks, scripts and pairs of gateways between start and end."""
    parts, last = [_start()], "Start"

    def put(name: str, drawn: str) -> None:
        nonlocal last
        parts.append(drawn + _flow(f"F_{name}", last, name))
        last = name

    for n in range(1, nodes - 1):
        if n % 3 == 1:
            put(f"N{n}", _user(f"N{n}"))
        elif n % 3 == 2:
            script = f'<zeebe:script expression="={n}" resultVariable="v{n % 7}" />'
            inside = f"<bpmn:extensionElements>{script}</bpmn:extensionElements>"
            put(f"N{n}", f'<bpmn:scriptTask id="N{n}" name="Work out {n}">{inside}</bpmn:scriptTask>')
        else:
            put(f"N{n}", f'<bpmn:exclusiveGateway id="N{n}" name="On {n}" />')
    put("End", _end())
    return _model(f"growth-chain-{nodes}", "".join(parts))


def _model(key: str, inside: str) -> bytes:
    process = f'<bpmn:process id="{key}" name="Growth" isExecutable="true">{_OWNER}{inside}</bpmn:process>'
    return f"{_HEAD}{process}</bpmn:definitions>".encode()


def _start() -> str:
    return '<bpmn:startEvent id="Start" name="Asked" />'


def _end() -> str:
    return '<bpmn:endEvent id="End" name="Done" />'


def _user(name: str, more: str = "") -> str:
    inside = f"<bpmn:extensionElements>{_TASK}</bpmn:extensionElements>{more}"
    return f'<bpmn:userTask id="{name}" name="Do {name}">{inside}</bpmn:userTask>'


def _flow(name: str, source: str, target: str) -> str:
    return f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}" />'
