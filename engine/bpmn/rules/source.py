"""Rules about the file as a whole: is it BPMN, are its ids unique, is there anything to run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from engine.bpmn.rules.base import ERROR, INFO, WARNING, Context, Hit, hit, rule
from engine.model.xml import BPMN, BPMNDI, line_of, local, space

#: What strangers hand in instead of BPMN 2.0, by namespace.
_OTHERS = {
    "http://schema.omg.org/spec/BPMN/2.0": "a beta of BPMN 2.0",
    "http://www.omg.org/spec/BPMN/20100501/MODEL": "a draft of BPMN 2.0",
    "http://www.omg.org/spec/CMMN/20151109/MODEL": "CMMN (cases)",
    "http://www.wfmc.org/2009/XPDL2.2": "XPDL",
    "http://www.w3.org/1999/xhtml": "HTML",
    "http://www.w3.org/2000/svg": "an SVG picture",
}
_NCNAME = re.compile(r"[^\W\d][\w.\-·]*\Z")


@rule("CRM-105", ERROR)
def not_bpmn(c: Context) -> Iterator[Hit]:
    """The root is ``definitions`` of BPMN 2.0's namespace."""
    root = c.model.root
    if space(root) == BPMN and local(root) == "definitions":
        return
    ns = space(root)
    what = _OTHERS.get(ns) or ("DMN (decisions)" if "/DMN/" in ns else f"<{local(root)}>")
    yield Hit(None, line_of(root), None, {"what": what, "namespace": ns or "none"})


@rule("CRM-106", ERROR)
def twin_processes(c: Context) -> Iterator[Hit]:
    """No two processes share an id."""
    seen: dict[str, int | None] = {}
    for process in c.model.processes:
        if process.id and process.id in seen:
            yield hit(process.xml, key=process.id, first=seen[process.id])
        seen.setdefault(process.id, process.line)


@rule("CRM-107", ERROR)
def double_ids(c: Context) -> Iterator[Hit]:
    """No two elements share an id."""
    for e in c.model.doubles:
        first = c.model.elements[e.get("id", "")]
        if not (local(e) == "process" and local(first) == "process"):
            yield hit(e, key=e.get("id"), first=line_of(first))


@rule("CRM-108", ERROR)
def no_process(c: Context) -> Iterator[Hit]:
    """There is a process in the file, and something in it.

    BPMN allows a process without any step (10.2: no number is demanded), and it is executed: its instances are over
    at once. Hence only a warning; it cannot be published (``publishable``).
    """
    if not c.model.processes:
        yield hit(c.model.root)
    elif not any(p.nodes for p in c.model.processes):
        yield replace(hit(c.model.processes[0].xml), severity=WARNING)


@rule("CRM-109", ERROR)
def nothing_runs(c: Context) -> Iterator[Hit]:
    """At least one process with content is not marked ``isExecutable="false"``."""
    full = [p for p in c.model.processes if p.nodes]
    if full and not any(p.executable for p in full):
        yield hit(full[0].xml)


@rule("CRM-117", ERROR)
def bad_ids(c: Context) -> Iterator[Hit]:
    """Processes and flow nodes have ids; ids are XML names (no blanks, no digit at the start)."""
    for process in c.model.processes:
        if not process.id:
            yield hit(process.xml, key="")
    for node in c.model.all_nodes():
        if not node.id:
            yield hit(node.xml, key="")
    for key, e in c.model.elements.items():
        if key and not _NCNAME.match(key):
            yield hit(e, key=key)


@rule("CRM-189", INFO)
def no_diagram(c: Context) -> Iterator[Hit]:
    """The file holds a diagram."""
    if c.model.root.find(f"{{{BPMNDI}}}BPMNDiagram/{{{BPMNDI}}}BPMNPlane") is None and c.model.processes:
        yield hit(c.model.root)


@rule("CRM-190", WARNING)
def stray_shapes(c: Context) -> Iterator[Hit]:
    """Shapes and edges of the diagram show elements that exist."""
    for e in c.model.root.iter(f"{{{BPMNDI}}}BPMNShape", f"{{{BPMNDI}}}BPMNEdge"):
        ref = (e.get("bpmnElement") or "").rpartition(":")[2]
        if ref and ref not in c.model.elements:
            yield Hit(None, line_of(e), None, {"ref": ref, "shape": e.get("id") or local(e)})
