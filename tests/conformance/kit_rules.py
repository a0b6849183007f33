"""The twins by the kit's rule numbers (see ``kit_twins`` for the drawing of them)."""

from __future__ import annotations

import kit_twins as draw
from bpmn_play import flows
from kit_twins import DAY, FORMAL, HOUR, ITEMS, NOTE, NOTHING, ORDER, TEXTS, XPATH, S, between, way

LOOSE = '<userTask id="x" name="Loose"/>'
NOTED = NOTE.replace("{}", "n")
BY_MESSAGE = '<messageEventDefinition messageRef="m"/>'
TERMINATE, CANCEL = "<terminateEventDefinition/>", "<cancelEventDefinition/>"
ERROR = '<errorEventDefinition errorRef="er"/>'
HIRED = '<resource id="r" name="R"><resourceParameter id="rp" name="N"/></resource>'
BOUND = '<resourceParameterBinding parameterRef="rp"><formalExpression>x</formalExpression></resourceParameterBinding>'
WHILE = f"<standardLoopCharacteristics><loopCondition{FORMAL}>@@</loopCondition></standardLoopCharacteristics>"
TALK = '<globalConversation id="gc"><participant id="one"/><participant id="two"/>@@</globalConversation>'
ACT = (
    '<choreography id="ch" isClosed="@@"><choreographyTask id="ct" initiatingParticipantRef="us">'
    "<participantRef>us</participantRef><participantRef>them</participantRef><messageFlowRef>mf</messageFlowRef>"
    "</choreographyTask></choreography>"
)
DANCED = draw.pools("t", "them").replace("</collaboration>", "<choreographyRef>ch</choreographyRef></collaboration>")
UNDO = '<boundaryEvent id="b" attachedToRef="t"><compensateEventDefinition/></boundaryEvent>'
UNDOES = '<association id="as" sourceRef="b" targetRef="u"/>'
HANDLER = '<userTask id="u" name="U" isForCompensation="true"/>'

STRUCTURE = [
    between("EXT002", "t", draw.step(NOTE.replace("{}", "@@")), "t", "n"),
    between("EXT006", "f", draw.step(NOTED + LOOSE + flows("x > e") + way("f", "@@", source="t")), "n", "x"),
    between("EXT007", "f", draw.step(NOTED + LOOSE + flows("t > x") + way("f", "e", source="@@")), "n", "x"),
    between("EXT008", "mf", draw.step(NOTED, head=draw.pools("t", "@@")), "n", "them"),
    between("EXT009", "mf", draw.step(NOTED, head=draw.pools("@@", "t")), "n", "them"),
    between("EXT010", "n", draw.step(NOTED).replace("text/plain", "@@"), "letters", "text/html"),
    between(
        "EXT011",
        "x",
        draw.ended("escalation", "esc", '<escalation id="esc" @@/>'),
        'name="Late"',
        'escalationCode="late"',
    ),
    between(
        "EXT012",
        "t",
        draw.node(
            draw.catch("t", HOUR.replace("<timeDuration", "<timeDuration@@")),
            language=XPATH,
        ),
        "",
        FORMAL,
    ),
    between("EXT013", "t", draw.step(inside=WHILE), "", "again"),
    between("EXT017", "g", draw.gate("exclusiveGateway", "ok", 'gatewayDirection="@@"'), "Converging", "Unspecified"),
    between("EXT018", "g", draw.gate("exclusiveGateway", "ok", 'gatewayDirection="@@"'), "Mixed", "Diverging"),
    between("EXT019", "x1", draw.gate("exclusiveGateway", "@@"), "", "ok"),
    between(
        "EXT023",
        "t",
        draw.step(inside="<outgoing>@@</outgoing>", line=flows("s > t") + way("f", "e", source="t")),
        "elsewhere",
        "f",
    ),
    between(
        "EXT024",
        "f",
        draw.step(line=flows("s > t") + way("f", "e", source="t", more='isImmediate="@@"')),
        "false",
        "true",
    ),
    between(
        "EXT025",
        "f",
        draw.step(line=flows("s > t") + way("f", "e", "ok", "t") + "@@"),
        "",
        way("h", "e", "not(ok)", "t"),
    ),
    between("EXT026", "g", draw.gate("exclusiveGateway", "ok", 'default="@@"'), "x3", "x2"),
    between("EXT027", "gc", draw.step(head=TALK), "<choreographyRef>ch</choreographyRef>", ""),
    between(
        "EXT030",
        "us",
        draw.step(head=draw.pools("t", "them", '<participantMultiplicity minimum="3" maximum="@@"/>')),
        "2",
        "4",
    ),
    between("EXT031", "mf", draw.step(head=draw.pools("t", "@@")), "us", "them"),
    between("EXT032", "gc", draw.step(head=TALK), '<conversation id="talk"/>', ""),
    between("EXT033", "ch", draw.step(head=ACT + DANCED), "true", "false"),
    between("EXT035", "p", draw.step(said='isExecutable="true" processType="@@"'), "Public", "Private"),
    between("EXT037", "t", draw.node('<userTask id="t" name="T" startQuantity="@@"/>'), "0", "1"),
    between(
        "EXT040",
        "po",
        draw.step(inside=f'<potentialOwner id="po">@@{BOUND}</potentialOwner>', head=HIRED),
        "",
        "<resourceRef>r</resourceRef>",
    ),
    between("EXT150", "x", draw.step(LOOSE + flows("x > e") + "@@"), "", flows("t > x")),
    between("EXT151", "x", draw.step(LOOSE + flows("t > x") + "@@"), "", flows("x > e")),
    between("EXT152", "f", draw.scope(head="", more=way("f", "@@", source="t")), "out", "e"),
]
SCOPES = [
    between("EXT021", "sub", draw.by_event(HOUR, "@@"), LOOSE + flows("sub > x > e"), ""),
    between("EXT022", "sub", draw.by_event(HOUR, "@@"), flows("t > sub"), ""),
    between("EXT057", "sub", draw.by_event(HOUR, "@@"), flows("s > sub"), ""),
    between(
        "EXT058",
        "sub",
        draw.by_event(HOUR, more="@@"),
        f'<startEvent id="in2">{HOUR}</startEvent>' + flows("in2 > out"),
        "",
    ),
    between("EXT059", "in", draw.by_event("@@"), TERMINATE, ERROR),
    between("EXT129", "in", draw.by_event("@@"), "", HOUR),
    between("EXT061", "t", draw.scope("@@", "adHocSubProcess"), "", LOOSE),
    between("EXT062", "in", draw.scope(LOOSE + "@@", "adHocSubProcess"), '<startEvent id="in"/>' + flows("in > x"), ""),
    between(
        "EXT067",
        "t",
        draw.step(inside="<multiInstanceLoopCharacteristics>@@</multiInstanceLoopCharacteristics>"),
        "",
        "<loopCardinality>3</loopCardinality>",
    ),
    between(
        "EXT071",
        "t",
        draw.step(
            inside="<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>"
            "<completionCondition>@@</completionCondition></multiInstanceLoopCharacteristics>"
        ),
        "23",
        "n = 23",
    ),
    between("EXT078", "do", draw.step(inside="@@"), '<dataObject id="do"/>', '<property id="do"/>'),
    between("EXT079", "t", draw.scope("@@" + NOTHING), draw.io("in"), ""),
    between(
        "EXT097",
        "p",
        draw.file('@@<userTask id="t" name="T"/><endEvent id="e"/>' + flows("t > e")),
        "",
        S + flows("s > t"),
    ),
    between(
        "EXT105",
        "p",
        draw.file(S + '<userTask id="t" name="T"/>' + flows("s > t") + "@@"),
        "",
        '<endEvent id="e"/>' + flows("t > e"),
    ),
    between("EXT096", "s", draw.step("@@"), flows("t > s"), ""),
    between("EXT104", "e", draw.step("@@"), flows("e > t"), ""),
    between(
        "EXT099",
        "t",
        draw.node(
            '<callActivity id="t" name="C" calledElement="q"/>',
            ITEMS + ORDER,
            more='<process id="q" name="Q" isExecutable="true">'
            + NOTHING.replace('"in"/>', '"in">@@</startEvent>')
            + "</process>",
        ),
        BY_MESSAGE,
        "",
    ),
    between("EXT100", "in", draw.scope(NOTHING.replace('"in"/>', '"in">@@</startEvent>')), HOUR, ""),
    between("EXT143", "b", draw.step(UNDO + "@@"), "", HANDLER + UNDOES),
    between("EXT144", "b", draw.step(UNDO + UNDOES + HANDLER.replace('"true"', '"@@"')), "false", "true"),
]
EVENTS = [
    between(
        "EXT095",
        "t",
        draw.file(
            S
            + draw.catch("t", "<eventDefinitionRef>@@</eventDefinitionRef>")
            + draw.catch("o", HOUR.replace("Definition>", 'Definition id="inner">', 1))
            + '<endEvent id="e"/>'
            + flows("s > t > o > e"),
            HOUR.replace("Definition>", 'Definition id="shared">', 1),
        ),
        "inner",
        "shared",
    ),
    between(
        "EXT098",
        "s",
        draw.step().replace(S, '<startEvent id="s">@@</startEvent>'),
        "<compensateEventDefinition/>",
        HOUR,
    ),
    between(
        "EXT106", "e", draw.step().replace('<endEvent id="e"/>', '<endEvent id="e">@@</endEvent>'), CANCEL, TERMINATE
    ),
    between("EXT108", "e", draw.step(head=draw.pools("them", "@@")), "e", "t"),
    between("EXT110", "b", draw.border(ERROR, "@@"), "false", "true"),
    between("EXT111", "b", draw.border("@@"), CANCEL, ERROR),
    between("EXT113", "b", draw.border(HOUR, onward="@@"), "", flows("b > e2")),
    between(
        "EXT115",
        "t",
        draw.file(S + LOOSE + draw.catch("t", HOUR) + '<endEvent id="e"/>' + flows("s > x > e", "t > e") + "@@"),
        "",
        flows("x > t"),
    ),
    between(
        "EXT116",
        "t",
        draw.file(S + LOOSE + draw.catch("t", HOUR) + '<endEvent id="e"/>' + flows("s > x > e", "x > t") + "@@"),
        "",
        flows("t > e"),
    ),
    between("EXT117", "c", draw.linked(beside="@@"), flows("s > c"), ""),
    between("EXT118", "t", draw.linked(target="@@"), "c", "there"),
    between(
        "EXT120", "b", draw.border(CANCEL, host=f'<@@ id="t" name="T">{NOTHING}</@@>'), "subProcess", "transaction"
    ),
    between("EXT121", "t", draw.node(draw.catch("t", "@@")), "<compensateEventDefinition/>", HOUR),
    between("EXT122", "t", draw.node(draw.catch("t", "@@"), ITEMS + draw.THROWN), ERROR, BY_MESSAGE),
    between(
        "EXT123",
        "t",
        draw.node(
            draw.catch("t", "<conditionalEventDefinition><condition@@>soon</condition></conditionalEventDefinition>"),
            language=XPATH,
        ),
        "",
        FORMAL,
    ),
    between("EXT125", "t", draw.linked(name="@@"), "under", "over"),
    between(
        "EXT127", "t", draw.node(draw.catch("t", "<messageEventDefinition @@/>"), ITEMS + ORDER), "", 'messageRef="m"'
    ),
    between(
        "EXT128",
        "t",
        draw.node(
            draw.catch("t", '<messageEventDefinition messageRef="m">@@</messageEventDefinition>'),
            ITEMS + ORDER + draw.OPERATION,
            language=XPATH,
        ),
        "",
        "<operationRef>o</operationRef>",
    ),
    between(
        "EXT133",
        "t",
        draw.node(draw.catch("t", "<timerEventDefinition><timeCycle>@@</timeCycle></timerEventDefinition>")),
        "now and then",
        "R3/PT1H",
    ),
    between("EXT134", "t", draw.node(draw.catch("t", HOUR.replace("PT1H", "@@"))), "a while", "P1D"),
    between("EXT135", "g", draw.step("@@"), '<parallelGateway id="g"/>', ""),
    between("EXT137", "x2", draw.waiting(draw.catch("b", HOUR), "@@"), "ok", ""),
    between(
        "EXT138",
        "g",
        draw.waiting(
            '<intermediate@@Event id="b"><signalEventDefinition signalRef="sig"/></intermediate@@Event>', head=draw.BELL
        ),
        "Throw",
        "Catch",
    ),
    between("EXT139", "g", draw.waiting("@@"), '<receiveTask id="b" name="R" messageRef="m"/>', draw.catch("b", DAY)),
    between(
        "EXT140",
        "b",
        draw.waiting('<receiveTask id="b" name="R" messageRef="m"/>', beside="@@").replace(BY_MESSAGE, DAY),
        f'<boundaryEvent id="late" attachedToRef="b">{HOUR}</boundaryEvent>' + flows("late > e"),
        "",
    ),
    between("EXT146", "x", draw.ended("@@"), "timer", "terminate"),
    between("EXT147", "b", draw.border("@@"), TERMINATE, HOUR),
    between("EXT148", "t", draw.node(draw.catch("t", "@@")), "", HOUR),
    between(
        "EXT149",
        "t",
        draw.node('<intermediateThrowEvent id="t">@@</intermediateThrowEvent>', ITEMS + draw.THROWN),
        ERROR,
        '<signalEventDefinition signalRef="sig"/>',
    ),
]
DATA = [
    between(
        "EXT020",
        "in",
        draw.step(inside=draw.io("in:texts").replace("<dataInput ", '<dataInput isCollection="@@" '), head=TEXTS),
        "false",
        "true",
    ),
    between(
        "EXT081",
        "in",
        draw.step(inside=draw.io("in:text").replace("<dataInput ", '<dataInput isCollection="@@" '), head=ITEMS),
        "true",
        "false",
    ),
    between(
        "EXT083",
        "out",
        draw.step(
            inside=draw.io("", "out:texts").replace("<dataOutput ", '<dataOutput isCollection="@@" '), head=TEXTS
        ),
        "false",
        "true",
    ),
    between("EXT042", "t", draw.worked("serviceTask", "@@"), "", draw.io("in:text")),
    between("EXT044", "t", draw.worked("serviceTask", draw.io("in:@@")), "number", "text"),
    between(
        "EXT046",
        "t",
        draw.worked(
            "sendTask", draw.io("in:text", sets="<inputSet><dataInputRefs>in</dataInputRefs></inputSet>@@<outputSet/>")
        ),
        "<inputSet><dataInputRefs>in</dataInputRefs></inputSet>",
        "",
    ),
    between(
        "EXT050",
        "t",
        draw.received("<outputSet><dataOutputRefs>got</dataOutputRefs></outputSet>@@"),
        "<outputSet><dataOutputRefs>got</dataOutputRefs></outputSet>",
        "",
    ),
    between(
        "EXT052",
        "t",
        draw.received("<outputSet><dataOutputRefs>got</dataOutputRefs></outputSet>").replace(
            'id="got" itemSubjectRef="text"', 'id="got" itemSubjectRef="@@"'
        ),
        "number",
        "text",
    ),
    between("EXT063", "t", draw.called("here:@@", "there:text"), "number", "text"),
    between(
        "EXT076",
        "ref",
        draw.step(
            '<dataObject id="do" name="Quote"/><dataObjectReference id="ref" '
            'name="Quote [@@]" dataObjectRef="do"><dataState name="sent"/></dataObjectReference>'
        ),
        "done",
        "sent",
    ),
    between(
        "EXT084",
        "in",
        draw.step(inside=draw.io("in", sets="<inputSet>@@</inputSet><outputSet/>")),
        "",
        "<dataInputRefs>in</dataInputRefs>",
    ),
    between(
        "EXT088",
        "out",
        draw.step(inside=draw.io("", "out", "<inputSet/><outputSet>@@</outputSet>")),
        "",
        "<dataOutputRefs>out</dataOutputRefs>",
    ),
    between(
        "EXT085",
        "t",
        draw.step(
            inside=draw.io(
                "in more",
                sets="<inputSet><dataInputRefs>in</dataInputRefs>@@"
                "<optionalInputRefs>more</optionalInputRefs></inputSet><inputSet><dataInputRefs>more</dataInputRefs>"
                "</inputSet><outputSet/>",
            )
        ),
        "",
        "<dataInputRefs>more</dataInputRefs>",
    ),
    between(
        "EXT090",
        "t",
        draw.step(
            inside=draw.io(
                "",
                "out more",
                "<inputSet/><outputSet>"
                "<dataOutputRefs>out</dataOutputRefs>@@<optionalOutputRefs>more</optionalOutputRefs></outputSet>"
                "<outputSet><dataOutputRefs>more</dataOutputRefs></outputSet>",
            )
        ),
        "",
        "<dataOutputRefs>more</dataOutputRefs>",
    ),
    between(
        "EXT087",
        "a",
        draw.step(
            inside=draw.io(
                "in",
                "out",
                '<inputSet id="a"><dataInputRefs>in</dataInputRefs>'
                '<outputSetRefs>b</outputSetRefs></inputSet><outputSet id="b"><dataOutputRefs>out</dataOutputRefs>@@'
                "</outputSet>",
            )
        ),
        "",
        "<inputSetRefs>a</inputSetRefs>",
    ),
    between(
        "EXT091",
        "as",
        draw.step('<dataObject id="do" itemSubjectRef="@@"/>', draw.io("in:text") + draw.CARRIED, head=ITEMS),
        "number",
        "text",
    ),
    between(
        "EXT092",
        "as",
        draw.step(
            '<dataObject id="do"/><dataObject id="do2"/>',
            draw.io("in") + draw.CARRIED.replace("<targetRef>", "@@<targetRef>"),
        ),
        "<sourceRef>do2</sourceRef>",
        "",
    ),
    between(
        "EXT094",
        "x",
        draw.thrown("intermediateThrowEvent", 'signalEventDefinition signalRef="sig"', "@@"),
        "number",
        "text",
    ),
]
TWINS = [*STRUCTURE, *SCOPES, *EVENTS, *DATA]
