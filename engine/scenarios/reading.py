"""Reads scenario files: YAML with the line of every key, and complaints that name it and the nearest known key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from engine.domain import yamls
from engine.domain.errors import Refused
from engine.domain.states import Severity
from engine.domain.values import Finding
from engine.scenarios.schema import File

_DEEPEST = 80
_MOST = 200_000  # parts of a file, those that aliases repeat included
Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read: what it says, and on which line each part stands."""

    name: str
    file: File
    lines: Mapping[Loc, int] = field(repr=False)

    def line(self, *loc: str | int) -> int:
        """The line of a part, or of the nearest part around it."""
        for end in range(len(loc), 0, -1):
            if (found := self.lines.get(loc[:end])) is not None:
                return found
        return 1


class _Loader(yamls.PARSER):  # type: ignore[misc]
    """YAML whose dates and times stay text: the file's values are JSON's."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, found) for tag, found in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(name: str, content: bytes) -> Read:
    """A scenario file. Raises ``Refused`` CRM-880 with a finding per complaint."""
    try:
        value, lines = _parsed(content)
    except yaml.YAMLError as error:
        said = getattr(error, "problem", None) or str(error)
        finding = _finding(name, yamls.line_of(error), f"This is not YAML: {said}.", "Mend the line.")
        raise _refused(name, [finding]) from error
    try:
        return Read(name, File.model_validate(value), lines)
    except ValidationError as error:
        raise _refused(name, [_complaint(name, each, lines) for each in error.errors()]) from error


def _parsed(content: bytes) -> tuple[Any, dict[Loc, int]]:
    """(value, where each part of it is written). Raises ``yaml.YAMLError``."""
    lines: dict[Loc, int] = {}
    with yamls.reading():
        yamls.bounded(content)
        loader = _Loader(content)
        try:
            tree = loader.get_single_node()
            for at, line in _lines(tree, ()):
                lines[at] = line
                if len(lines) > _MOST:  # aliases of aliases
                    raise yaml.MarkedYAMLError(problem="it says too much", problem_mark=tree.start_mark)
            return loader.construct_document(tree) if tree is not None else None, lines
        finally:
            loader.dispose()


def plain(content: bytes) -> Any:
    """Any YAML as plain values; dates stay text."""
    return yamls.load(content, _Loader)


def _lines(node: Any, loc: Loc) -> Iterator[tuple[Loc, int]]:
    if node is None:
        return
    if len(loc) > _DEEPEST:  # an alias of what it is in
        raise yaml.MarkedYAMLError(problem="it is nested too deeply", problem_mark=node.start_mark)
    yield loc, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*loc, key.value)
            yield from _lines(value, inner)
            yield inner, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*loc, index))


def _complaint(name: str, error: Any, lines: Mapping[Loc, int]) -> Finding:
    loc: Loc = tuple(error["loc"])
    line = next((lines[loc[:end]] for end in range(len(loc), -1, -1) if loc[:end] in lines), 1)
    key = ".".join(str(part) for part in loc) or "the file"
    kind = error["type"]
    if kind == "extra_forbidden":
        near = get_close_matches(str(loc[-1]), _known(), n=1, cutoff=0.5)
        return _finding(
            name,
            line,
            f"Nobody knows the key '{loc[-1]}' ({key}).",
            f"Did you mean '{near[0]}'?" if near else "Leave it out; docs/scenarios.md lists the keys.",
        )
    if kind == "missing":
        return _finding(name, line, f"The key '{loc[-1]}' is missing ({key}).", "Add it; docs/scenarios.md shows how.")
    said = _WRONG.get(kind) or str(error["msg"]).removeprefix("Value error, ")
    if kind == "string_pattern_mismatch":
        said = f"it must be one of {error['ctx']['pattern'].strip('^()$').replace('|', ', ')}"
    return _finding(name, line, f"'{key}' does not fit: {said}.", "See docs/scenarios.md.")


#: In words of the file, not of Python.
_WRONG = {
    "model_type": "it must have keys with values",
    "model_attributes_type": "it must have keys with values",
    "dict_type": "it must have keys with values",
    "list_type": "it must be a list",
    "string_type": "it must be a text",
    "bool_type": "it must be true or false",
    "int_type": "it must be a whole number",
    "too_short": "it is empty",
}


@cache
def _known() -> tuple[str, ...]:
    """Every key that the file may have somewhere."""
    found: set[str] = set()
    waiting: list[Any] = [File]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, each in kind.model_fields.items():
                found.add(each.alias or name)
                waiting.append(each.annotation)
        else:
            waiting.extend(get_args(kind))
    return tuple(sorted(found))


def _finding(file: str, line: int | None, message: str, fix: str) -> Finding:
    return Finding("CRM-880", Severity.ERROR, message, line=line, file=file, fix=fix)


def _refused(name: str, findings: list[Finding]) -> Refused:
    first = findings[0]
    return Refused(
        "CRM-880",
        f"{name}:{first.line or 1}: {first.message}",
        findings,
        fix=first.fix,
    )
