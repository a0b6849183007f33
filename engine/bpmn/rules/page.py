"""The pages of the documentation that are made from the code: all findings, and what is executed.

``python -m engine.bpmn.rules.page`` writes them into ``docs/``; a test keeps pages and code the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

from engine.bpmn.process import SUPPORTED
from engine.bpmn.rules import RULES, TEXTS
from engine.model.vocabulary import CHOREOGRAPHY, GATEWAYS, SCOPES, TASKS

_HEAD = """# Findings

What `crmflow lint`, the upload page and `engine.bpmn.check` say about a model. An **error** forbids deployment, a
**warning** does not, **info** is good to know. Made from the code by `python -m engine.bpmn.rules.page`.
Codes CRM-15x belong to decision tables, CRM-16x to forms.

"""
_BEGIN, _END = "<!-- coverage -->", "<!-- /coverage -->"
_TRIGGERS = ("none", "timer", "message", "signal", "conditional", "error", "escalation", "compensate", "link",
             "cancel", "terminate", "multiple")  # fmt: skip
_FEATURES = ("compensation", "conditional-flow", "event-sub-process", "implicit-start", "instantiate", "multi-instance",
             "multi-instance-behavior", "quantity", "standard-loop")  # fmt: skip
_EVENTS = {
    "startEvent": "start",
    "intermediateCatchEvent": "intermediate catch",
    "boundaryEvent": "boundary",
    "intermediateThrowEvent": "intermediate throw",
    "endEvent": "end",
}


def findings_page() -> str:
    """Markdown: one section per code, English and Chinese."""
    parts = [_HEAD]
    for code, t in sorted(TEXTS.items()):
        rule = RULES.get(code)
        level = rule.severity.value if rule is not None else "info" if code == "CRM-198" else "error"
        about = f"*{rule.check.__doc__}*\n\n" if rule is not None and rule.check.__doc__ else ""
        parts.append(
            f"## {code} ({level})\n\n{about}"
            f"- {_shown(t.message)}\n- Why: {_shown(t.why)}\n- Fix: {_shown(t.fix)}\n"
            f"- {_shown(t.message_zh)}\n- 原因：{_shown(t.why_zh)}\n- 处理：{_shown(t.fix_zh)}\n\n"
        )
    return "".join(parts).rstrip() + "\n"


def coverage_table() -> str:
    """Markdown: which trigger is executed at which kind of event (✓), from what the runtime declares."""
    rows = ["| | " + " | ".join(_EVENTS.values()) + " |", "|---|" + "---|" * len(_EVENTS)]
    for trigger in _TRIGGERS:
        marks = ["✓" if f"{kind}:{trigger}" in SUPPORTED else "" for kind in _EVENTS]
        rows.append(f"| {trigger} | " + " | ".join(marks) + " |")
    nodes = sorted(TASKS | SCOPES | GATEWAYS | CHOREOGRAPHY | {"callActivity"})
    missing = [n for n in nodes if n not in SUPPORTED] + [f for f in _FEATURES if f"feature:{f}" not in SUPPORTED]
    return "\n".join(
        [
            *rows,
            "",
            "Nodes: " + ", ".join(n for n in nodes if n in SUPPORTED) + ".",
            "",
            "Features: " + ", ".join(f for f in _FEATURES if f"feature:{f}" in SUPPORTED) + ".",
            "",
            "Refused: " + ", ".join(missing) + ".",
        ]
    )


def _shown(text: str) -> str:
    """Placeholders as words between angle brackets would be read as HTML; so they become code."""
    bare = text.replace("{{", "\0").replace("}}", "\1").replace("{", "`").replace("}", "`")
    return bare.replace("\0", "{").replace("\1", "}").replace("<`", "`").replace("`>", "`")


def update(docs: Path) -> None:
    """Write ``findings.md`` and the coverage block of ``dialect.md`` in a folder of documentation."""
    (docs / "findings.md").write_text(findings_page(), encoding="utf-8")
    dialect = docs / "dialect.md"
    before, _, rest = dialect.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    dialect.write_text(f"{before}{_BEGIN}\n{coverage_table()}\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    update(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
