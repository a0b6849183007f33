"""Cases of the rules CRM-800 and up: constraints of the standard, and the work of people."""

from __future__ import annotations

from lint_cases import BODY, CATCH, GOOD, JOB, ONE_TIMER, Case, boundary, inner, service
from lint_models import END, START, ext, file, flow, flows, gateway, message_file, process, straight, user

POOLS = '<collaboration id="c"><participant id="us" processRef="p"/><participant id="them"/>{0}</collaboration>'
PROCESS = f'<process id="p" name="P">{START}{user()}{END}{flows("s", "t", "e")}</process>'


def pools(source: str, target: str) -> bytes:
    return file(POOLS.format(f'<messageFlow id="mf" sourceRef="{source}" targetRef="{target}"/>'), PROCESS)


def data(inside: str) -> bytes:
    sets = "<inputSet><dataInputRefs>in</dataInputRefs></inputSet><outputSet/>"
    io = f'<ioSpecification><dataInput id="in"/>{sets}</ioSpecification>'
    objects = '<dataObjectReference id="o1"/><dataObjectReference id="o2"/>'
    return process(io, objects, START, user(inside), END, flows("s", "t", "e"))


def association(kind: str, sources: tuple[str, ...], target: str) -> str:
    refs = "".join(f"<sourceRef>{s}</sourceRef>" for s in sources)
    return f'<{kind} id="da">{refs}<targetRef>{target}</targetRef></{kind}>'


def called(start: str) -> bytes:
    call = '<callActivity id="t" name="C">' + ext('<zeebe:calledElement processId="q"/>') + "</callActivity>"
    body = f'<startEvent id="qs">{start}</startEvent><endEvent id="qe"/>{flows("qs", "qe")}'
    other = f'<process id="q" name="Q">{body}</process>'
    return file(f'<process id="p" name="P">{START}{call}{END}{flows("s", "t", "e")}</process>', other)


def links(*more: str) -> bytes:
    throw = '<intermediateThrowEvent id="t"><linkEventDefinition name="x"/></intermediateThrowEvent>'
    catch = '<intermediateCatchEvent id="c"><linkEventDefinition name="x"/></intermediateCatchEvent>'
    return process(START, throw, catch, END, flows("s", "t"), flows("c", "e"), *more)


def escalation(code: str) -> bytes:
    end = '<endEvent id="x"><escalationEventDefinition escalationRef="esc"/></endEvent>'
    return process(START, end, flows("s", "x"), head=f'<escalation id="esc" {code}/>')


def assigned(attributes: str) -> bytes:
    return straight(user(ext(f"<zeebe:assignmentDefinition {attributes}/>")))


def shared(inside: str, root: str) -> bytes:
    event = f'<intermediateCatchEvent id="t">{inside}</intermediateCatchEvent>'
    other = f'<intermediateCatchEvent id="o">{ONE_TIMER}</intermediateCatchEvent>'
    other = other.replace("<timerEventDefinition>", '<timerEventDefinition id="inside">')
    return process(START, event, other, END, flows("s", "t", "o", "e"), head=root)


REF = "<eventDefinitionRef>{0}</eventDefinitionRef>"
ROOT_TIMER = ONE_TIMER.replace("<timerEventDefinition>", '<timerEventDefinition id="root">')
OWN_TIMER = ROOT_TIMER.replace("root", "own")
IO = "<ioSpecification><inputSet/><outputSet/></ioSpecification>"
CYCLE = "<timerEventDefinition><timeCycle>{0}</timeCycle></timerEventDefinition>"
TEAMLESS = ext('<crmflow:assignment strategy="round-robin"/>')

STANDARD = [
    Case("CRM-800", "p", process(START, user(), flows("s", "t")), GOOD),
    Case("CRM-801", "f_t_e", process(START, user(), END, flows("s", "t"), flow("t", "e", "= ok")), GOOD),
    Case("CRM-802", "mf", pools("s", "t"), pools("t", "them")),
    Case("CRM-803", "t", inner(IO, BODY), inner(BODY)),
    Case(
        "CRM-804",
        "da",
        data(association("dataOutputAssociation", ("o1",), "in")),
        data(association("dataOutputAssociation", ("o1",), "o2")),
    ),
    Case(
        "CRM-805",
        "da",
        data(association("dataInputAssociation", ("o1", "o2"), "t")),
        data(association("dataInputAssociation", ("o1",), "t")),
    ),
    Case("CRM-806", "t", shared(REF.format("inside"), ""), shared(REF.format("root"), ROOT_TIMER)),
    # An event's own definition, referred to as well, says the same twice.
    Case("CRM-806", "t", shared(REF.format("inside"), ""), shared(OWN_TIMER + REF.format("own"), "")),
    Case("CRM-807", "t", called(ONE_TIMER), called("")),
    Case("CRM-808", "c", links(flow("s", "c")), links()),
    Case("CRM-809", "g", process(START, user(), END, '<parallelGateway id="g"/>', flows("s", "t", "e")), GOOD),
    Case(
        "CRM-810",
        "c",
        process(START, user(), CATCH.format("c"), END, flows("s", "t", "e"), flow("c", "e")),
        straight(CATCH.format("t")),
    ),
    Case("CRM-811", "x", escalation(""), escalation('escalationCode="late"')),
]
WORK = [
    Case("CRM-820", "t", assigned('assignee="bob"'), assigned('assignee="= lead.owner"')),
    Case(
        "CRM-821",
        "m",
        message_file('<receiveTask id="t" name="R" messageRef="m"/>', key="quote"),
        message_file('<receiveTask id="t" name="R" messageRef="m"/>', key="= quote.id"),
    ),
    Case("CRM-822", "t", service(inside=JOB.replace("/>", ' retries="many"/>')), service(inside=JOB)),
    Case(
        "CRM-823",
        "b",
        gateway("parallelGateway", flow("g", "a"), flow("g", "b")),
        process(START, user(id="a"), user(id="b", attributes='name="Write"'), END, flows("s", "a", "b", "e")),
    ),
    Case(
        "CRM-824",
        "b",
        boundary(CYCLE.format("R/PT5M"), flow("b", "late"), 'cancelActivity="false"'),
        boundary(CYCLE.format("R3/PT5M"), flow("b", "late"), 'cancelActivity="false"'),
    ),
    Case(
        "CRM-825", "t", assigned('candidateGroups="group:sales"'), assigned('candidateGroups="team:sales,role:manager"')
    ),
    Case("CRM-826", "t", straight(user(TEAMLESS)), straight(user(TEAMLESS.replace("/>", ' team="sales"/>')))),
]
TRANSLATED = [
    Case("CRM-828", "t", service(attributes='camunda:class="com.acme.Do"'), service(inside=JOB)),
    Case("CRM-829", "p", GOOD.replace(b'name="P"', b'name="P" camunda:candidateStarterGroups="sales"'), GOOD),
    Case("CRM-827", None, straight(user(attributes='name="Call" camunda:assignee="bob"')), GOOD),
]
MORE = [*STANDARD, *WORK, *TRANSLATED]
