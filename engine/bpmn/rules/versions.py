"""Which version of a called process or form is meant: what cannot be followed is refused."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.references import BINDINGS, FORMS, Reference, references
from engine.bpmn.rules.base import ERROR, WARNING, Context, Hit, hit, rule
from engine.bpmn.rules.supported import running


def _places(c: Context) -> Iterator[Reference]:
    return (one for scope in running(c) for one in references(scope.nodes))


@rule("CRM-868", ERROR)
def unknown_tag(c: Context) -> Iterator[Hit]:
    """A version tag of a called process or form is that of a version, here or in the company."""
    known = c.catalogue.tags
    for one in _places(c) if known is not None else ():
        for name in one.names if one.binding == "versionTag" and one.tag else ():
            if known is not None and (one.area, name, one.tag) not in known:
                yield hit(one.node.xml, ref=name, tag=one.tag)


@rule("CRM-869", ERROR)
def unclear_version(c: Context) -> Iterator[Hit]:
    """A process means one version of each process it calls and of each form."""
    for process in c.model.processes:
        seen: dict[tuple[str, str], Reference] = {}
        for scope in process.walk() if process.executable else ():
            for one in references(scope.nodes):
                if unclear := _unclear(one):
                    yield hit(one.node.xml, why=unclear[0], why_zh=unclear[1])
                for name in one.names:
                    first = seen.setdefault((one.area, name), one)
                    if _tag(first) != _tag(one):
                        other = first.node.name or first.node.id
                        yield hit(
                            one.node.xml,
                            why=f"“{name}” is bound to another version at “{other}”",
                            why_zh=f"“{name}”在“{other}”处绑定到另一版本",
                        )


def _tag(one: Reference) -> str:
    return one.tag if one.binding == "versionTag" else ""


def _unclear(one: Reference) -> tuple[str, str] | None:
    """Why it cannot be told which version is meant; None where it can."""
    if one.binding and one.binding not in BINDINGS:
        return f"“{one.binding}” is none of latest, deployment, versionTag", f"“{one.binding}”不是有效的绑定方式"
    if one.binding == "versionTag" and not one.tag:
        return "it names no version tag", "没有写版本标签"
    if one.binding == "versionTag" and one.open:
        return "its name is computed, so the tag cannot be looked for", "名称是计算出来的，无法按标签查找"
    if one.area == FORMS and one.node.kind == "startEvent" and one.text.startswith("="):
        return "before a process begins there is nothing to compute a form from", "流程开始前没有可用于计算表单的数据"
    return None


@rule("CRM-897", WARNING)
def bound_when_deployed(c: Context) -> Iterator[Hit]:
    """What is drawn as the latest version is the latest when the model is deployed, and stays so for that version."""
    for one in _places(c):
        if one.binding == "latest":
            yield hit(one.node.xml, ref=one.text)
