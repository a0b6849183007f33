"""Words about rules: kinds of values, what a rule says of a case, and the text a new table begins with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from flask import Flask, g
from flask_babel import get_locale, gettext

from engine.domain.errors import Invalid
from engine.domain.rules import Words, WordsOfRules
from webui.door import ask, me
from webui.i18n import is_chinese
from webui.look import human

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,99}\Z")
_NEW = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
    xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/"
    id={key} name={name} namespace="https://crmflow.dev/rules">
  <decision id={decision} name={name}>
    <decisionTable id="table" hitPolicy="UNIQUE">
      <input id="input_1" label={amount}>
        <inputExpression id="expression_1" typeRef="number"><text>amount</text></inputExpression>
      </input>
      <output id="output_1" label={result} name="result" typeRef="string" />
      <rule id="rule_1">
        <inputEntry id="cell_1"><text>&lt; 1000</text></inputEntry>
        <outputEntry id="cell_2"><text>"small"</text></outputEntry>
      </rule>
      <rule id="rule_2">
        <inputEntry id="cell_3"><text>&gt;= 1000</text></inputEntry>
        <outputEntry id="cell_4"><text>"large"</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
  <dmndi:DMNDI><dmndi:DMNDiagram id="diagram"><dmndi:DMNShape id="shape" dmnElementRef={decision}>
    <dc:Bounds x="160" y="80" width="180" height="80" /></dmndi:DMNShape></dmndi:DMNDiagram></dmndi:DMNDI>
</definitions>
"""


def starter(key: str, name: str) -> str:
    """A small sound table. Raises ``Invalid`` CRM-054 for a key that cannot be an XML id."""
    if not _KEY.match(key) or key == "new":
        raise Invalid(
            "CRM-054",
            f"'{key[:100]}' cannot be the key of rules.",
            fix="Begin with a letter, then letters, digits, '.', '_' and '-'; at most 100 in all.",
        )
    words = {"amount": gettext("Amount"), "result": gettext("Result")}
    return _NEW.format(
        key=quoteattr(key),
        decision=quoteattr(f"{key}-decision"),
        name=quoteattr(name.strip() or key),
        **{word: quoteattr(text) for word, text in words.items()},
    )


def kind_name(kind: str) -> str:
    """A type of a value, or a kind of decision or change, in the reader's language."""
    known = {
        "number": gettext("number"),
        "string": gettext("text"),
        "boolean": gettext("yes or no"),
        "date": gettext("date"),
        "time": gettext("time"),
        "date and time": gettext("date and time"),
        "days and time duration": gettext("duration"),
        "years and months duration": gettext("duration"),
        "list": gettext("list"),
        "any": gettext("any value"),
        "table": gettext("Decision table"),
        "literal": gettext("Expression"),
        "context": gettext("Boxed context"),
        "service": gettext("Decision service"),
        "decision": gettext("Decision"),
        "inputdata": gettext("Input"),
        "bkm": gettext("Function"),
        "type": gettext("Type"),
        "name": gettext("Name"),
        "inputs": gettext("Inputs it needs"),
        "decisions": gettext("Decisions it needs"),
        "knowledge": gettext("Functions it uses"),
        "hit policy": gettext("Hit policy"),
        "logic": gettext("Kind of logic"),
        "text": gettext("Expression"),
    }
    return str(known.get(kind, kind))


def hit_name(hit: str) -> str:
    """A hit policy in words."""
    known = {
        "U": gettext("exactly one rule may apply"),
        "A": gettext("all rules that apply must agree"),
        "P": gettext("the best result wins"),
        "F": gettext("the first rule that applies wins"),
        "R": gettext("all that apply, in the order of the rules"),
        "O": gettext("all that apply, best result first"),
        "C": gettext("all that apply"),
        "C+": gettext("all that apply are added up"),
        "C<": gettext("the smallest of all that apply"),
        "C>": gettext("the largest of all that apply"),
        "C#": gettext("how many apply"),
    }
    return str(known.get(hit.replace(" SUM", "+"), hit))


def binding_name(binding: str, tag: str) -> str:
    """How a place chooses the version."""
    if binding == "versionTag":
        return str(gettext("by tag “%(tag)s”", tag=tag))
    return str(gettext("pinned at deployment") if binding == "deployment" else gettext("always the newest"))


def words_of(key: str | None, version: int | None = None) -> Words:
    """What a version of rules is called in the reader's language, to read a trace with; asked once a page."""
    if not key or not is_chinese():
        return {}
    known: dict[tuple[str, int | None], Words] = g.setdefault("rule_words", {})
    if (key, version) not in known:
        known[key, version] = ask(WordsOfRules(key, me(), str(get_locale()), version))
    return known[key, version]


def text_of(words: Words, decision: str | None, drawn: str = "") -> str:
    """A decision, or what is drawn in it, in the reader's language; as drawn where it is not translated."""
    return str(words.get(decision or "", {}).get(drawn) or drawn or decision or "")


def reasons(rule: Mapping[str, Any], words: Words, decision: str, *, missed: bool) -> list[str]:
    """Why a rule applies or just misses, cell by cell; cells that say nothing are left out."""
    tests, given = rule.get("tests") or {}, rule.get("inputs") or {}
    labels = rule.get("missed") or [] if missed else [label for label, test in tests.items() if test != "-"]
    said = (
        gettext("%(input)s is %(value)s, asked for is %(test)s")
        if missed
        else gettext("%(input)s is %(value)s, and that fits %(test)s")
    )
    return [
        said.replace("%(input)s", text_of(words, decision, label))
        .replace("%(value)s", shown(given.get(label)))
        .replace("%(test)s", tests.get(label, "-"))
        for label in labels
    ]


def shown(value: Any) -> str:
    """A value in a sentence."""
    return str(gettext("not given")) if value is None else human(value)


def set_up(app: Flask) -> None:
    """Attach the filters of the Rules room."""
    app.jinja_env.filters.update(kind_name=kind_name, hit_name=hit_name, rule_reasons=reasons, rule_value=shown)
    app.jinja_env.globals.update(binding_name=binding_name, rule_words=words_of, rule_text=text_of)
