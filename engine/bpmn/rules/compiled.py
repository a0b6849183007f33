"""The last word: a model without errors is compiled as it will be run, so that check and deployment never differ."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from engine.bpmn.dialect import called_by, static
from engine.bpmn.process import compile
from engine.bpmn.rules.base import Context
from engine.domain.errors import Refused
from engine.domain.values import Finding
from engine.model.xml import BPMN


def refusals(c: Context) -> Iterator[Finding]:
    """What the compiler refuses in the executable processes (CRM-170, CRM-191); called processes are stood in for."""
    here = {p.id for p in c.model.processes}
    called = {static(called_by(n)) for n in c.model.all_nodes() if n.kind == "callActivity"}
    away = {name: _stand_in(name) for name in called if name and name not in here}
    seen: set[tuple[str, str | None]] = set()
    for process in c.model.processes:
        if not process.executable or not process.id:
            continue
        try:
            compile(c.source, process.id, away)
        except Refused as e:
            for finding in e.findings:
                if (finding.message, finding.element) not in seen:
                    seen.add((finding.message, finding.element))
                    yield finding


def _stand_in(name: str) -> bytes:
    key = quoteattr(name)
    return f'<definitions xmlns="{BPMN}"><process id={key}><startEvent id="s"/></process></definitions>'.encode()
