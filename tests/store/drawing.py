"""Small models for the store's tests, written as text: a process from its inner XML."""

from __future__ import annotations

from engine.domain.values import FileIn

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:crmflow="https://crmflow.dev/schema/1.0"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D" targetNamespace="urn:test">'
)


def model(key: str, inner: str, *, extra: str = "", about: str = 'owner="team:bench" goal="g" kpi="k"') -> FileIn:
    """A publishable process; ``extra`` stands beside it (messages, errors)."""
    process = (
        f'<bpmn:process id="{key}" name="{key.title()}" isExecutable="true">'
        f"<bpmn:extensionElements><crmflow:process {about}/></bpmn:extensionElements>{inner}</bpmn:process>"
    )
    return FileIn(f"{key}.bpmn", f"{_HEAD}{extra}{process}</bpmn:definitions>".encode())


def flow(*pairs: str) -> str:
    """Sequence flows: ``"a>b"``."""
    text = ""
    for pair in pairs:
        source, target = pair.split(">")
        text += f'<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>'
    return text


def user(key: str, group: str = "bench", more: str = "") -> str:
    """A user task for a group."""
    return (
        f'<bpmn:userTask id="{key}" name="{key.title()}"><bpmn:extensionElements><zeebe:userTask/>'
        f'<zeebe:assignmentDefinition candidateGroups="{group}"/>{more}</bpmn:extensionElements></bpmn:userTask>'
    )


def timer(key: str, host: str, wait: str, *, interrupting: bool = True) -> str:
    """A boundary timer."""
    return (
        f'<bpmn:boundaryEvent id="{key}" name="{key.title()}" attachedToRef="{host}"'
        f' cancelActivity="{str(interrupting).lower()}"><bpmn:timerEventDefinition id="{key}_t">'
        f"<bpmn:timeDuration>{wait}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )


def service(key: str, kind: str, *, retries: int = 3, more: str = "") -> str:
    """A service task."""
    return (
        f'<bpmn:serviceTask id="{key}" name="{key.title()}"><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="{kind}" retries="{retries}"/>{more}</bpmn:extensionElements></bpmn:serviceTask>'
    )


def message(key: str, correlation: str = "") -> str:
    """A message with its correlation key (FEEL)."""
    inner = f'<bpmn:extensionElements><zeebe:subscription correlationKey="{correlation}"/></bpmn:extensionElements>'
    return f'<bpmn:message id="m_{key}" name="{key}">{inner if correlation else ""}</bpmn:message>'


def catch(key: str, name: str) -> str:
    """An intermediate catch event of a message."""
    return (
        f'<bpmn:intermediateCatchEvent id="{key}" name="{key.title()}">'
        f'<bpmn:messageEventDefinition id="{key}_m" messageRef="m_{name}"/></bpmn:intermediateCatchEvent>'
    )


START = '<bpmn:startEvent id="start" name="Start"/>'
END = '<bpmn:endEvent id="end" name="End"/>'
