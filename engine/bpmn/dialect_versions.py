"""How the Camunda 7 family says which version of a called process or decision is meant, in Zeebe's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from engine.bpmn.dialect_code import zeebe_of
from engine.bpmn.dialect_juel import Untranslatable, is_juel

_ALIKE = frozenset({"latest", "deployment", "versionTag"})


def _binding(extension: str) -> Callable[[etree._Element, str], None]:
    def put(e: etree._Element, value: str) -> None:
        if value not in _ALIKE:
            raise Untranslatable("a version is meant by its tag, not by its number")
        # Without a word called processes and decisions are bound as in the other engine.
        if value != "latest":
            zeebe_of(e, extension).set("bindingType", value)

    return put


def _tag(extension: str) -> Callable[[etree._Element, str], None]:
    def put(e: etree._Element, value: str) -> None:
        zeebe_of(e, extension).set("versionTag", value)
        if is_juel(value):
            raise Untranslatable("a version tag is a literal")

    return put


#: Attribute → what writes it as its Zeebe twin.
VERSIONS: Mapping[str, Callable[[etree._Element, str], None]] = {
    "calledElementBinding": _binding("calledElement"),
    "calledElementVersionTag": _tag("calledElement"),
    "decisionRefBinding": _binding("calledDecision"),
    "decisionRefVersionTag": _tag("calledDecision"),
}
