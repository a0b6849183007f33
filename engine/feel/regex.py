"""Regular expressions of XPath (DMN 1.5, 10.3.4.3: matches, replace, split), translated to Python's."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.feel.faults import Unfit


class Pattern:
    """One compiled pattern."""

    def __init__(self, text: str, flags: str) -> None:
        bits = 0
        for flag in flags:
            if flag not in "smixq":
                raise Unfit(f"there is no flag {flag!r}; known are s, m, i, x")
            bits |= {"s": re.S, "m": re.M, "i": re.I, "x": re.X}.get(flag, 0)
        if "q" in flags:
            text = re.escape(text)
        if "x" in flags:
            text = re.sub(r"\s", "", text)
            bits &= ~re.X
        try:
            self.compiled = re.compile(text, bits)
        except (re.error, OverflowError, RecursionError) as error:
            raise Unfit(f"the pattern cannot be read: {error}") from error

    def search(self, string: str) -> bool:
        return self.compiled.search(string) is not None

    def replace(self, string: str, replacement: str) -> str:
        template = re.sub(r"\\([\\$])|\$(\d)|\\", self._part, replacement)
        return self.compiled.sub(template, string)

    def _part(self, found: re.Match[str]) -> str:
        if found[1]:
            return "\\\\" if found[1] == "\\" else "$"
        if found[2]:
            return f"\\g<{found[2]}>" if int(found[2]) <= self.compiled.groups else ""
        return "\\\\"

    def split(self, string: str) -> list[str]:
        plain = re.compile(self.compiled.pattern, self.compiled.flags)
        out, at = [], 0
        for found in plain.finditer(string):
            out.append(string[at : found.start()])
            at = found.end()
        return [*out, string[at:]]


@lru_cache(maxsize=512)
def pattern(text: str, flags: str) -> Pattern:
    """A pattern, compiled once; ``Unfit`` if it cannot be read."""
    return Pattern(text, flags)
