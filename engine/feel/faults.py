"""The errors FEEL raises: syntax (CRM-50x) and bounds (CRM-51x). Wrong types never raise, they give null.

=========  ==================================================================
CRM-500    the text cannot be read as FEEL (line, column, what was expected)
CRM-501    a string, comment or character that no token can be made of
CRM-502    the text is longer than a program may be
CRM-503    nested too deeply, or too tangled to read within the bounds
CRM-505    an external (Java, PMML) function: refused by name
CRM-506    an unknown kind of program was asked for
CRM-510    too many steps
CRM-511    recursion too deep
CRM-512    a result (list, string) too large
CRM-513    took too long
=========  ==================================================================
"""

from __future__ import annotations

from typing import Any

from engine.domain.errors import ExpressionError
from engine.feel.chinese import chinese

__all__ = ["ExpressionError", "Unfit", "failure", "place", "syntax_error", "too_large"]


class Unfit(Exception):
    """Inside the evaluator only: a value does not fit, the result is null, and this is why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def failure(code: str, message: str, *, fix: str, **context: Any) -> ExpressionError:
    """An error in both languages: ``context`` holds ``message_zh`` and ``fix_zh``."""
    return ExpressionError(code, message, fix=fix, message_zh=chinese(message), fix_zh=chinese(fix), **context)


def too_large(what: str) -> ExpressionError:
    """The error for a result or a value beyond the bounds."""
    return failure("CRM-512", f"FEEL: {what} is too large.", fix="Work on fewer or smaller values.")


def place(text: str, pos: int) -> tuple[int, int]:
    """Line and column (both from 1) of an offset."""
    line = text.count("\n", 0, pos) + 1
    return line, pos - (text.rfind("\n", 0, pos) + 1) + 1


def syntax_error(code: str, message: str, text: str, pos: int, *, expected: str = "") -> ExpressionError:
    """An error that names line, column, what was found and what was expected."""
    line, column = place(text, pos)
    return failure(
        code,
        f"FEEL, line {line}, column {column}: {message}.",
        fix=f"Expected {expected}." if expected else "Correct the expression at this place.",
        line=line,
        column=column,
        expected=expected,
        text=text if len(text) <= 200 else text[:200] + "…",
    )
