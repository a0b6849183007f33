"""Expressions of Zeebe before FEEL (release 0.22 and older): JSONPath and ``==``, turned into FEEL on reading.

``$.order.total`` is the variable's path, ``==`` a comparison, ``&&`` and ``||`` connect; neither can be read as FEEL,
so there is nothing they could be mistaken for. ``processIdExpression`` was the computed ``processId`` of a call.
"""

from __future__ import annotations

import re

from lxml import etree

from engine.model.xml import BPMN

ZEEBE = "http://camunda.org/schema/zeebe/1.0"
_PATH = re.compile(r"\$\.([^\W\d][\w.]*)")
_WORDS = {"==": "=", "&&": " and ", "||": " or "}
_TOKEN = re.compile(r"\"[^\"]*\"|'[^']*'|==|&&|\|\||\$\.[^\W\d][\w.]*")
_MARKS = (b"$.", b"==", b"&amp;&amp;", b"processIdExpression")
#: Attributes of Zeebe's extensions that held a path.
_PATHS = (("input", "source"), ("output", "source"), ("subscription", "correlationKey"))
_LOOPS = (("loopCharacteristics", "inputCollection"), ("loopCharacteristics", "outputElement"))


def old(xml: bytes) -> bool:
    """Whether a file may hold such expressions; cheap."""
    return ZEEBE.encode() in xml and any(mark in xml for mark in _MARKS)


def modernise(root: etree._Element) -> int:
    """Rewrite a tree in place; how many expressions were rewritten."""
    count = 0
    for e in root.iter(f"{{{BPMN}}}conditionExpression"):
        text = (e.text or "").strip()
        if text and not text.startswith(("=", "${", "#{")) and (new := _feel(text)) != text:
            e.text = new
            count += 1
    for name, attribute in (*_PATHS, *_LOOPS):
        for e in root.iter(f"{{{ZEEBE}}}{name}"):
            found = _PATH.fullmatch((e.get(attribute) or "").strip())
            if found is not None:
                e.set(attribute, f"= {found[1]}")
                count += 1
    for name in ("input", "output"):
        for e in root.iter(f"{{{ZEEBE}}}{name}"):
            found = _PATH.fullmatch((e.get("target") or "").strip())
            if found is not None:
                e.set("target", found[1])
                count += 1
    return count + _calls(root)


def _calls(root: etree._Element) -> int:
    """Computed ids of called processes: an expression with or without ``=``; one beside a ``processId`` stays."""
    count = 0
    for e in root.iter(f"{{{ZEEBE}}}calledElement"):
        text = (e.get("processIdExpression") or "").strip()
        if text and not (e.get("processId") or "").strip():
            e.attrib.pop("processIdExpression")
            e.set("processId", f"= {_feel(text.removeprefix('=').strip())}")
            count += 1
    return count


def _feel(text: str) -> str:
    def one(token: re.Match[str]) -> str:
        word = token[0]
        if word.startswith("'"):
            return '"' + word[1:-1].replace('"', '\\"') + '"'
        return _WORDS.get(word, word.removeprefix("$."))

    return _TOKEN.sub(one, text) if re.search(r"==|&&|\|\||\$\.", text) else text
