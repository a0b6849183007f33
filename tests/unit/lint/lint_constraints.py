"""Constraints of the standard on expressions, data, messages and places: models that break each, and mended twins."""

from __future__ import annotations

from lint_cases import GOOD, Case
from lint_models import END, START, ext, file, flow, flows, inner_timer, process, straight, user

#: A file of plain BPMN 2.0 that names an expression language of its own, and no vendor's vocabulary.
PLAIN = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="urn:test"'
    ' expressionLanguage="http://www.w3.org/1999/XPath">'
)
FORMAL = 'xsi:type="tFormalExpression"'
ITEMS = '<itemDefinition id="text" structureRef="string"/><itemDefinition id="number" structureRef="int"/>'
MANY = '<itemDefinition id="texts" structureRef="string" isCollection="true"/>'
MESSAGE = '<message id="m" name="Order" itemRef="text"/>'
OPERATION = (
    '<interface id="i" name="I"><operation id="o" name="O"><inMessageRef>m</inMessageRef></operation></interface>'
)


def plain(*parts: str, head: str = "") -> bytes:
    """A process of plain BPMN: start → t → end."""
    body = f'<process id="p" name="P" isExecutable="true">{START}{"".join(parts)}{END}{flows("s", "t", "e")}</process>'
    return ("\n".join((PLAIN, head, body, "</definitions>"))).encode()


def failing(said: str) -> bytes:
    """start → an error end event whose error has a name, yet no code."""
    end = '<endEvent id="e"><errorEventDefinition errorRef="er"/></endEvent>'
    body = f'<process id="p" name="P"{said}>{START}{end}{flows("s", "e")}</process>'
    return "\n".join((PLAIN, '<error id="er" name="No stock"/>', body, "</definitions>")).encode()


def io(inputs: str = "", outputs: str = "", ins: str = "", outs: str = "") -> str:
    """An ioSpecification: ``inputs`` and ``outputs`` as ``id:item …``; sets made from them unless given."""
    made = []
    for kind, words in (("dataInput", inputs), ("dataOutput", outputs)):
        for word in words.split():
            key, _, item = word.partition(":")
            made.append(f'<{kind} id="{key}"' + (f' itemSubjectRef="{item}"/>' if item else "/>"))
    first = ins or "<inputSet>" + "".join(
        f"<dataInputRefs>{w.partition(':')[0]}</dataInputRefs>" for w in inputs.split()
    )
    last = outs or "<outputSet>" + "".join(
        f"<dataOutputRefs>{w.partition(':')[0]}</dataOutputRefs>" for w in outputs.split()
    )
    return (
        f"<ioSpecification>{''.join(made)}{first}{'' if ins else '</inputSet>'}"
        f"{last}{'' if outs else '</outputSet>'}</ioSpecification>"
    )


def task(inside: str = "", kind: str = "task", attributes: str = "") -> str:
    return f'<{kind} id="t" name="T" {attributes}>{inside}</{kind}>'


def event(kind: str, trigger: str, inside: str = "") -> str:
    return f'<{kind} id="t">{inside}<{trigger}EventDefinition/></{kind}>'


def gate(said: str) -> bytes:
    split = f'<parallelGateway id="g" gatewayDirection="{said}"/>'
    nodes = (split, user(id="a"), user(id="b"), END, '<endEvent id="e2"/>')
    return process(START, *nodes, flows("s", "g", "a", "e"), flows("g", "b", "e2"))


def loop(item: str) -> bytes:
    data = io("many:texts").replace('itemSubjectRef="texts"', 'itemSubjectRef="texts" isCollection="true"')
    looped = (
        '<multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics inputCollection="= x"/>'
        "</extensionElements><loopDataInputRef>many</loopDataInputRef>"
        f'<inputDataItem id="one" itemSubjectRef="{item}"/></multiInstanceLoopCharacteristics>'
    )
    return straight(task(data + looped, "userTask"), head=ITEMS + MANY)


def state(name: str) -> bytes:
    data = '<dataObject id="do" name="Quote"/>'
    ref = (
        f'<dataObjectReference id="ref" name="{name}" dataObjectRef="do"><dataState name="sent"/></dataObjectReference>'
    )
    return process(START, user(), END, data, ref, flows("s", "t", "e"))


def sets(spec: str) -> bytes:
    return straight(user(spec))


def association(item: str) -> bytes:
    carried = '<dataInputAssociation id="as"><sourceRef>do</sourceRef><targetRef>in</targetRef></dataInputAssociation>'
    data = f'<dataObject id="do" itemSubjectRef="{item}"/>'
    return process(START, task(io("in:text") + carried, "userTask"), END, data, flows("s", "t", "e"), head=ITEMS)


def sent(item: str) -> bytes:
    work = ext('<zeebe:taskDefinition type="mail"/>')
    return straight(task(work + io(f"in:{item}"), "sendTask", 'messageRef="m"'), head=ITEMS + MESSAGE)


def asked(inside: str) -> bytes:
    work = ext('<zeebe:taskDefinition type="mail"/>')
    return straight(task(work + inside, "serviceTask", 'operationRef="o"'), head=ITEMS + MESSAGE + OPERATION)


def called(item: str) -> bytes:
    other = f'<process id="p2" isExecutable="true">{io("there:text")}<startEvent id="s2"/><endEvent id="e2"/>'
    other += flows("s2", "e2") + "</process>"
    call = f'<callActivity id="t" calledElement="p2">{io(f"here:{item}")}</callActivity>'
    body = f'<process id="p" isExecutable="true">{START}{call}{END}{flows("s", "t", "e")}</process>'
    return file(ITEMS, body, other)


def bound(item: str) -> bytes:
    binding = '<ioBinding operationRef="o" inputDataRef="in" outputDataRef="in"/>'
    body = f'<process id="p" isExecutable="true">{io(f"in:{item}")}{binding}{START}{user()}{END}'
    return file(ITEMS, MESSAGE, OPERATION, body + flows("s", "t", "e") + "</process>")


def thrown(item: str) -> bytes:
    data = f'<dataInput id="in" itemSubjectRef="{item}"/><inputSet><dataInputRefs>in</dataInputRefs></inputSet>'
    trigger = '<messageEventDefinition messageRef="m"/>'
    return straight(f'<intermediateThrowEvent id="t">{data}{trigger}</intermediateThrowEvent>', head=ITEMS + MESSAGE)


def message_event(inside: str) -> bytes:
    definition = f'<messageEventDefinition id="md" messageRef="m">{inside}</messageEventDefinition>'
    return plain(
        f'<intermediateThrowEvent id="t">{definition}</intermediateThrowEvent>', head=ITEMS + MESSAGE + OPERATION
    )


def pools(source: str, target: str) -> bytes:
    two = '<participant id="us" processRef="p"/><participant id="them"/>'
    wire = f'<messageFlow id="mf" sourceRef="{source}" targetRef="{target}"/>'
    body = f'<process id="p" name="P" isExecutable="true">{START}{user()}{END}{flows("s", "t", "e")}</process>'
    return file(f'<collaboration id="c">{two}{wire}</collaboration>', body)


def crowd(low: int, high: int) -> bytes:
    size = f'<participantMultiplicity minimum="{low}" maximum="{high}"/>'
    body = f'<process id="p" name="P" isExecutable="true">{START}{user()}{END}{flows("s", "t", "e")}</process>'
    return file(f'<collaboration id="c"><participant id="us" processRef="p">{size}</participant></collaboration>', body)


def beside(mark: str, end: str) -> bytes:
    act = '<choreographyTask id="ct" initiatingParticipantRef="us"><participantRef>us</participantRef>'
    act += "<participantRef>them</participantRef><messageFlowRef>mf</messageFlowRef></choreographyTask>"
    players = '<participant id="us" processRef="p"/><participant id="them"/>'
    flowing = f'<messageFlow id="mf" sourceRef="t" targetRef="{end}"/>'
    body = f'<process id="p" name="P" isExecutable="true">{START}{user()}{END}{flows("s", "t", "e")}</process>'
    return file(
        f'<choreography id="ch" isClosed="{mark}">{act}</choreography>',
        f'<collaboration id="c">{players}{flowing}<choreographyRef>ch</choreographyRef></collaboration>',
        body,
    )


def conversation(inside: str) -> bytes:
    body = f'<process id="p" name="P" isExecutable="true">{START}{user()}{END}{flows("s", "t", "e")}</process>'
    return file(f'<globalConversation id="gc"><participant id="us"/>{inside}</globalConversation>', body)


def adhoc(inside: str) -> bytes:
    return straight(f'<adHocSubProcess id="t" name="A"><userTask id="x" name="X"/>{inside}</adHocSubProcess>')


def role(inside: str) -> bytes:
    names = '<resource id="r" name="R"><resourceParameter id="rp" name="N"/></resource>'
    return straight(user(f'<potentialOwner id="po">{inside}</potentialOwner>'), head=names)


BOUND = '<resourceParameterBinding parameterRef="rp"><formalExpression>x</formalExpression></resourceParameterBinding>'
IN_SET = "<inputSet id='a'><dataInputRefs>in</dataInputRefs>{}</inputSet>"
OUT_SET = "<outputSet id='b'><dataOutputRefs>out</dataOutputRefs>{}</outputSet>"
BACK = "<inputSetRefs>a</inputSetRefs>"
THERE = "<outputSetRefs>b</outputSetRefs>"
RECEIVE = '<receiveTask id="t" name="R" instantiate="{}" messageRef="m"/>'
LOOSE = process(START, user(), END, user(id="x"), flows("s", "t", "e"), flow("x", "e"))
STUCK = process(
    START, '<parallelGateway id="g"/>', user(), user(id="x"), END, flows("s", "g", "t", "e"), flow("g", "x")
)
UNDO = '<userTask id="u" name="U" isForCompensation="true"/>'
EVENT_GATE = '<eventBasedGateway id="g" {}/>' + inner_timer("a") + inner_timer("b")
GATE_WAYS = flow("g", "a") + flow("g", "b") + flow("a", "e") + flow("b", "e")
FEW = (
    "<inputSet><dataInputRefs>in</dataInputRefs><optionalInputRefs>extra</optionalInputRefs></inputSet>"
    "<inputSet><dataInputRefs>extra</dataInputRefs></inputSet>"
)
ALL = FEW.replace("<optional", "<dataInputRefs>extra</dataInputRefs><optional", 1)
STANDARD = "<standardLoopCharacteristics><loopCondition>{}</loopCondition></standardLoopCharacteristics>"
NOTE = '<textAnnotation id="n" textFormat="{}"><text>Hm</text></textAnnotation>'

REFERENCE = process(
    START,
    user(),
    END,
    flows("s", "t", "e"),
    '<dataObject id="do" name="Quote"/><dataObjectReference id="ref" dataObjectRef="do" {}/>',
    head=ITEMS,
).decode()

CONSTRAINTS = [
    Case(
        "CRM-830",
        "n",
        process(START, user(), END, flows("s", "t", "e"), NOTE.format("letters")),
        process(START, user(), END, flows("s", "t", "e"), NOTE.format("text/html")),
    ),
    Case(
        "CRM-831",
        "t",
        plain(
            "<intermediateCatchEvent id='t'><conditionalEventDefinition><condition>soon enough</condition>"
            "</conditionalEventDefinition></intermediateCatchEvent>"
        ),
        plain(
            f"<intermediateCatchEvent id='t'><conditionalEventDefinition><condition {FORMAL}>soon</condition>"
            "</conditionalEventDefinition></intermediateCatchEvent>"
        ),
    ),
    Case(
        "CRM-832",
        "t",
        straight(user(f"<standardLoopCharacteristics><loopCondition {FORMAL}/></standardLoopCharacteristics>")),
        straight(
            user(
                f"<standardLoopCharacteristics><loopCondition {FORMAL}>= x</loopCondition>"
                "</standardLoopCharacteristics>"
            )
        ),
    ),
    Case("CRM-833", "g", gate("Converging"), gate("Diverging")),
    Case(
        "CRM-834",
        "do",
        process(START, user(), END, flows("s", "t", "e"), '<dataObject id="do" itemSubjectRef="texts"/>', head=MANY),
        process(
            START,
            user(),
            END,
            flows("s", "t", "e"),
            '<dataObject id="do" itemSubjectRef="texts" isCollection="true"/>',
            head=MANY,
        ),
    ),
    Case(
        "CRM-835",
        "f",
        process(
            START,
            user(),
            END,
            flows("s", "t"),
            '<sequenceFlow id="f" sourceRef="t" targetRef="e" isImmediate="false"/>',
        ),
        GOOD,
    ),
    Case("CRM-836", "gc", conversation('<conversation id="co"/>'), conversation("")),
    Case("CRM-837", "us", crowd(3, 2), crowd(0, 2)),
    Case(
        "CRM-838",
        "p",
        process(START, user(), END, flows("s", "t", "e"), attributes='id="p" isExecutable="true" processType="Public"'),
        process(
            START, user(), END, flows("s", "t", "e"), attributes='id="p" isExecutable="true" processType="Private"'
        ),
    ),
    Case("CRM-839", "ch", beside("true", "them"), beside("false", "them")),
    Case("CRM-864", "t", sent("number"), sent("text")),
    Case("CRM-864", "t", asked(""), asked(io("in:text"))),
    Case("CRM-865", "s1", adhoc('<startEvent id="s1"/>' + flow("s1", "x")), adhoc("")),
    Case("CRM-842", "t", called("number"), called("text")),
    Case("CRM-843", "p", bound("number"), bound("text")),
    Case("CRM-844", "t", loop("number"), loop("text")),
    Case(
        "CRM-845",
        "t",
        straight(user(STANDARD.format("23"))),
        straight(user(STANDARD.format("x = 23"))),
    ),
    Case("CRM-846", "ref", state("Quote [done]"), state("Quote [sent]")),
    Case("CRM-863", "ref", REFERENCE.format('itemSubjectRef="text"').encode(), REFERENCE.format("").encode()),
    Case("CRM-847", "in", sets(io("in", ins="<inputSet></inputSet>")), sets(io("in"))),
    Case(
        "CRM-848",
        "t",
        sets(io("in extra", ins=FEW)),
        sets(io("in extra", ins=ALL)),
    ),
    Case(
        "CRM-849",
        "a",
        sets(io("in", "out", IN_SET.format(THERE), OUT_SET.format(""))),
        sets(io("in", "out", IN_SET.format(THERE), OUT_SET.format(BACK))),
    ),
    Case("CRM-850", "as", association("number"), association("text")),
    Case("CRM-851", "t", thrown("number"), thrown("text")),
    Case(
        "CRM-852",
        "t",
        straight(event("intermediateCatchEvent", "terminate")),
        straight('<intermediateThrowEvent id="t"/>'),
    ),
    Case("CRM-853", "e", pools("them", "e"), pools("them", "t")),
    Case("CRM-854", "t", message_event(""), message_event("<operationRef>o</operationRef>")),
    Case("CRM-855", "x", LOOSE, GOOD),
    Case("CRM-856", "x", STUCK, GOOD),
    Case(
        "CRM-858",
        "d",
        file(
            '<import namespace="urn:b" location="b.bpmn" importType="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
            '<process id="p"/>',
        ),
        GOOD,
    ),
    Case(
        "CRM-859",
        "u",
        process(START, UNDO, END, flows("s", "u", "e")),
        process(START, user(), UNDO, END, flows("s", "t", "e")),
    ),
    Case(
        "CRM-860",
        "g",
        process(START, EVENT_GATE.format('eventGatewayType="Parallel"'), END, flow("s", "g"), GATE_WAYS),
        process(START, EVENT_GATE.format(""), END, flow("s", "g"), GATE_WAYS),
    ),
    Case(
        "CRM-861",
        "t",
        process(
            START,
            user(id="u"),
            RECEIVE.format("true"),
            END,
            flows("s", "u", "t", "e"),
            head='<message id="m" name="M"/>',
        ),
        process(RECEIVE.format("true"), END, flow("t", "e"), head='<message id="m" name="M"/>'),
    ),
    Case(
        "CRM-170",
        "t",
        straight(RECEIVE.format("true"), head='<message id="m" name="M"/>'),
        straight(RECEIVE.format("false"), head='<message id="m" name="M"/>'),
    ),
    Case("CRM-178", "e", failing(' isExecutable="true"'), failing("")),
    Case("CRM-862", "po", role(BOUND), role("<resourceRef>r</resourceRef>" + BOUND)),
]
