"""Our own drawings of the rules that the kit of constraints counts: one that breaks the rule, and its mended twin.

The two differ in one place: ``between`` fills the same drawing once with what is wrong and once with what is right.
"""

from __future__ import annotations

from dataclasses import dataclass

from bpmn_play import flows

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="urn:twins"{}>'
)
#: Plain BPMN that names an expression language of its own: it claims to be complete.
XPATH = ' expressionLanguage="http://www.w3.org/1999/XPath"'
ITEMS = '<itemDefinition id="text" structureRef="string"/><itemDefinition id="number" structureRef="int"/>'
TEXTS = '<itemDefinition id="texts" structureRef="string" isCollection="true"/>'
ORDER = '<message id="m" name="Order" itemRef="text"/>'
OPERATION = (
    '<interface id="i" name="I"><operation id="o" name="O"><inMessageRef>m</inMessageRef></operation></interface>'
)
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
FAILURE = '<error id="er" name="Failure" errorCode="no-stock" structureRef="text"/>'
LATE = '<escalation id="esc" name="Late" escalationCode="late" structureRef="text"/>'
BELL = '<signal id="sig" name="Bell" structureRef="text"/>'
THROWN = ORDER + FAILURE + LATE + BELL
S, E = '<startEvent id="s"/>', '<endEvent id="e"/>'
STEP = '<userTask id="t" name="Call">{}</userTask>'
LINE = flows("s > t > e")
CARRIED = '<dataInputAssociation id="as"><sourceRef>do</sourceRef><targetRef>in</targetRef></dataInputAssociation>'
HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
DAY = HOUR.replace("PT1H", "P1D")
NOTE = '<textAnnotation id="{}" textFormat="text/plain"><text>Hm</text></textAnnotation>'
NO_CONDITION = "<conditionExpression></conditionExpression>"
FORMAL = ' xsi:type="tFormalExpression"'
NOTHING = '<startEvent id="in"/><endEvent id="out"/>' + flows("in > out")


@dataclass(frozen=True)
class Twin:
    rule: str  # number in the kit
    blamed: str  # id of the element that breaks it
    bad: bytes
    good: bytes


def file(inside: str, head: str = "", said: str = 'isExecutable="true"', language: str = "", more: str = "") -> str:
    """A file with one process; ``head`` holds the other root elements before it, ``more`` those behind."""
    return f'{HEAD.format(language)}{head}<process id="p" name="P" {said}>{inside}</process>{more}</definitions>'


def step(beside: str = "", inside: str = "", head: str = "", line: str = LINE, **more: str) -> str:
    """start → a person's step with this in it → end; ``beside`` them stands more."""
    return file(S + STEP.replace("{}", inside) + E + line + beside, head, **more)


def node(element: str, head: str = "", **more: str) -> str:
    """start → this element, called t → end."""
    return file(S + element + E + LINE, head, **more)


def between(rule: str, blamed: str, drawing: str, wrong: str, right: str) -> Twin:
    """The same drawing with what is wrong and with what is right in the place of ``@@``."""
    assert "@@" in drawing, rule
    bad, good = (drawing.replace("@@", text).replace(NO_CONDITION, "").encode() for text in (wrong, right))
    return Twin(rule, blamed, bad, good)


def way(id: str, target: str, condition: str = "", source: str = "g", more: str = "") -> str:
    """One flow, with an id of its own."""
    inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}" {more}>{inside}</sequenceFlow>'


def pools(source: str, target: str, us: str = "", flow: str = "mf") -> str:
    """A collaboration of our process and some other, and a message that flows."""
    ours = f'<participant id="us" processRef="p">{us}</participant><participant id="them"/>'
    wire = f'<messageFlow id="{flow}" sourceRef="{source}" targetRef="{target}"/>'
    return f'<collaboration id="c">{ours}{wire}</collaboration>'


def ended(trigger: str, ref: str = "", head: str = "") -> str:
    """start → an end event that throws."""
    named = f' {trigger}Ref="{ref}"' if ref else ""
    return file(f'{S}<endEvent id="x"><{trigger}EventDefinition{named}/></endEvent>' + flows("s > x"), head)


def catch(id: str, trigger: str) -> str:
    return f'<intermediateCatchEvent id="{id}">{trigger}</intermediateCatchEvent>'


def border(trigger: str, stops: str = "true", host: str = "", onward: str = "") -> str:
    """An event at the border of t."""
    event = f'<boundaryEvent id="b" attachedToRef="t" cancelActivity="{stops}">{trigger}</boundaryEvent>'
    last = '<endEvent id="e2"/>' + (onward or flows("b > e2"))
    return file(S + (host or STEP.replace("{}", "")) + event + E + LINE + last, ITEMS + THROWN)


def scope(inside: str = NOTHING, kind: str = "subProcess", head: str = "", more: str = "") -> str:
    """start → a sub-process t → end."""
    return node(f'<{kind} id="t" name="T">{inside}</{kind}>' + more, head)


def by_event(trigger: str, beside: str = "", marks: str = "", more: str = "") -> str:
    """A step, and an event sub-process."""
    start = f'<startEvent id="in" {marks}>{trigger}</startEvent>'
    inside = start + more + '<endEvent id="out"/>' + flows("in > out")
    return step(
        f'<subProcess id="sub" name="Sub" triggeredByEvent="true">{inside}</subProcess>' + beside, head=ITEMS + THROWN
    )


def gate(kind: str, condition: str, said: str = "") -> str:
    """start → gateway g → one of two steps → two ends; the second way has a condition."""
    steps = '<userTask id="a" name="A"/><userTask id="b" name="B"/><endEvent id="e2"/>'
    ways = way("x1", "a", condition) + way("x2", "b", "not(ok)") + way("x3", "e", source="a")
    return file(f'{S}<{kind} id="g" {said}/>{steps}{E}{ways}' + flows("s > g", "b > e2"))


def waiting(second: str, condition: str = "", beside: str = "", head: str = "") -> str:
    """An event-based gateway: an order, or this."""
    ways = flows("s > g", "a > e", "b > e") + way("x1", "a") + way("x2", "b", condition)
    order = catch("a", '<messageEventDefinition messageRef="m"/>')
    return file(f'{S}<eventBasedGateway id="g"/>{order}{second}{E}{ways}{beside}', ITEMS + ORDER + head)


def io(inputs: str = "", outputs: str = "", sets: str = "") -> str:
    """An ioSpecification of ``id:item …``, each input and output in the one set unless ``sets`` says otherwise."""
    made = "".join(
        f'<data{side} id="{key}"' + (f' itemSubjectRef="{item}"/>' if item else "/>")
        for side, words in (("Input", inputs), ("Output", outputs))
        for key, _, item in (word.partition(":") for word in words.split())
    )
    told = "".join(f"<dataInputRefs>{w.partition(':')[0]}</dataInputRefs>" for w in inputs.split())
    given = "".join(f"<dataOutputRefs>{w.partition(':')[0]}</dataOutputRefs>" for w in outputs.split())
    every = f"<inputSet>{told}</inputSet><outputSet>{given}</outputSet>"
    return f"<ioSpecification>{made}{sets or every}</ioSpecification>"


def thrown(kind: str, trigger: str, carried: str) -> str:
    """An event that throws what carries a text, with a data input of this item."""
    data = f'<dataInput id="in" itemSubjectRef="{carried}"/><inputSet><dataInputRefs>in</dataInputRefs></inputSet>'
    event = f'<{kind} id="x">{data}<{trigger}/></{kind}>'
    after = E + flows("x > e") if kind != "endEvent" else ""
    return file(f"{S}{event}{after}" + flows("s > x"), ITEMS + THROWN)


def called(mine: str, theirs: str) -> str:
    """start → a call of process q → end; both say which data they take."""
    call = f'<callActivity id="t" name="C" calledElement="q">{io(mine)}</callActivity>'
    other = f'<process id="q" name="Q" isExecutable="true">{io(theirs)}{NOTHING}</process>'
    return node(call, ITEMS, more=other)


def received(sets: str) -> str:
    """start → a receive task whose message comes into an output → end."""
    held = io("", "got:text", f"<inputSet/>{sets}")
    task = f'<receiveTask id="t" name="R" messageRef="m" operationRef="o">{held}</receiveTask>'
    return node(task, ITEMS + ORDER + OPERATION)


def worked(kind: str, inside: str) -> str:
    """start → a task that a worker does, with this operation or message → end."""
    job = f'<extensionElements><zeebe:taskDefinition xmlns:zeebe="{ZEEBE}" type="w"/></extensionElements>'
    named = 'operationRef="o"' if kind == "serviceTask" else 'messageRef="m" operationRef="o"'
    return node(f'<{kind} id="t" name="T" {named}>{job}{inside}</{kind}>', ITEMS + ORDER + OPERATION)


def linked(target: str = "there", name: str = "over", beside: str = "") -> str:
    """start → a link that is thrown; the one that catches it → end."""
    throw = f'<linkEventDefinition id="here" name="over"><target>{target}</target></linkEventDefinition>'
    caught = f'<linkEventDefinition id="there" name="{name}"><source>here</source></linkEventDefinition>'
    events = f'<intermediateThrowEvent id="t">{throw}</intermediateThrowEvent>' + catch("c", caught)
    return file(S + events + E + flows("s > t", "c > e") + beside)
