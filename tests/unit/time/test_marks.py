"""What models say about time: read as drawn, refused at deploy where no clock could start."""

from __future__ import annotations

import pytest

from engine import bpmn
from tests.store.drawing import END, START, flow, model, user


def drawn(more: str, *, on_process: str = "") -> bytes:
    about = f'owner="team:bench" goal="g" kpi="k"/>{on_process}<crmflow:stage value="x"'
    inner = START + user("work", more=more) + END + flow("start>work", "work>end")
    return model("p", inner, about=about).content


def test_marks_are_read_by_element():
    text = drawn(
        '<crmflow:sla metric="resolve" target="PT4H"/><crmflow:pauses clocks="resolve, stage" reason="why"/>'
        '<crmflow:meets clocks="first_response"/>',
        on_process='<crmflow:sla metric="resolve" policy="support"/>',
    )
    (info,) = bpmn.inspect(text)
    assert info.time == {
        "": {"sla": [{"metric": "resolve", "policy": "support"}], "stage": "x"},
        "work": {
            "sla": [{"metric": "resolve", "target": "PT4H"}],
            "pauses": [{"clocks": ["resolve", "stage"], "reason": "why"}],
            "meets": ["first_response"],
        },
    }
    assert [f for f in bpmn.check(text) if f.code in ("CRM-183", "CRM-187")] == []


def test_a_clock_that_nothing_would_start_is_refused():
    """A sub-process opens no task; only what is done there could start a clock."""
    drawn = model(
        "p", START + box('<crmflow:sla metric="resolve" target="PT4H"/>') + END + flow("start>box", "box>end")
    )
    (finding,) = [f for f in bpmn.check(drawn.content) if f.code == "CRM-183"]
    assert (finding.element, finding.severity) == ("box", "error")
    done = drawn.content.replace(b'target="PT4H"', b'target="PT4H" from="done"')
    assert [f for f in bpmn.check(done) if f.code == "CRM-183"] == []


def box(more: str) -> str:
    return (
        f'<bpmn:subProcess id="box" name="Box"><bpmn:extensionElements>{more}</bpmn:extensionElements>'
        f'<bpmn:startEvent id="in"/>{user("deep")}<bpmn:endEvent id="out"/>{flow("in>deep", "deep>out")}'
        "</bpmn:subProcess>"
    )


def test_a_model_without_marks_says_nothing():
    assert bpmn.inspect(drawn(""))[0].time == {}


@pytest.mark.parametrize(
    ("mark", "attribute"),
    [
        ('metric="resolve"', "sla target"),
        ('metric="resolve" target="soon"', "sla target"),
        ('metric="resolve" target="PT4H" unit="moons"', "sla unit"),
        ('metric="re solve" policy="support"', "sla metric"),
        ('metric="resolve" policy="support" from="yesterday"', "sla from"),
        ('metric="resolve" policy="support" target="soon"', "sla target"),
    ],
)
def test_what_could_not_start_a_clock_is_refused_at_deploy(mark, attribute):
    (finding,) = [f for f in bpmn.check(drawn(f"<crmflow:sla {mark}/>")) if f.code == "CRM-183"]
    assert (finding.element, finding.severity) == ("work", "error")
    assert finding.message.startswith(f"Task “Work”: {attribute} is") or attribute in finding.message
