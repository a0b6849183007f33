"""Applications by the hundred: every test opens its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.routing import Rule


@pytest.fixture(scope="session", autouse=True)
def builders_kept() -> Iterator[None]:
    """Werkzeug compiles two functions for each address; they depend on the address alone, so once is enough.

    They are nearly all that a fresh application costs (0.2 s for 260 addresses), and hundreds of tests make one.
    """
    kept: dict[Any, Callable[..., tuple[str, str]]] = {}
    real = Rule._compile_builder

    def known(self: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        if self.defaults:
            return real(self, append_unknown)
        key = self.rule, tuple(self._trace), append_unknown
        if key not in kept:
            kept[key] = real(self, append_unknown)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", known)
        yield
