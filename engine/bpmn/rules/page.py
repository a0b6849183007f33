"""The pages of the documentation that are made from the code: all findings, and what is executed.

``python -m engine.bpmn.rules.page`` prints ``docs/findings.md``; a test keeps file and code the same.
"""

from __future__ import annotations

import sys

from engine.bpmn.process import SUPPORTED
from engine.bpmn.rules import RULES, TEXTS

_HEAD = """# Findings

What `crmflow lint`, the upload page and `engine.bpmn.check` say about a model. An **error** forbids deployment, a
**warning** does not, **info** is good to know. Made from the code by `python -m engine.bpmn.rules.page`.
Codes CRM-15x belong to decision tables, CRM-16x to forms.

"""
_TRIGGERS = ("none", "timer", "message", "signal", "conditional", "error", "escalation", "compensate", "link",
             "cancel", "terminate", "multiple")  # fmt: skip
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
    others = sorted(k for k in SUPPORTED if ":" not in k)
    features = sorted(k.removeprefix("feature:") for k in SUPPORTED if k.startswith("feature:"))
    return "\n".join([*rows, "", "Nodes: " + ", ".join(others) + ".", "", "Features: " + ", ".join(features) + "."])


def _shown(text: str) -> str:
    """Placeholders as words between angle brackets would be read as HTML; so they become code."""
    bare = text.replace("{{", "\0").replace("}}", "\1").replace("{", "`").replace("}", "`")
    return bare.replace("\0", "{").replace("\1", "}").replace("<`", "`").replace("`>", "`")


if __name__ == "__main__":
    sys.stdout.write(findings_page())
