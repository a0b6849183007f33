"""Findings of DMN files, in English and Chinese; the codes CRM-150 … CRM-159 are told apart here.

==== =====================================================================================
150  the file cannot be read as DMN
151  something is missing, doubled, dangling or does not fit (references, cells, hit policy)
152  an expression cannot be read as FEEL
153  a type is not known
154  logic in another language (Java, PMML, JUEL, scripts) is refused
155  part of a table could not be checked for gaps and overlaps
156  gap: an input for which no rule matches
157  overlap that the hit policy forbids
158  a rule that never decides anything
159  a rule that says the same as another
==== =====================================================================================
"""

from __future__ import annotations

from typing import Any

from engine.dmn.tree import Node
from engine.domain.states import Severity
from engine.domain.values import Finding


class Notes:
    """Gathers findings while a file is read, so that all are told at once."""

    def __init__(self, file: str | None = None) -> None:
        self.file = file
        self.found: list[Finding] = []

    def add(
        self,
        code: str,
        message: str,
        message_zh: str,
        *,
        at: Node | None = None,
        line: int | None = None,
        element: str | None = None,
        name: str | None = None,
        severity: Severity = Severity.ERROR,
        fix: str = "",
        fix_zh: str = "",
        **params: Any,
    ) -> None:
        """Note one finding at an element or a line."""
        self.found.append(
            Finding(
                code=code,
                severity=severity,
                message=message,
                message_zh=message_zh,
                element=element or (at.id if at else None),
                name=name or (at.label if at else None),
                line=line if line is not None else (at.line if at else None),
                fix=fix,
                fix_zh=fix_zh,
                file=self.file,
                params=params,
            )
        )

    @property
    def errors(self) -> list[Finding]:
        return [f for f in self.found if f.severity is Severity.ERROR]
