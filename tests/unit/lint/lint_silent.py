"""What would be passed over silently: models that draw it, and mended twins (CRM-890 … CRM-898)."""

from __future__ import annotations

from lint_cases import Case
from lint_models import END, START, ext, file, flow, flows, process, straight, user

HANDLER = '<task id="{0}" name="Undo" isForCompensation="true"/><association sourceRef="{1}" targetRef="{0}"/>'
UNDO = '<boundaryEvent id="{0}" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
ERRORS = '<error id="er" errorCode="x"/><error id="er2" errorCode="y"/><error id="er3" errorCode="x"/>'
TAGGED = 'bindingType="versionTag" versionTag="v1"'
MEANT = '<messageEventDefinition messageRef="m"/>'
UNDERSTOOD = '<extension mustUnderstand="{}" definition="x:blink" xmlns:x="urn:x"/>'
GATE = '<exclusiveGateway id="g" default="no"/>'


def loop(inside: str) -> bytes:
    return straight(user(f"<multiInstanceLoopCharacteristics>{inside}</multiInstanceLoopCharacteristics>"))


def undone(*ids: str) -> bytes:
    drawn = "".join(UNDO.format(i) + HANDLER.format(f"{i}h", i) for i in ids)
    return process(START, user(), drawn, END, flows("s", "t", "e"))


def compensating(named: str) -> bytes:
    inside = user(id="in") + UNDO.format("b").replace('"t"', '"in"') + HANDLER.format("bh", "b")
    throw = (
        f'<intermediateThrowEvent id="x"><compensateEventDefinition activityRef="{named}"/></intermediateThrowEvent>'
    )
    return process(
        START, f'<subProcess id="sub" name="Sub">{inside}</subProcess>', throw, END, flows("s", "sub", "x", "e")
    )


def caught(second: str) -> bytes:
    events = "".join(
        f'<boundaryEvent id="{i}" attachedToRef="t"><errorEventDefinition errorRef="{ref}"/></boundaryEvent>'
        + flow(i, "e")
        for i, ref in (("b", "er"), ("b2", second))
    )
    return process(START, user(), events, END, flows("s", "t", "e"), head=ERRORS)


def calling(*first: str) -> bytes:
    """Process p calls q, and q calls p; ``first`` comes before the call in q."""
    call = '<callActivity id="{0}" name="Call" calledElement="{1}"/>'
    one = START + call.format("c", "q") + END + flows("s", "c", "e")
    ways = flows("qs", "g", "c2", "qe") + '<sequenceFlow id="no" sourceRef="g" targetRef="qe"/>'
    two = '<startEvent id="qs"/>' + call.format("c2", "p") + '<endEvent id="qe"/>'
    two += "".join(first) + (ways if first else flows("qs", "c2", "qe"))
    return file(f'<process id="p" name="P">{one}</process>', f'<process id="q" name="Q">{two}</process>')


def begun(second: str) -> bytes:
    """Two start events, by message m and by another (or the same)."""
    starts = "".join(
        f'<startEvent id="{i}"><messageEventDefinition messageRef="{ref}"/></startEvent>'
        for i, ref in (("s", "m"), ("s2", second))
    )
    head = '<message id="m" name="M"/><message id="m2" name="N"/>'
    return process(starts, user(), END, flows("s", "t", "e"), flow("s2", "t"), head=head)


MESSAGES = '<message id="m" name="M"/><message id="m2" name="N"/>'
HEARS = '<messageEventDefinition messageRef="{}"/>'


def begun_by_both(second: str) -> bytes:
    """One start event with two messages."""
    start = '<startEvent id="s">' + HEARS.format("m") + HEARS.format(second) + "</startEvent>"
    return process(start, user(), END, flows("s", "t", "e"), head=MESSAGES)


def received(second: str) -> bytes:
    """Two receive tasks that start the process."""
    tasks = "".join(
        f'<receiveTask id="{i}" name="R" messageRef="{ref}" instantiate="true"/>' + flow(i, "e")
        for i, ref in (("r", "m"), ("r2", second))
    )
    return process(tasks, END, head=MESSAGES)


def awaited(second: str) -> bytes:
    """A gateway that starts the process by either of two messages."""
    gate = '<eventBasedGateway id="w" instantiate="true"/>' + flow("w", "c") + flow("w", "c2")
    events = "".join(
        f'<intermediateCatchEvent id="{i}">{HEARS.format(ref)}</intermediateCatchEvent>' + flow(i, "e")
        for i, ref in (("c", "m"), ("c2", second))
    )
    return process(gate, events, END, head=MESSAGES)


def bound(said: str, called: str = "p2") -> bytes:
    """A call of another process, bound so."""
    return straight(
        '<callActivity id="t" name="C"><extensionElements>'
        f'<zeebe:calledElement processId="{called}" {said}/></extensionElements></callActivity>'
    )


def formed(*said: str) -> bytes:
    """Two tasks with one form, bound so."""
    tasks = (
        user(ext(f'<zeebe:formDefinition formId="f" {binding}/>'), f"t{n}") for n, binding in enumerate(said, start=1)
    )
    return process(START, *tasks, END, flows("s", "t1", "t2", "e"))


def hooked(name: str, inside: str = "") -> bytes:
    """A start event as an element template of Camunda 8 writes it."""
    held = f'<zeebe:properties><zeebe:property name="{name}" value="io.camunda:webhook:1"/></zeebe:properties>'
    start = f'<startEvent id="s">{ext(held)}{inside}</startEvent>'
    return process(start, user(), END, flows("s", "t", "e"), head='<message id="m" name="paid"/>' if inside else "")


def carded(said: str = "", name: str = "x") -> bytes:
    """A process with a card, also of properties."""
    card = f"<crmflow:process {said}/>" if said else ""
    card += f'<zeebe:properties><zeebe:property name="{name}" value="v"/></zeebe:properties>'
    return process(ext(card), START, user(), END, flows("s", "t", "e"))


def worked(kind: str) -> bytes:
    """An ad-hoc sub-process, perhaps with a worker that chooses."""
    job = ext(f'<zeebe:taskDefinition type="{kind}"/>') if kind else ""
    return straight(f'<adHocSubProcess id="t" name="Help">{job}{user(id="in")}</adHocSubProcess>')


def scripted(text: str) -> bytes:
    script = ext(f'<zeebe:script expression="= {text}" resultVariable="r"/>')
    return straight(f'<scriptTask id="t" name="T">{script}</scriptTask>')


def lengthy(at: str | None, length: int) -> bytes:
    """A word of this length: the name of a message, the stage of a process, or an element's id."""
    word = {at: "x" * length}
    head = f'<message id="m" name="{word.get("m", "paid")}"/>'
    card = ext(f'<crmflow:stage value="{word.get("p", "lead")}"/>')
    id = word.get(None, "t")
    ways = flows("s", "t", "e").replace('="t"', f'="{id}"')
    return process(card, START, user(id=id), END, ways, head=head)


def mapped(source: str) -> bytes:
    return straight(user(ext(f'<zeebe:ioMapping><zeebe:input {source} target="y"/></zeebe:ioMapping>')))


def started_by(form: str) -> bytes:
    start = f'<startEvent id="s">{ext(f"""<zeebe:formDefinition formId="{form}"/>""")}</startEvent>'
    return process(start, user(), END, flows("s", "t", "e"))


def failing_first(inner: str) -> bytes:
    """Process p calls itself behind a sub-process that ends so."""
    fails = f'<subProcess id="sub" name="Sub"><startEvent id="i"/>{inner}{flows("i", "x")}</subProcess>'
    call = '<callActivity id="c" name="Call" calledElement="p"/>'
    return process(START, fails, call, END, flows("s", "sub", "c", "e"), head=ERRORS)


def calling_two(last: str) -> bytes:
    """Process p calls q, then another."""
    call = '<callActivity id="{0}" name="Call" calledElement="{1}"/>'
    one = START + call.format("a", "q") + call.format("c", last) + END + flows("s", "a", "c", "e")
    done = '<startEvent id="{0}s"/><endEvent id="{0}e"/><sequenceFlow id="{0}f" sourceRef="{0}s" targetRef="{0}e"/>'
    others = (f'<process id="{key}" name="Other">{done.format(key)}</process>' for key in ("q", "r"))
    return file(f'<process id="p" name="P">{one}</process>', *others)


_EACH = '<zeebe:loopCharacteristics inputCollection="= people" inputElement="person"/>'
_LOOP = "<multiInstanceLoopCharacteristics>{0}</multiInstanceLoopCharacteristics>"
#: Extensions of a user task that nobody reads, and such as are read.
IDLE = [
    (ext(_EACH), _LOOP.format(ext(_EACH))),
    (ext('<zeebe:script expression="= 1" resultVariable="x"/>'), ext("<zeebe:userTask/>")),
    (
        ext('<zeebe:taskDefinition type="work"/>'),
        ext('<zeebe:taskHeaders><zeebe:header key="a" value="b"/></zeebe:taskHeaders>'),
    ),
    (
        ext('<zeebe:assignmentDefinition candidateGroups="sales"/>', '<zeebe:assignmentDefinition assignee="= who"/>'),
        ext('<zeebe:assignmentDefinition candidateGroups="sales" assignee="= who"/>'),
    ),
    (
        ext('<zeebe:properties><zeebe:input source="= a" target="b"/></zeebe:properties>'),
        ext('<zeebe:ioMapping><zeebe:input source="= a" target="b"/></zeebe:ioMapping>'),
    ),
    (ext('<crmflow:process owner="team:sales"/>'), ext('<crmflow:meets clocks="a"/>', '<crmflow:meets clocks="b"/>')),
]

SILENT = [
    Case("CRM-890", "t", loop("<loopCardinality>-3</loopCardinality>"), loop("<loopCardinality>3</loopCardinality>")),
    Case(
        "CRM-890", "t", loop('<loopCardinality>"many"</loopCardinality>'), loop("<loopCardinality>n</loopCardinality>")
    ),
    Case(
        "CRM-890",
        "t",
        straight(user('<standardLoopCharacteristics loopMaximum="-1"/>')),
        straight(user('<standardLoopCharacteristics loopMaximum="2"/>')),
    ),
    Case("CRM-891", "x", compensating("in"), compensating("sub")),
    Case("CRM-892", "b2", undone("b", "b2"), undone("b")),
    Case("CRM-893", "b2", caught("er"), caught("er2")),
    Case("CRM-893", "b2", caught("er3"), caught("er2")),
    Case("CRM-894", "c", calling(), calling(GATE)),
    Case(
        "CRM-894",
        "c",
        failing_first('<endEvent id="x"/>'),
        failing_first('<endEvent id="x"><errorEventDefinition errorRef="er"/></endEvent>'),
    ),
    Case("CRM-894", "c", calling_two("p"), calling_two("r")),
    Case("CRM-895", "s2", begun("m"), begun("m2")),
    Case("CRM-895", "s", begun_by_both("m"), begun_by_both("m2")),
    Case("CRM-895", "r2", received("m"), received("m2")),
    Case("CRM-895", "c2", awaited("m"), awaited("m2")),
    Case("CRM-192", "p", carded(name="crmflow:gaol"), carded(name="crmflow:goal")),
    Case(
        "CRM-878",
        None,
        straight(user(), head=UNDERSTOOD.format("true")),
        straight(user(), head=UNDERSTOOD.format("false")),
    ),
    Case("CRM-170", "t", worked("a"), worked("")),
    Case("CRM-879", "t", scripted("uuid()"), scripted("string(x)")),
    Case("CRM-879", "t", scripted("xs[lookup(item) = 1]"), scripted("{f: function(a) a + 1, r: f(x)}.r")),
    *(Case("CRM-818", at, lengthy(at, 256), lengthy(at, 255)) for at in ("m", "p", None)),
    Case("CRM-819", "t", mapped(""), mapped('source="= x"')),
    Case("CRM-877", "p", carded('input="lead"'), carded('goal="g"')),
    Case("CRM-877", "p", carded(name="crmflow:output"), carded(name="output")),
    Case(
        "CRM-898",
        "t",
        straight(user(ext('<zeebe:properties><zeebe:property name="crmflow:stage" value="lead"/></zeebe:properties>'))),
        straight(user(ext('<zeebe:properties><zeebe:property name="stage" value="lead"/></zeebe:properties>'))),
    ),
    Case("CRM-869", "t", bound('bindingType="versionTag"'), bound('bindingType="versionTag" versionTag="v1"')),
    Case("CRM-869", "t", bound('bindingType="newest"'), bound('bindingType="deployment"')),
    Case("CRM-869", "t", bound(TAGGED, "= which"), bound(TAGGED, "= if big then &quot;a&quot; else &quot;b&quot;")),
    Case("CRM-869", "t2", formed("", TAGGED), formed(TAGGED, TAGGED)),
    Case("CRM-869", "s", started_by("= which"), started_by("which")),
    Case("CRM-897", "t", bound('bindingType="latest"'), bound("")),
    *(Case("CRM-898", "t", straight(user(bad)), straight(user(good))) for bad, good in IDLE),
    Case(
        "CRM-898",
        "t",
        straight(user("", "t", 'crmflow:stage="lead"')),
        straight(user(ext('<crmflow:stage value="lead"/>'))),
    ),
    Case("CRM-899", "s", hooked("inbound.type"), hooked("topic")),
    Case("CRM-899", "s", hooked("inbound.type", MEANT), hooked("inbound", MEANT)),
    # The same constraint at other places than those of the other cases.
    Case(
        "CRM-119",
        "t",
        straight(
            user(
                '<standardLoopCharacteristics loopMaximum="2"/><multiInstanceLoopCharacteristics>'
                "<loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>"
            )
        ),
        straight(user('<standardLoopCharacteristics loopMaximum="2"/>')),
    ),
    Case(
        "CRM-852",
        "x",
        process(
            START, '<endEvent id="x"><terminateEventDefinition/><cancelEventDefinition/></endEvent>', flows("s", "x")
        ),
        process(START, '<endEvent id="x"><terminateEventDefinition/></endEvent>', flows("s", "x")),
    ),
    Case(
        "CRM-861",
        "r",
        process(
            START,
            '<subProcess id="sub" name="S"><receiveTask id="r" messageRef="m" instantiate="true"/></subProcess>',
            END,
            flows("s", "sub", "e"),
            head='<message id="m" name="M"/>',
        ),
        process(START, user(), END, flows("s", "t", "e")),
    ),
    Case(
        "CRM-864",
        "t",
        straight(
            '<sendTask id="t" name="T" messageRef="m" operationRef="o"/>',
            head='<message id="m" name="M"/><message id="m2" name="N"/><interface id="i" name="I">'
            '<operation id="o" name="O"><inMessageRef>m2</inMessageRef></operation></interface>',
        ),
        straight(
            '<sendTask id="t" name="T" messageRef="m" operationRef="o"/>',
            head='<message id="m" name="M"/><interface id="i" name="I">'
            '<operation id="o" name="O"><inMessageRef>m</inMessageRef></operation></interface>',
        ),
    ),
]
