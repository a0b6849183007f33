"""The peer in memory: bare SpiffWorkflow 3.2 running the two-task scenario, without a store, users or history."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from time import perf_counter

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
MODEL = Path(__file__).parent / "two_task.bpmn"


def stock_model() -> bytes:
    """The same flow in the words SpiffWorkflow understands: Python expressions, no extensions, no timer."""
    root = etree.parse(str(MODEL)).getroot()
    process = root.find(f"{BPMN}process")
    assert process is not None
    for gone in [*process.iter(f"{BPMN}extensionElements")]:
        parent = gone.getparent()
        assert parent is not None
        parent.remove(gone)
    for element in list(process):
        if element.get("id") in {"Reminder", "Reminded", "F7"}:
            process.remove(element)
    for condition in process.iter(f"{BPMN}conditionExpression"):
        condition.text = "amount > 100"
    for task in process.iter(f"{BPMN}scriptTask"):
        script = etree.SubElement(task, f"{BPMN}script")
        script.text = "total = amount * 1.2"
    # SpiffWorkflow names its own first and last specs "Start" and "End": ids that collide lose the flow.
    for element in process.iter():
        for name in ("id", "sourceRef", "targetRef"):
            if element.get(name) in {"Start", "End"}:
                element.set(name, f"{element.get(name)}_drawn")
    return etree.tostring(root)


def instances_per_s(count: int) -> float:
    """How many two-task instances a second bare SpiffWorkflow runs from start to end."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.parse(BytesIO(stock_model())))
    spec = parser.get_spec("two-task")
    begun = perf_counter()
    for _ in range(count):
        workflow = BpmnWorkflow(spec)
        workflow.do_engine_steps()
        for _ in range(2):
            task = workflow.get_next_task(state=TaskState.READY, manual=True)
            task.data["amount"] = 200
            task.run()
            workflow.do_engine_steps()
        if not workflow.is_completed():
            raise RuntimeError("the two-task instance did not end")
    return count / (perf_counter() - begun)
