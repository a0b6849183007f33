"""The vocabulary of BPMN 2.0: every element, its attributes and its children, as its schema (OMG, Semantic.xsd) says.

One row per type: ``name < base : attributes / children``. ``!`` must be there, ``*`` may repeat, ``:bool``,
``:int`` and ``:A|B`` are kinds of values, ``@x`` any element of that family, ``x=y`` an element of type ``y``.
The order of children, which the schema fixes and many modelers do not keep, is left out on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

#: Event definitions by element name.
EVENT_DEFINITIONS = frozenset(
    f"{kind}EventDefinition"
    for kind in (
        [
            "cancel",
            "compensate",
            "conditional",
            "error",
            "escalation",
            "link",
            "message",
            "signal",
            "terminate",
            "timer",
        ]
    )
)
TASKS = frozenset(
    ["task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask"]
)
SCOPES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SCOPES | {"callActivity"}
GATEWAYS = frozenset(["exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"])
EVENTS = frozenset(
    [
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
        "implicitThrowEvent",
    ]
)
CONVERSATIONS = frozenset({"conversation", "callConversation", "subConversation"})
CHOREOGRAPHY = frozenset({"callChoreography", "choreographyTask", "subChoreography"})
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS | CHOREOGRAPHY

_FAMILIES: Mapping[str, frozenset[str]] = {
    "artifact": frozenset({"association", "group", "textAnnotation"}),
    "conversationNode": CONVERSATIONS,
    "eventDefinition": EVENT_DEFINITIONS,
    "expression": frozenset({"expression", "formalExpression"}),
    "flowElement": FLOW_NODES | {"dataObject", "dataObjectReference", "dataStoreReference", "sequenceFlow"},
    "loopCharacteristics": frozenset({"multiInstanceLoopCharacteristics", "standardLoopCharacteristics"}),
    "resourceRole": frozenset({"resourceRole", "performer", "humanPerformer", "potentialOwner"}),
    "rootElement": EVENT_DEFINITIONS
    | frozenset(
        [
            "category",
            "collaboration",
            "choreography",
            "globalChoreographyTask",
            "globalConversation",
            "correlationProperty",
            "dataStore",
            "endPoint",
            "error",
            "escalation",
            "globalBusinessRuleTask",
            "globalManualTask",
            "globalScriptTask",
            "globalTask",
            "globalUserTask",
            "interface",
            "itemDefinition",
            "message",
            "partnerEntity",
            "partnerRole",
            "process",
            "resource",
            "signal",
        ]
    ),
}
#: Types of the schema that are no elements themselves.
_ABSTRACT = frozenset(
    [
        "activity",
        "baseElement",
        "baseElementWithMixedContent",
        "callableElement",
        "catchEvent",
        "choreographyActivity",
        "conversationNode",
        "dataAssociation",
        "eventDefinition",
        "event",
        "flowElement",
        "flowNode",
        "gateway",
        "artifact",
        "loopCharacteristics",
        "rootElement",
        "throwEvent",
        "inputOutputBinding",
        "inputOutputSpecification",
    ]
)
#: Elements whose content is text or foreign by design.
OPEN = frozenset({"extensionElements", "documentation", "text", "script", "expression", "formalExpression"})

_ROWS = """
definitions < - : id name targetNamespace expressionLanguage typeLanguage exporter exporterVersion /
    import* extension* @rootElement* BPMNDiagram* relationship*
import < - : namespace! location! importType! /
activity < flowNode : isForCompensation:bool startQuantity:int completionQuantity:int default /
    ioSpecification property* dataInputAssociation* dataOutputAssociation* @resourceRole*
    @loopCharacteristics
adHocSubProcess < subProcess : cancelRemainingInstances:bool ordering:Parallel|Sequential /
    completionCondition=expression
artifact < baseElement : /
assignment < baseElement : / from=expression! to=expression!
association < artifact : sourceRef! targetRef! associationDirection:None|One|Both /
auditing < baseElement : /
baseElement < - : id / documentation* extensionElements
baseElementWithMixedContent < - : id / documentation* extensionElements
boundaryEvent < catchEvent : cancelActivity:bool attachedToRef! /
businessRuleTask < task : implementation /
callableElement < rootElement : name / supportedInterfaceRef* ioSpecification ioBinding*
callActivity < activity : calledElement /
callChoreography < choreographyActivity : calledChoreographyRef / participantAssociation*
callConversation < conversationNode : calledCollaborationRef / participantAssociation*
cancelEventDefinition < eventDefinition : /
catchEvent < event : parallelMultiple:bool / dataOutput* dataOutputAssociation* outputSet
    @eventDefinition* eventDefinitionRef*
category < rootElement : name / categoryValue*
categoryValue < baseElement : value /
choreography < collaboration : / @flowElement*
choreographyActivity < flowNode : initiatingParticipantRef!
    loopType:None|Standard|MultiInstanceSequential|MultiInstanceParallel / participantRef!*
    correlationKey*
choreographyTask < choreographyActivity : / messageFlowRef!*
collaboration < rootElement : name isClosed:bool / participant* messageFlow* @artifact*
    @conversationNode* conversationAssociation* participantAssociation* messageFlowAssociation*
    correlationKey* choreographyRef* conversationLink*
compensateEventDefinition < eventDefinition : waitForCompletion:bool activityRef /
complexBehaviorDefinition < baseElement : / condition=formalExpression! event=implicitThrowEvent
complexGateway < gateway : default / activationCondition=expression
conditionalEventDefinition < eventDefinition : / condition=expression!
conversation < conversationNode : /
conversationAssociation < baseElement : innerConversationNodeRef! outerConversationNodeRef! /
conversationLink < baseElement : name sourceRef! targetRef! /
conversationNode < baseElement : name / participantRef* messageFlowRef* correlationKey*
correlationKey < baseElement : name / correlationPropertyRef*
correlationProperty < rootElement : name type / correlationPropertyRetrievalExpression!*
correlationPropertyBinding < baseElement : correlationPropertyRef! / dataPath=formalExpression!
correlationPropertyRetrievalExpression < baseElement : messageRef! / messagePath=formalExpression!
correlationSubscription < baseElement : correlationKeyRef! / correlationPropertyBinding*
dataAssociation < baseElement : / sourceRef* targetRef! transformation=formalExpression assignment*
dataInput < baseElement : name itemSubjectRef isCollection:bool / dataState
dataInputAssociation < dataAssociation : /
dataObject < flowElement : itemSubjectRef isCollection:bool / dataState
dataObjectReference < flowElement : itemSubjectRef dataObjectRef / dataState
dataOutput < baseElement : name itemSubjectRef isCollection:bool / dataState
dataOutputAssociation < dataAssociation : /
dataState < baseElement : name /
dataStore < rootElement : name capacity:int isUnlimited:bool itemSubjectRef / dataState
dataStoreReference < flowElement : itemSubjectRef dataStoreRef / dataState
documentation < - : id textFormat /
endEvent < throwEvent : /
endPoint < rootElement : /
error < rootElement : name errorCode structureRef /
errorEventDefinition < eventDefinition : errorRef /
escalation < rootElement : name escalationCode structureRef /
escalationEventDefinition < eventDefinition : escalationRef /
event < flowNode : / property*
eventBasedGateway < gateway : instantiate:bool eventGatewayType:Exclusive|Parallel /
eventDefinition < rootElement : /
exclusiveGateway < gateway : default /
expression < baseElementWithMixedContent : /
extension < - : definition mustUnderstand:bool / documentation*
extensionElements < - : /
flowElement < baseElement : name / auditing monitoring categoryValueRef*
flowNode < flowElement : / incoming* outgoing*
formalExpression < expression : language evaluatesToTypeRef /
gateway < flowNode : gatewayDirection:Unspecified|Converging|Diverging|Mixed /
globalBusinessRuleTask < globalTask : implementation /
globalChoreographyTask < choreography : initiatingParticipantRef /
globalConversation < collaboration : /
globalManualTask < globalTask : /
globalScriptTask < globalTask : scriptLanguage / script
globalTask < callableElement : / @resourceRole*
globalUserTask < globalTask : implementation / rendering*
group < artifact : categoryValueRef /
humanPerformer < performer : /
implicitThrowEvent < throwEvent : /
inclusiveGateway < gateway : default /
inputSet < baseElement : name / dataInputRefs* optionalInputRefs* whileExecutingInputRefs*
    outputSetRefs*
interface < rootElement : name! implementationRef / operation!*
intermediateCatchEvent < catchEvent : /
intermediateThrowEvent < throwEvent : /
inputOutputBinding < baseElement : operationRef! inputDataRef! outputDataRef! /
inputOutputSpecification < baseElement : / dataInput* dataOutput* inputSet!* outputSet!*
itemDefinition < rootElement : structureRef isCollection:bool itemKind:Information|Physical /
lane < baseElement : name partitionElementRef / partitionElement=baseElement flowNodeRef*
    childLaneSet=laneSet
laneSet < baseElement : name / lane*
linkEventDefinition < eventDefinition : name! / source* target
loopCharacteristics < baseElement : /
manualTask < task : /
message < rootElement : name itemRef /
messageEventDefinition < eventDefinition : messageRef / operationRef
messageFlow < baseElement : name sourceRef! targetRef! messageRef /
messageFlowAssociation < baseElement : innerMessageFlowRef! outerMessageFlowRef! /
monitoring < baseElement : /
multiInstanceLoopCharacteristics < loopCharacteristics : isSequential:bool behavior:None|One|All|Complex
    oneBehaviorEventRef noneBehaviorEventRef / loopCardinality=expression loopDataInputRef
    loopDataOutputRef inputDataItem=dataInput outputDataItem=dataOutput complexBehaviorDefinition*
    completionCondition=expression
operation < baseElement : name! implementationRef / inMessageRef! outMessageRef errorRef*
outputSet < baseElement : name / dataOutputRefs* optionalOutputRefs* whileExecutingOutputRefs*
    inputSetRefs*
parallelGateway < gateway : /
participant < baseElement : name processRef / interfaceRef* endPointRef* participantMultiplicity
participantAssociation < baseElement : / innerParticipantRef! outerParticipantRef!
participantMultiplicity < baseElement : minimum:int maximum:int /
partnerEntity < rootElement : name / participantRef*
partnerRole < rootElement : name / participantRef*
performer < resourceRole : /
potentialOwner < humanPerformer : /
process < callableElement : processType:None|Public|Private isClosed:bool isExecutable:bool
    definitionalCollaborationRef / auditing monitoring property* laneSet* @flowElement* @artifact*
    @resourceRole* correlationSubscription* supports*
property < baseElement : name itemSubjectRef / dataState
receiveTask < task : implementation instantiate:bool messageRef operationRef /
relationship < baseElement : type! direction:None|Forward|Backward|Both / source!* target!*
rendering < baseElement : /
resource < rootElement : name! / resourceParameter*
resourceAssignmentExpression < baseElement : / @expression!
resourceParameter < baseElement : name type isRequired:bool /
resourceParameterBinding < baseElement : parameterRef! / @expression!
resourceRole < baseElement : name / resourceRef resourceParameterBinding* resourceAssignmentExpression
rootElement < baseElement : /
scriptTask < task : scriptFormat / script
script < - : /
sendTask < task : implementation messageRef operationRef /
sequenceFlow < flowElement : sourceRef! targetRef! isImmediate:bool / conditionExpression=expression
serviceTask < task : implementation operationRef /
signal < rootElement : name structureRef /
signalEventDefinition < eventDefinition : signalRef /
standardLoopCharacteristics < loopCharacteristics : testBefore:bool loopMaximum:int /
    loopCondition=expression
startEvent < catchEvent : isInterrupting:bool /
subChoreography < choreographyActivity : / @flowElement* @artifact*
subConversation < conversationNode : / @conversationNode*
subProcess < activity : triggeredByEvent:bool / laneSet* @flowElement* @artifact*
task < activity : /
terminateEventDefinition < eventDefinition : /
textAnnotation < artifact : textFormat / text
text < - : /
throwEvent < event : / dataInput* dataInputAssociation* inputSet @eventDefinition* eventDefinitionRef*
timerEventDefinition < eventDefinition : / timeDate=expression timeDuration=expression
    timeCycle=expression
transaction < subProcess : method:##Compensate|##Image|##Store /
userTask < task : implementation / rendering*
"""


@dataclass(frozen=True, slots=True)
class Attribute:
    """``values``: "" any text, "bool", "int", or the allowed words joined by ``|``."""

    name: str
    values: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """An element inside another; ``type`` is the row that describes it."""

    name: str
    type: str
    required: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Type:
    name: str
    attributes: Mapping[str, Attribute]
    children: Mapping[str, Child]


@cache
def types() -> Mapping[str, Type]:
    """All types by name, with what they inherit."""
    raw: dict[str, tuple[str, str, str]] = {}
    for row in _ROWS.replace("\n    ", " ").strip().splitlines():
        head, _, rest = row.partition(" : ")
        name, _, base = head.partition(" < ")
        attributes, _, children = rest.partition("/")
        raw[name] = (base.strip(), attributes, children)
    return {name: _resolve(name, raw) for name in raw}


def _resolve(name: str, raw: Mapping[str, tuple[str, str, str]]) -> Type:
    base, attributes, children = raw[name]
    inherited = _resolve(base, raw) if base != "-" else Type("", {}, {})
    own_attributes = dict(inherited.attributes)
    for word in attributes.split():
        key, _, values = word.partition(":")
        own_attributes[key.rstrip("!")] = Attribute(key.rstrip("!"), values, key.endswith("!"))
    own_children = dict(inherited.children)
    for word in children.split():
        required, many = "!" in word, "*" in word
        key, _, kind = word.replace("!", "").replace("*", "").partition("=")
        if key.startswith("@"):
            for member in _FAMILIES[key[1:]]:
                own_children[member] = Child(member, member, required=False, many=many)
        else:
            own_children[key] = Child(key, kind or _TYPE_OF.get(key, key), required, many)
    return Type(name, own_attributes, own_children)


#: Elements that are called otherwise than their type, and such that hold a mere reference.
_TYPE_OF = {"ioSpecification": "inputOutputSpecification", "ioBinding": "inputOutputBinding"}


@cache
def element_names() -> frozenset[str]:
    """Every element name of BPMN 2.0's own namespace."""
    names = {child for t in types().values() for child in t.children}
    return frozenset(names | (types().keys() - _ABSTRACT) | {"definitions"})
