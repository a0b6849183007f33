"""What plain BPMN 2.0 forbids of conversations, data, compensation and starts: models that break it, mended ones."""

from __future__ import annotations

from lint_cases import Case
from lint_constraints import ITEMS, PLAIN, io, plain, task
from lint_models import END, START, flow, flows, user

MESSAGE = '<message id="m" name="M"/>'
UNDO = '<boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
RECEIVE = '<receiveTask id="r" name="R" instantiate="true" messageRef="m"/>'
GATE = '<eventBasedGateway id="g" instantiate="true"/>' + "".join(
    f'<intermediateCatchEvent id="{key}"><signalEventDefinition signalRef="{key}s"/></intermediateCatchEvent>'
    for key in "ab"
)
GATE += flow("g", "a") + flow("g", "b") + flow("a", "e") + flow("b", "e")
SIGNALS = '<signal id="as" name="A"/><signal id="bs" name="B"/>'


def pools(inside: str) -> bytes:
    people = '<participant id="us"/><participant id="them"/>'
    return plain(task(), head=f'<collaboration id="c">{people}{inside}</collaboration>')


def talking(source: str) -> bytes:
    talk = (
        '<conversation id="co"><participantRef>us</participantRef><participantRef>them</participantRef></conversation>'
    )
    return pools(f'{talk}<conversationLink id="cl" sourceRef="{source}" targetRef="them"/>')


def tied(inner: str) -> bytes:
    talk = '<messageFlow id="mf" sourceRef="us" targetRef="them"/>'
    return pools(f'{talk}<messageFlowAssociation id="ma" innerMessageFlowRef="{inner}" outerMessageFlowRef="mf"/>')


def fed(target: str) -> bytes:
    ends = f"<sourceRef>do</sourceRef><targetRef>{target}</targetRef>"
    data = f'<dataInputAssociation id="da">{ends}</dataInputAssociation>'
    return plain('<dataObject id="do"/>', task(io("in") + data))


def undone(*handlers: str) -> bytes:
    drawn = "".join(f'<task id="{key}" name="{key}" isForCompensation="true"/>' for key in handlers)
    drawn += "".join(f'<association id="a{key}" sourceRef="b" targetRef="{key}"/>' for key in handlers)
    return plain(task(), UNDO, drawn)


def calling(data: str) -> bytes:
    other = f'<globalTask id="gt" name="G">{io("there:text")}</globalTask>'
    return plain(task(data, "callActivity", 'calledElement="gt"'), head=ITEMS + other)


def starting(inside: str, first: str = "") -> bytes:
    """``inside`` starts the process by itself; ``first``: how a start event leads on."""
    drawn = START + first if first else ""
    body = f'<process id="p" name="P" isExecutable="true">{drawn}{inside}{END}</process>'
    return "\n".join((PLAIN, MESSAGE, SIGNALS, body, "</definitions>")).encode()


def kept(item: str) -> bytes:
    return plain(f'<dataObject id="do" itemSubjectRef="{item}"/>', task(), head=ITEMS)


CASES = [
    Case("CRM-812", "cl", talking("us"), talking("co")),
    Case("CRM-813", "da", fed("do"), fed("in")),
    Case("CRM-814", "b", undone("u", "v"), undone("u")),
    Case("CRM-122", "do", kept("nothing"), kept("text")),
    Case("CRM-122", "ma", tied("nothing"), tied("mf")),
    Case("CRM-842", "t", calling(""), calling(io("here:text"))),
    Case("CRM-860", "g", starting(GATE, user() + flows("s", "t", "e")), starting(GATE, flow("s", "g"))),
    Case("CRM-860", "g", starting(GATE, user() + flows("s", "t", "e")), starting(GATE)),
    Case(
        "CRM-861",
        "r",
        starting(RECEIVE + flow("r", "e"), user() + flows("s", "t", "e")),
        starting(RECEIVE + flow("r", "e")),
    ),
]
