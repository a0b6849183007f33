"""Reading YAML that people hand in: bounded in size and depth, never objects, one kind of error whatever is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass
class _Open:
    """A list or mapping being read."""

    anchor: str | None
    before: int  # values before it
    keys: set[str] | None  # None: a list
    below: int = 0  # levels below it so far
    key: bool = True  # whether a mapping's key comes next


def bounded(content: bytes | str) -> None:
    """Refuse YAML that is nested or repeats itself beyond measure, says one thing twice, or what nobody could keep.

    An alias counts for all that it stands for: a text of a thousand characters may else mean more than fits in any
    memory. Raises ``yaml.YAMLError``.
    """
    sizes: dict[str, tuple[int, int]] = {}  # anchor → values below it, levels below it
    above: list[_Open] = []
    values = 0
    for event in yaml.parse(content, Loader=PARSER):
        below = 0
        if isinstance(event, yaml.NodeEvent) and above:
            _once(above[-1], event)
        if isinstance(event, yaml.CollectionEndEvent):
            ended = above.pop()
            below = ended.below + 1
            if ended.anchor:
                sizes[ended.anchor] = (values - ended.before, below)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise _refused("it refers to what it is in itself", event)
            more, below = sizes[event.anchor]
            values += more
        elif isinstance(event, yaml.CollectionStartEvent):
            above.append(_Open(event.anchor, values, set() if isinstance(event, yaml.MappingStartEvent) else None))
            values += 1
        elif isinstance(event, yaml.ScalarEvent):
            values += 1
            if event.anchor:
                sizes[event.anchor] = (1, 0)
            if "\x00" in event.value:
                raise _refused("it holds a character that nobody could keep", event)
        if above:
            above[-1].below = max(above[-1].below, below)
        if len(above) + below > _DEEPEST or values > _MOST:
            raise _refused("it is too large or nested too deeply", event)


def _once(inside: _Open, event: yaml.NodeEvent) -> None:
    """Refuse a mapping with a key twice: PyYAML keeps the last one and loses the first without a word."""
    if inside.keys is None:
        return
    if inside.key and isinstance(event, yaml.ScalarEvent) and event.value != "<<":
        if event.value in inside.keys:
            raise _refused(f"it says '{event.value}' twice in one place", event)
        inside.keys.add(event.value)
    inside.key = not inside.key


def _refused(why: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=why, problem_mark=event.start_mark)
