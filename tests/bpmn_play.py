"""Small BPMN models for the tests of the runtime, and the player that runs them without a database."""

from __future__ import annotations

from itertools import pairwise

from bench.player import NOW, Player

__all__ = ["NOW", "Player", "boundary", "flows", "message", "process", "script", "service", "tag", "timer", "user"]
_HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:crmflow="https://crmflow.dev/schema/1.0">'
)


def flows(*lines: str) -> str:
    """``"a > b > c"``; a condition after ``|``: ``"g > b | amount > 3"``; an id before ``:``: ``"f: a > b"``."""
    out = []
    for line in lines:
        path, _, condition = line.partition("|")
        id, colon, rest = path.partition(":")
        names = [name.strip() for name in (rest if colon else path).split(">")]
        for source, target in pairwise(names):
            named = f' id="{id.strip()}"' if colon else ""
            text = condition.strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            inner = f"<conditionExpression>{text}</conditionExpression>" if text else ""
            out.append(f'<sequenceFlow{named} sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>')
    return "".join(out)


def tag(kind: str, id: str, inside: str = "", ext: str = "", **attributes: str) -> str:
    """A BPMN element; ``ext`` goes into extensionElements."""
    given = "".join(f' {name}="{value}"' for name, value in attributes.items())
    held = f"<extensionElements>{ext}</extensionElements>" if ext else ""
    return f'<{kind} id="{id}"{given}>{held}{inside}</{kind}>'


def user(id: str, ext: str = "", **attributes: str) -> str:
    return tag("userTask", id, ext=ext, **attributes)


def script(id: str, variable: str, feel: str, **attributes: str) -> str:
    text = feel.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return tag("scriptTask", id, ext=f'<zeebe:script expression="= {text}" resultVariable="{variable}"/>', **attributes)


def service(id: str, type: str = "work", ext: str = "", inside: str = "") -> str:
    return tag("serviceTask", id, ext=f'<zeebe:taskDefinition type="{type}"/>{ext}', inside=inside)


def timer(text: str, mode: str = "timeDuration") -> str:
    return f"<timerEventDefinition><{mode}>{text}</{mode}></timerEventDefinition>"


def boundary(id: str, at: str, inside: str, *, stops: bool = True, ext: str = "") -> str:
    return tag("boundaryEvent", id, inside, ext, attachedToRef=at, cancelActivity=str(stops).lower())


def process(*parts: str, id: str = "p", defs: str = "") -> bytes:
    """A file with one process and root elements (messages, errors …)."""
    return f'{_HEAD}{defs}<process id="{id}" isExecutable="true">{"".join(parts)}</process></definitions>'.encode()


def message(id: str, name: str, key: str = "") -> str:
    held = f'<zeebe:subscription correlationKey="{key}"/>' if key else ""
    return tag("message", id, ext=held, name=name)
