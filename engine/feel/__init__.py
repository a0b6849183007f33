"""FEEL, the one expression language of crmflow (DMN 1.5, chapter 10): compiled once, bounded, explained.

Nothing in an expression reaches Python, files or the network; a wrong type gives null and a diagnostic, a syntax
error or a bound left raises ``ExpressionError`` (CRM-5xx).
"""

from __future__ import annotations

from engine.feel.analysis import Analysis, Hint, analyse
from engine.feel.bounds import Limits, at
from engine.feel.conform import coerce, conforms
from engine.feel.json import from_json, to_json
from engine.feel.kinds import Type
from engine.feel.parser import parse, parse_type
from engine.feel.printer import to_text
from engine.feel.program import Diagnostic, Program, compile, evaluate
from engine.feel.values import Function, Range, adopt

__all__ = [
    "Analysis",
    "Diagnostic",
    "Function",
    "Hint",
    "Limits",
    "Program",
    "Range",
    "Type",
    "adopt",
    "analyse",
    "at",
    "coerce",
    "compile",
    "conforms",
    "evaluate",
    "from_json",
    "parse",
    "parse_type",
    "to_json",
    "to_text",
]
