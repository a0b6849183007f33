"""Expressions of a model: FEEL after ``=``, literal text otherwise. The one place where the runtime meets FEEL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine import feel
from engine.domain.errors import ExpressionError, RunError

#: ``instance`` (id, businessKey) is also a word of FEEL (``instance of``): the parser must know it as a name.
_NAMES = frozenset({"instance"})
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*\Z")

LONGEST = 255  # characters of what a case is found by: names of messages, correlation keys, job types, forms
LOGIN = 115  # of a person or team, a prefix left room for


class Expr:
    """An expression compiled once. ``constant`` is set where the text is a literal (no FEEL)."""

    __slots__ = ("constant", "program", "text")

    def __init__(self, text: str, program: Any = None) -> None:
        self.text = text
        self.program = program
        self.constant = None if program is not None else text

    def __repr__(self) -> str:
        return f"Expr({self.text!r})"

    def value(self, view: Mapping[str, Any]) -> Any:
        """The value in this scope. Raises ``ExpressionError`` when FEEL leaves its bounds (CRM-51x)."""
        if self.program is None:
            return self.constant
        return self.program.evaluate(view)

    def explain(self, view: Mapping[str, Any]) -> str:
        """Why the value is null, in words, for an error message; ``""`` when FEEL has nothing to say."""
        if self.program is None:
            return ""
        _, notes = self.program.diagnose(view)
        return "; ".join(note.message for note in notes[:3])


def compiled(text: str | None, *, condition: bool = False) -> Expr | None:
    """Compile ``= …`` as FEEL, other text as a literal; a ``condition`` is FEEL either way.

    Raises ``ExpressionError`` CRM-50x where the FEEL cannot be read.
    """
    if text is None or not text.strip():
        return None
    stripped = text.strip()
    if stripped.startswith("="):
        return Expr(stripped, feel.compile(stripped[1:], names=_NAMES))
    if condition:
        return Expr(stripped, feel.compile(stripped, names=_NAMES))
    return Expr(stripped)


def text_of(expr: Expr | None, view: Mapping[str, Any], what: str, most: int = LONGEST) -> str | None:
    """The expression as text (numbers and times are written out); null stays None.

    Raises ``RunError`` CRM-614 when the value is a list, a context or a function, CRM-625 when it is too long.
    """
    if expr is None:
        return None
    value = expr.value(view)
    if value is None:
        return value
    if isinstance(value, str):
        return _short(value, what, most)
    if isinstance(value, Mapping) or (isinstance(value, Sequence) and not isinstance(value, str)):
        raise RunError(
            "CRM-614",
            f"{what} '{expr.text}' gives {type(value).__name__}, not a text.",
            fix="Let the expression give a text or a number.",
        )
    return _short(str(feel.to_json(value)), what, most)


def _short(text: str, what: str, most: int) -> str:
    if len(text) > most or "\0" in text:
        begins = text[:40].replace("\0", "?")
        raise RunError(
            "CRM-625",
            f"{what} '{begins}…' is longer than {most} characters, or holds one that cannot be stored.",
            fix="Let the expression give a shorter text, such as a number or a record's id.",
        )
    return text


def texts_of(expr: Expr | None, view: Mapping[str, Any], what: str, most: int = LONGEST) -> tuple[str, ...]:
    """A list of texts: a FEEL list, or literal text separated by commas. Raises ``RunError`` CRM-614, CRM-625."""
    if expr is None:
        return ()
    value = expr.value(view)
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(_short(part.strip(), what, most) for part in value.split(",") if part.strip())
    if isinstance(value, list | tuple):
        return tuple(_short(str(feel.to_json(item)), what, most) for item in value if item is not None)
    raise RunError(
        "CRM-614",
        f"{what} '{expr.text}' gives {type(value).__name__}, not a list of texts.",
        fix='Write a list such as = ["sales", "service"], or text separated by commas.',
    )


def valid_target(path: str) -> bool:
    """Whether a mapping's target or a result variable is a name or a dotted path of names."""
    return bool(_NAME.match(path))


__all__ = ["LOGIN", "LONGEST", "Expr", "ExpressionError", "compiled", "text_of", "texts_of", "valid_target"]
