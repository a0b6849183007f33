"""The law of ``test_compact`` for what it does not draw: event sub-processes, undoing, parts, errors, signals."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bpmn_play import boundary, flows, message, process, tag, timer, user
from test_compact import MESSAGE, Grower, played_alike

SIGNAL = '<signalEventDefinition signalRef="sg"/>'
ERROR, ESCALATION = '<errorEventDefinition errorRef="er"/>', '<escalationEventDefinition escalationRef="es"/>'
UNDO, CANCEL = "<compensateEventDefinition/>", "<cancelEventDefinition/>"
CONDITION = "<conditionalEventDefinition><condition>=n = 4</condition></conditionalEventDefinition>"
DEFS = (
    message("m", "msg")
    + '<signal id="sg" name="bell"/><error id="er" errorCode="E1"/><escalation id="es" escalationCode="S1"/>'
)


class Wider(Grower):
    """Draws the other constructs as well."""

    def block(self, deep: int) -> tuple[str, str]:
        others: list[Callable[[int], tuple[str, str]]] = [
            self.watched, self.undone, self.parts_of, self.repeated,
            self.chosen, self.failing, self.cancelled, self.rung,
        ]  # fmt: skip
        if deep > 0 and self.random.random() < 0.55:
            return self.random.choice(others)(deep)
        return super().block(deep)

    def inside(self, deep: int, kind: str, more: str = "", **attributes: str) -> tuple[str, str]:
        """A scope around a block; ``more`` stands in it besides."""
        id, kept, self.parts = self.id("s"), self.parts, []
        begin = self.id("n")
        first, last = self.block(deep - 1)
        inner = tag("startEvent", begin) + "".join(self.parts) + flows(f"{begin} > {first}")
        self.parts = kept
        self.parts.append(tag(kind, id, inner + more.replace("LAST", last), **attributes))
        return id, id

    def watched(self, deep: int) -> tuple[str, str]:
        """A sub-process with an event sub-process in it."""
        event, start, work = self.id("s"), self.id("n"), self.id("u")
        waits = self.random.choice([MESSAGE, SIGNAL, CONDITION, timer("PT2H"), timer("R2/PT1H", "timeCycle")])
        stops = self.random.choice(["true", "false"])
        body = tag("startEvent", start, waits, isInterrupting=stops) + user(work) + flows(f"{start} > {work}")
        return self.inside(deep, "subProcess", tag("subProcess", event, body, triggeredByEvent="true"))

    def undone(self, deep: int) -> tuple[str, str]:
        """A task that can be undone, and perhaps is, alone or with all that was done in its scope."""
        did, undo, event, join, gate, throw = (self.id(k) for k in "uubxgi")
        ref = self.random.choice(["", f' activityRef="{did}"'])
        default = self.id("f")
        self.parts += [
            user(did),
            boundary(event, did, UNDO),
            user(undo, isForCompensation="true"),
            tag("association", self.id("a"), sourceRef=event, targetRef=undo),
            tag("exclusiveGateway", gate, default=default),
            tag("intermediateThrowEvent", throw, f"<compensateEventDefinition{ref}/>"),
            tag("exclusiveGateway", join),
            flows(f"{did} > {gate}", f"{gate} > {throw} | modulo(n, 2) = 1", f"{default}: {gate} > {join}"),
            flows(f"{throw} > {join}"),
        ]
        return did, join

    def parts_of(self, deep: int) -> tuple[str, str]:
        """A sub-process for each item."""
        way, most = self.random.choice(["true", "false"]), self.random.choice(["", "numberOfCompletedInstances = 2"])
        until = f"<completionCondition>{most}</completionCondition>" if most else ""
        loop = (
            f'<multiInstanceLoopCharacteristics isSequential="{way}"><extensionElements><zeebe:loopCharacteristics'
            ' inputCollection="=[1,2,3]" inputElement="item" outputCollection="got" outputElement="=item"/>'
            f"</extensionElements>{until}</multiInstanceLoopCharacteristics>"
        )
        return self.inside(deep, "subProcess", loop)

    def repeated(self, deep: int) -> tuple[str, str]:
        loop = '<standardLoopCharacteristics loopMaximum="3"><loopCondition>n &lt; 4</loopCondition>'
        return self.inside(deep, "subProcess", loop + "</standardLoopCharacteristics>")

    def chosen(self, deep: int) -> tuple[str, str]:
        id, one, other = self.id("s"), self.id("u"), self.id("u")
        order = self.random.choice(["Sequential", "Parallel"])
        self.parts.append(tag("adHocSubProcess", id, user(one) + user(other), ordering=order))
        return id, id

    def ending(self, deep: int, kind: str, how: str, caught: str, *, stops: bool) -> tuple[str, str]:
        """A scope that may end by an event, which its border catches."""
        gate, default, bad, good, event, after, join = (self.id(k) for k in "gfeebux")
        more = tag("exclusiveGateway", gate, default=default) + tag("endEvent", bad, how) + tag("endEvent", good)
        more += flows(f"LAST > {gate}", f"{gate} > {bad} | modulo(n, 2) = 0", f"{default}: {gate} > {good}")
        id, _ = self.inside(deep, kind, more)
        self.parts += [boundary(event, id, caught, stops=stops), user(after), tag("exclusiveGateway", join)]
        ways = [f"{id} > {join}", f"{event} > {after}"] + ([f"{after} > {join}"] if stops else [])
        self.parts.append(flows(*ways))
        return id, join

    def failing(self, deep: int) -> tuple[str, str]:
        if self.random.random() < 0.5:
            return self.ending(deep, "subProcess", ERROR, ERROR, stops=True)
        return self.ending(deep, "subProcess", ESCALATION, ESCALATION, stops=self.random.random() < 0.5)

    def cancelled(self, deep: int) -> tuple[str, str]:
        return self.ending(deep, "transaction", CANCEL, CANCEL, stops=True)

    def rung(self, deep: int) -> tuple[str, str]:
        """A task that listens to a bell beside one that rings it."""
        split, join, work, throw, event, after = (self.id(k) for k in "gguibu")
        heard = self.random.choice([SIGNAL, CONDITION])
        self.parts += [tag("parallelGateway", split), tag("parallelGateway", join), user(work), user(after)]
        first, last = self.block(deep - 1)
        self.parts += [
            boundary(event, work, heard, stops=False),
            tag("intermediateThrowEvent", throw, SIGNAL),
            flows(
                f"{split} > {work} > {join}", f"{split} > {first}", f"{last} > {throw} > {join}", f"{event} > {after}"
            ),
        ]
        return split, join

    def draw(self) -> bytes:
        first, last = self.sequence(4)
        start, end = tag("startEvent", "start"), tag("endEvent", "end")
        return process(start, end, *self.parts, flows(f"start > {first}", f"{last} > end"), defs=DEFS)


class Patient(Wider):
    """Draws events that wait for all of several triggers in their place."""

    def triggers(self) -> str:
        several = [MESSAGE, SIGNAL, CONDITION, timer("PT2H"), timer("R2/PT1H", "timeCycle")]
        return "".join(self.random.sample(several, 2))

    def watched(self, deep: int) -> tuple[str, str]:
        event, start, work = self.id("s"), self.id("n"), self.id("u")
        marks = {"isInterrupting": self.random.choice(["true", "false"]), "parallelMultiple": "true"}
        body = tag("startEvent", start, self.triggers(), **marks) + user(work) + flows(f"{start} > {work}")
        return self.inside(deep, "subProcess", tag("subProcess", event, body, triggeredByEvent="true"))

    def chosen(self, deep: int) -> tuple[str, str]:
        """A task, or a loop of it, with such an event at its border."""
        work, event, after = self.id("u"), self.id("b"), self.id("u")
        count = self.random.choice(["", "2"])
        loop = f"<multiInstanceLoopCharacteristics><loopCardinality>{count}</loopCardinality>"
        inside = loop + "</multiInstanceLoopCharacteristics>" if count else ""
        marks = {"attachedToRef": work, "cancelActivity": "false", "parallelMultiple": "true"}
        self.parts += [tag("userTask", work, inside), tag("boundaryEvent", event, self.triggers(), **marks)]
        self.parts += [user(after), flows(f"{event} > {after}")]
        return work, work


def test_conditions_are_looked_at_in_the_order_of_their_making() -> None:
    played_alike(Wider(553).draw(), 553, 40)  # of many parts that slept, one woke after others made later


@pytest.mark.parametrize("part", range(2))
def test_compaction_changes_nothing_of_the_other_constructs_either(part: int, many: Callable[[int, int], int]) -> None:
    rounds = many(20, 1_000)
    for seed in range(part * rounds, (part + 1) * rounds):
        played_alike(Wider(seed).draw(), seed, 40)


def test_nor_of_events_that_wait_for_all_of_several_triggers(many: Callable[[int, int], int]) -> None:
    for seed in range(many(10, 500)):
        played_alike(Patient(seed).draw(), seed, 40)
