"""What the tests of pages and of the API share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.applications import compiled_once


@pytest.fixture(scope="session", autouse=True)
def quick_applications() -> Iterator[None]:
    with compiled_once():
        yield
