"""Small DMN files for the tests, from what matters in them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

SPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def definitions(*parts: str, space: str = SPACE, namespace: str = "urn:test", name: str = "model") -> bytes:
    """A whole file."""
    inner = "\n".join(parts)
    text = f'<definitions xmlns="{space}" id="model" name="{name}" namespace="{namespace}">\n{inner}\n</definitions>'
    return text.encode()


def input_data(name: str, kind: str = "Any") -> str:
    return f'<inputData id="in_{name}" name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>'


def decision(name: str, logic: str, *, needs: Sequence[str] = (), kind: str = "Any", id: str | None = None) -> str:
    """A decision; ``needs`` are ids, ``in_…`` of input data, ``bkm_…`` and ``ds_…`` of functions."""
    links = []
    for need in needs:
        if need.startswith(("bkm_", "ds_")):
            inner = f'<requiredKnowledge href="#{need}"/>'
            links.append(f"<knowledgeRequirement>{inner}</knowledgeRequirement>")
        else:
            tag = "requiredInput" if need.startswith("in_") else "requiredDecision"
            links.append(f'<informationRequirement><{tag} href="#{need}"/></informationRequirement>')
    key = id or f"d_{name}"
    variable = f'<variable name="{name}" typeRef="{kind}"/>'
    return f'<decision id="{key}" name="{name}">{variable}{"".join(links)}{logic}</decision>'


def literal(text: str, kind: str | None = None) -> str:
    typed = f' typeRef="{kind}"' if kind else ""
    return f"<literalExpression{typed}><text>{escape(text)}</text></literalExpression>"


def table(
    inputs: Sequence[str | tuple[str, str]],
    outputs: Sequence[str],
    rules: Sequence[Sequence[str]],
    *,
    hit: str = "UNIQUE",
    aggregation: str = "",
    allowed: Sequence[str] = (),
    default: str = "",
    inputs_allowed: Sequence[str] = (),
) -> str:
    """A decision table; each rule is its cells, inputs first. Inputs may be ``(expression, type)``."""
    head = []
    for number, given in enumerate(inputs):
        text, kind = given if isinstance(given, tuple) else (given, "")
        typed = f' typeRef="{kind}"' if kind else ""
        values = inputs_allowed[number] if number < len(inputs_allowed) else ""
        limit = f"<inputValues><text>{escape(values)}</text></inputValues>" if values else ""
        expression = f"<inputExpression{typed}><text>{escape(text)}</text></inputExpression>"
        head.append(f'<input id="i{number}">{expression}{limit}</input>')
    for number, name in enumerate(outputs):
        values = allowed[number] if number < len(allowed) else ""
        limit = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
        other = f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
        head.append(f'<output id="o{number}" name="{name}">{limit}{other}</output>')
    for number, cells in enumerate(rules, 1):
        ins = "".join(f"<inputEntry><text>{escape(c)}</text></inputEntry>" for c in cells[: len(inputs)])
        outs = "".join(f"<outputEntry><text>{escape(c)}</text></outputEntry>" for c in cells[len(inputs) :])
        head.append(f'<rule id="r{number}">{ins}{outs}</rule>')
    more = f' aggregation="{aggregation}"' if aggregation else ""
    return f'<decisionTable id="t" hitPolicy="{hit}"{more}>{"".join(head)}</decisionTable>'
