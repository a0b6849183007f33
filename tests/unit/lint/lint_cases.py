"""For every rule a model that breaks it, the element to blame, and a model that keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from lint_models import END, OWNED, START, ext, file, flow, flows, gateway, message_file, process, straight, user


@dataclass(frozen=True)
class Case:
    code: str
    blamed: str | None  # id of the element
    bad: bytes
    good: bytes


DI = 'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
GOOD = straight(user())
PROCESS = f'<process id="p" name="P" isExecutable="true">{START}{user()}{END}{flows("s", "t", "e")}</process>'


def drawn(shape: str) -> bytes:
    plane = f'<bpmndi:BPMNPlane id="pl" bpmnElement="p">{shape}</bpmndi:BPMNPlane>'
    return file(PROCESS, f'<bpmndi:BPMNDiagram {DI} id="di">{plane}</bpmndi:BPMNDiagram>')


def timer(part: str, text: str) -> bytes:
    event = f'<intermediateCatchEvent id="t"><timerEventDefinition><{part}>{text}</{part}>'
    return straight(event + "</timerEventDefinition></intermediateCatchEvent>")


def boundary(inner: str, tail: str = "", attributes: str = "") -> bytes:
    event = f'<boundaryEvent id="b" attachedToRef="t" {attributes}>{inner}</boundaryEvent>'
    return straight(user(), event, '<endEvent id="late"/>', tail)


def inner(*parts: str, attributes: str = "") -> bytes:
    return straight(f'<subProcess id="t" name="Sub" {attributes}>' + "".join(parts) + "</subProcess>")


def service(kind: str = "serviceTask", inside: str = "", attributes: str = "") -> bytes:
    return straight(f'<{kind} id="t" name="T" {attributes}>{inside}</{kind}>')


JOB = ext('<zeebe:taskDefinition type="mail"/>')
ONE_TIMER = "<timerEventDefinition><timeDuration>PT5M</timeDuration></timerEventDefinition>"
MESSAGE = '<message id="m" name="Answer"/>'
CATCH = (
    '<intermediateCatchEvent id="{0}"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>"
)
BODY = '<startEvent id="s1"/><endEvent id="e1"/>' + flows("s1", "e1")
TWO_WAYS = (flow("g", "a", "= x &gt; 1"), flow("g", "b", "= x &lt; 1"))


def event_gateway(*more: str) -> bytes:
    ways = "".join(flow("g", n) for n in ("a", "b"))
    return process(
        START, '<eventBasedGateway id="g"/>', *more, END, flows("s", "g"), ways, flows("a", "e"), flows("b", "e")
    )


FILE = [
    Case("CRM-105", None, b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', GOOD),
    Case("CRM-106", "p", file(PROCESS, PROCESS), GOOD),
    Case("CRM-107", "t", process(START, user(), user(), END, flows("s", "t", "e")), GOOD),
    Case("CRM-108", "p", process(), GOOD),
    Case("CRM-109", "p", process(START, user(), flows("s", "t"), attributes='id="p" isExecutable="false"'), GOOD),
    Case("CRM-110", "t", straight(user("<blink/>")), GOOD),
    Case("CRM-111", "t", straight(user(attributes='name="Call" nmae="Call"')), GOOD),
    Case("CRM-112", "t", straight(user(attributes='isForCompensation="maybe"')), GOOD),
    Case("CRM-113", "f", process(START, user(), END, '<sequenceFlow id="f" sourceRef="s"/>'), GOOD),
    Case("CRM-114", "t", straight(user("<lane/>")), GOOD),
    Case("CRM-114", "t", straight(user("<zeebe:userTask/>")), straight(user(ext("<zeebe:userTask/>")))),
    Case(
        "CRM-114",
        "t",
        straight(user('<userTask xmlns="" name="lost"/>')),
        straight(user("<documentation><b xmlns=''/></documentation>")),
    ),
    Case("CRM-115", "t", straight(user("<ioSpecification><inputSet/></ioSpecification>")), GOOD),
    Case("CRM-116", "t", straight(user(ext("<x:colour/>"))), GOOD),
    Case("CRM-117", "1st", straight(user(id="1st"), middle="1st"), GOOD),
    Case("CRM-118", "t", straight(user(attributes='camunda:class="com.acme.Do"')), GOOD),
    Case("CRM-119", "t", straight(user(ext() + ext())), GOOD),
    Case("CRM-189", "d", GOOD, drawn("")),
    Case(
        "CRM-190",
        None,
        drawn('<bpmndi:BPMNShape id="x" bpmnElement="gone"/>'),
        drawn('<bpmndi:BPMNShape id="x" bpmnElement="t"/>'),
    ),
    Case(
        "CRM-192",
        "t",
        straight(user(ext('<zeebe:assignmentDefinition asignee="bob"/>'))),
        straight(user(ext('<zeebe:assignmentDefinition assignee="bob"/>'))),
    ),
]
REFERENCES = [
    Case("CRM-120", "f_t_gone", process(START, user(), END, flows("s", "t", "e"), flow("t", "gone")), GOOD),
    Case(
        "CRM-121",
        "f_s_in",
        process(
            START,
            '<subProcess id="t" name="S"><startEvent id="in"/></subProcess>',
            END,
            flows("s", "t", "e"),
            flow("s", "in"),
        ),
        inner(BODY),
    ),
    Case(
        "CRM-122",
        "t",
        straight('<receiveTask id="t" name="R" messageRef="gone"/>'),
        message_file('<receiveTask id="t" name="R" messageRef="m"/>'),
    ),
    Case(
        "CRM-123",
        "t",
        straight('<receiveTask id="t" name="R" messageRef="s"/>'),
        message_file('<receiveTask id="t" name="R" messageRef="m"/>'),
    ),
    Case(
        "CRM-124",
        "t",
        straight('<receiveTask id="t" name="R"/>'),
        message_file('<receiveTask id="t" name="R" messageRef="m"/>'),
    ),
    Case("CRM-129", "t", straight(user("<incoming>f_t_e</incoming>")), straight(user("<incoming>f_s_t</incoming>"))),
    Case(
        "CRM-137",
        "g",
        gateway("exclusiveGateway", *TWO_WAYS, default="f_a_e"),
        gateway("exclusiveGateway", flow("g", "a", "= x"), flow("g", "b"), default="f_g_b"),
    ),
    Case(
        "CRM-195",
        "t",
        process(
            '<laneSet id="ls"><lane id="l1"><flowNodeRef>t</flowNodeRef></lane>',
            '<lane id="l2"><flowNodeRef>t</flowNodeRef></lane></laneSet>',
            START,
            user(),
            END,
            flows("s", "t", "e"),
        ),
        GOOD,
    ),
]
FLOW = [
    Case("CRM-130", "p", process(user(), END, flows("t", "e")), GOOD),
    Case("CRM-131", "lost", process(START, user(), END, flows("s", "t", "e"), user(id="lost")), GOOD),
    Case(
        "CRM-132",
        "t",
        process(
            START, user(), user(id="u"), '<parallelGateway id="g"/>', END, flows("s", "g", "t"), flows("g", "u", "e")
        ),
        GOOD,
    ),
    Case("CRM-133", "s", process(START, user(), flows("s", "t", "s")), GOOD),
    Case(
        "CRM-134",
        "g",
        gateway("exclusiveGateway", *TWO_WAYS),
        gateway("exclusiveGateway", TWO_WAYS[0], flow("g", "b"), default="f_g_b"),
    ),
    Case(
        "CRM-135",
        "f_g_b",
        gateway("exclusiveGateway", TWO_WAYS[0], flow("g", "b")),
        gateway("exclusiveGateway", *TWO_WAYS),
    ),
    Case(
        "CRM-136",
        "f_g_b",
        gateway("exclusiveGateway", *TWO_WAYS, default="f_g_b"),
        gateway("exclusiveGateway", TWO_WAYS[0], flow("g", "b"), default="f_g_b"),
    ),
    Case(
        "CRM-138",
        "f_g_a",
        gateway("parallelGateway", TWO_WAYS[0], flow("g", "b")),
        gateway("parallelGateway", flow("g", "a"), flow("g", "b")),
    ),
    Case("CRM-139", "t", straight('<exclusiveGateway id="t"/>'), GOOD),
    Case(
        "CRM-143",
        "t",
        process(
            START,
            '<scriptTask id="t" name="T">'
            + ext('<zeebe:script expression="= 1" resultVariable="x"/>')
            + "</scriptTask>",
            flow("s", "t"),
            flow("t", "t"),
        ),
        GOOD,
    ),
    Case(
        "CRM-144",
        "j",
        process(
            START,
            '<exclusiveGateway id="g"/>',
            user(id="a"),
            user(id="b"),
            '<parallelGateway id="j"/>',
            END,
            flows("s", "g"),
            *TWO_WAYS,
            flows("a", "j"),
            flows("b", "j", "e"),
        ),
        process(
            START,
            '<parallelGateway id="g"/>',
            user(id="a"),
            user(id="b"),
            '<parallelGateway id="j"/>',
            END,
            flows("s", "g"),
            flow("g", "a"),
            flow("g", "b"),
            flows("a", "j"),
            flows("b", "j", "e"),
        ),
    ),
]
EVENTS = [
    Case(
        "CRM-140",
        "g",
        event_gateway(CATCH.format("a"), user(id="b")),
        event_gateway(CATCH.format("a"), CATCH.format("b")),
    ),
    Case("CRM-141", "b", boundary(ONE_TIMER), boundary(ONE_TIMER, flow("b", "late"))),
    Case(
        "CRM-142",
        "s2",
        process(START, '<startEvent id="s2"/>', user(), END, flows("s", "t", "e"), flow("s2", "t")),
        GOOD,
    ),
    Case(
        "CRM-145",
        "s1",
        inner(f'<startEvent id="s1">{ONE_TIMER}</startEvent><endEvent id="e1"/>' + flows("s1", "e1")),
        inner(BODY),
    ),
    Case(
        "CRM-146",
        "t",
        process(
            START,
            '<intermediateThrowEvent id="t"><linkEventDefinition name="there"/></intermediateThrowEvent>',
            flows("s", "t"),
        ),
        process(
            START,
            '<intermediateThrowEvent id="t"><linkEventDefinition name="there"/></intermediateThrowEvent>',
            '<intermediateCatchEvent id="c"><linkEventDefinition name="there"/></intermediateCatchEvent>',
            END,
            flows("s", "t"),
            flows("c", "e"),
        ),
    ),
    Case(
        "CRM-147",
        "t",
        straight(user("<multiInstanceLoopCharacteristics/>")),
        straight(
            user(
                "<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
            )
        ),
    ),
    Case(
        "CRM-148",
        "t",
        message_file('<receiveTask id="t" name="R" messageRef="m"/>', key=""),
        message_file('<receiveTask id="t" name="R" messageRef="m"/>'),
    ),
    Case("CRM-149", "t", timer("timeDuration", "five minutes"), timer("timeDuration", "PT5M")),
]
RUN = [
    Case(
        "CRM-170",
        "t",
        straight('<intermediateCatchEvent id="t" name="T"><cancelEventDefinition/></intermediateCatchEvent>'),
        inner(BODY),
    ),
    Case(
        "CRM-171",
        "t",
        straight('<scriptTask id="t" name="T" scriptFormat="groovy"><script>x = 1</script></scriptTask>'),
        straight(
            '<scriptTask id="t" name="T">'
            + ext('<zeebe:script expression="= 1" resultVariable="x"/>')
            + "</scriptTask>"
        ),
    ),
    Case(
        "CRM-172",
        "t",
        service("businessRuleTask"),
        service("businessRuleTask", ext('<zeebe:calledDecision decisionId="score" resultVariable="score"/>')),
    ),
    Case("CRM-173", "t", service(), service(inside=JOB)),
    Case("CRM-174", "t", GOOD, straight(user(ext('<zeebe:assignmentDefinition candidateGroups="sales"/>')))),
    Case(
        "CRM-175", "t", service("callActivity"), service("callActivity", ext('<zeebe:calledElement processId="p2"/>'))
    ),
    Case(
        "CRM-176",
        "f_g_a",
        gateway("exclusiveGateway", flow("g", "a", "= amount &gt;"), flow("g", "b"), default="f_g_b"),
        gateway("exclusiveGateway", flow("g", "a", "= amount &gt; 1"), flow("g", "b"), default="f_g_b"),
    ),
    Case(
        "CRM-177",
        "t",
        straight(user(ext('<zeebe:taskSchedule dueDate="${due}"/>'))),
        straight(user(ext('<zeebe:taskSchedule dueDate="= due"/>'))),
    ),
    Case(
        "CRM-178",
        "x",
        process(START, '<endEvent id="x"><errorEventDefinition/></endEvent>', flows("s", "x")),
        process(
            START,
            '<endEvent id="x"><errorEventDefinition errorRef="err"/></endEvent>',
            flows("s", "x"),
            head='<error id="err" errorCode="E1"/>',
        ),
    ),
    Case("CRM-179", "t", GOOD, straight(user(ext('<zeebe:formDefinition formId="call"/>')))),
    Case(
        "CRM-194",
        "t",
        straight(
            user(
                '<dataInputAssociation id="da"><targetRef>t</targetRef>'
                "<assignment><from>1</from><to>1 2</to></assignment></dataInputAssociation>"
            )
        ),
        GOOD,
    ),
    Case(
        "CRM-196",
        "t",
        service(
            inside=ext(
                '<zeebe:taskDefinition type="mail"/>',
                '<zeebe:ioMapping><zeebe:input source="= 1" target="the amount"/></zeebe:ioMapping>',
            )
        ),
        service(
            inside=ext(
                '<zeebe:taskDefinition type="mail"/>',
                '<zeebe:ioMapping><zeebe:input source="= 1" target="amount"/></zeebe:ioMapping>',
            )
        ),
    ),
    Case(
        "CRM-197",
        "f_g_a",
        gateway("inclusiveGateway", flow("g", "a", ""), flow("g", "b"), default="f_g_b"),
        gateway("inclusiveGateway", flow("g", "a", "= ok"), flow("g", "b"), default="f_g_b"),
    ),
]
OWNED_PROCESS = process(OWNED, START, user(), END, flows("s", "t", "e"))
BAD_KIND = ext('<crmflow:process kind="hobby"/>')
GOOD_KIND = ext('<crmflow:process kind="management"/>')
SELF = ext('<crmflow:process variantOf="p"/>')
CRM = [
    Case("CRM-180", "p", GOOD, OWNED_PROCESS),
    Case("CRM-181", "p", GOOD, OWNED_PROCESS),
    Case("CRM-182", "p", GOOD, OWNED_PROCESS),
    Case(
        "CRM-183", "p", process(BAD_KIND, START, END, flows("s", "e")), process(GOOD_KIND, START, END, flows("s", "e"))
    ),
    Case(
        "CRM-184",
        "p",
        process(SELF, START, END, flows("s", "e")),
        process(SELF.replace('"p"', '"base"'), START, END, flows("s", "e")),
    ),
    Case("CRM-185", "p", process(START, END, flows("s", "e"), attributes='id="p"'), GOOD),
    Case("CRM-186", "t", straight(user(attributes="")), GOOD),
    Case("CRM-187", "t", GOOD, straight(user(ext('<zeebe:taskSchedule dueDate="= now()"/>')))),
    Case(
        "CRM-188",
        "g",
        gateway("exclusiveGateway", *TWO_WAYS),
        gateway("exclusiveGateway", flow("g", "a", "= x", "yes"), flow("g", "b", "= y", "no")),
    ),
    Case(
        "CRM-193",
        "p",
        process(START, *(user(id=f"t{i}") for i in range(101)), flows("s", *(f"t{i}" for i in range(101)))),
        GOOD,
    ),
]
CASES = [*FILE, *REFERENCES, *FLOW, *EVENTS, *RUN, *CRM]
