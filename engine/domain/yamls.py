"""Reading YAML that people hand in: bounded in size and depth, never objects, one kind of error whatever is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

#: Safe, and with libyaml many times faster, where it is.
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST, _MOST = 60, 100_000


def load(content: bytes | str, parser: Any = PARSER) -> Any:
    """The one document of ``content``, None if there is none. Raises ``yaml.YAMLError`` whatever is wrong with it."""
    with reading():
        bounded(content)
        return yaml.load(content, Loader=parser)  # noqa: S506 (a safe loader)


def line_of(error: yaml.YAMLError) -> int | None:
    """The line it is about, counted from 1, if it says."""
    mark = getattr(error, "problem_mark", None)
    return None if mark is None else int(mark.line) + 1


@contextmanager
def reading() -> Iterator[None]:
    """Whatever is wrong with the text is a ``yaml.YAMLError``: PyYAML lets dates and numbers that are none through."""
    try:
        yield
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise yaml.YAMLError(f"a value is not what it says it is: {error}") from error


def bounded(content: bytes | str) -> None:
    """Refuse YAML that is nested or repeats itself beyond measure. Raises ``yaml.YAMLError``."""
    deep = 0
    anchors = aliases = 0
    for number, event in enumerate(yaml.parse(content, Loader=PARSER)):
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            deep += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            deep -= 1
        anchors += getattr(event, "anchor", None) is not None
        aliases += isinstance(event, yaml.AliasEvent)
        if deep > _DEEPEST or number > _MOST or aliases * anchors > _MOST:
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(problem="it is too large or nested too deeply", problem_mark=mark)
