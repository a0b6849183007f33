"""How the columns of a file become the fields of a record: the mapping file of ``crmflow records import``.

::

    kind: lead                      # kind of record
    source: fair-2026               # first part of the external id: the same row again is the same record
    id: [Email]                     # columns that name a row; without it, the row's number
    encoding: gbk                   # else UTF-8, then GB 18030
    separator: ";"                  # else whichever makes most columns
    start: check-order              # definition to start for every new record
    fields:
      name: Full Name               # a column
      country: {value: DE}          # the same for all
      grade: {column: Rating, map: {A: hot, B: warm}, default: cold}
      born: {column: Birthday, date: "%d.%m.%Y"}
      amount: {column: Umsatz, decimal: ","}
      size: {feel: 'if number(Staff) > 250 then "large" else "small"'}     # columns by name, "row" for all
    skip: 'row.Status = "deleted"'  # FEEL: rows that are left out
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from engine import feel
from engine.cli.reading import Line, Source
from engine.cli.values import read
from engine.domain import yamls
from engine.domain.commands import ImportRow
from engine.domain.errors import CrmflowError, Invalid

KNOWN = frozenset({"kind", "source", "id", "encoding", "separator", "start", "fields", "skip"})
Getter = Callable[[Mapping[str, str]], Any]


class PlainLoader(yaml.SafeLoader):
    """YAML as people read it: a column called ``No`` and the country ``NO`` are texts, not false (YAML 1.2)."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A mapping file, checked."""

    kind: str
    source: str
    id: tuple[str, ...]
    encoding: str | None
    separator: str | None
    start: str | None
    fields: Mapping[str, Getter | str]  # a text is FEEL, read when the file is known
    columns: frozenset[str]  # those it names
    skip: Getter | str | None
    digest_of: bytes
    path: Path

    def fit(self, source: Source) -> ColumnMap:
        """The mapping for this file: FEEL is read with its columns' names. Raises CRM-066, CRM-067."""
        missing = sorted(self.columns - set(source.columns))
        if missing:
            raise Invalid(
                "CRM-067",
                f"'{source.path}' has no column '{missing[0]}'.",
                fix=f"Its columns are: {', '.join(source.columns)}.",
            )
        fields = {name: self._getter(name, get, source) for name, get in self.fields.items()}
        return replace(self, fields=fields, skip=self.skip and self._getter("skip", self.skip, source))

    def _getter(self, name: str, get: Getter | str, source: Source) -> Getter:
        if not isinstance(get, str):
            return get
        try:
            program = feel.compile(get, names=source.columns)
        except CrmflowError as error:
            raise _bad(self.path, f"'{name}' is not FEEL: {error.message}") from error
        return lambda row: feel.to_json(program.evaluate({**row, "row": row}))

    def row(self, line: Line) -> ImportRow | None:
        """A row of the file as a row of the import; what cannot be mapped is told as its problem. None: left out."""
        if line.problem:
            return ImportRow(line.number, {}, self._external(line), line.problem, line.raw)
        values = {name: value.strip() for name, value in line.values.items()}
        try:
            if callable(self.skip) and self.skip(values) is True:
                return None
            data = {name: get(values) for name, get in self.fields.items() if callable(get)}
        except CrmflowError as error:
            return ImportRow(line.number, {}, self._external(line), error.message, line.raw)
        filled = {name: value for name, value in data.items() if value not in (None, "")}
        problem = None
        if self.id and not any(values[name] for name in self.id):
            problem = f"has no {' and no '.join(self.id)} to be known by"
        return ImportRow(line.number, filled, self._external(line), problem, line.raw)

    def _external(self, line: Line) -> str:
        names = [line.values.get(name, "").strip() for name in self.id] or [str(line.number)]
        return f"{self.source}:{'/'.join(names)}"[:255].replace("\x00", "\ufffd")


def load(path: Path) -> ColumnMap:
    """Read a mapping file. Raises CRM-066 naming what is wrong in it."""
    content = read(path)
    try:
        found = yamls.load(content, PlainLoader)
    except yaml.YAMLError as error:
        raise _bad(path, f"is not YAML: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("fields"), dict) or not found["fields"]:
        raise _bad(path, "needs 'kind' and 'fields'")
    unknown = sorted(str(name) for name in set(found) - KNOWN)
    if unknown:
        raise _bad(path, f"has '{unknown[0]}', which is none of {', '.join(sorted(KNOWN))}")
    kind = found.get("kind")
    if not isinstance(kind, str) or not kind:
        raise _bad(path, "needs 'kind', the kind of record")
    columns: set[str] = set()
    fields = {str(name): _field(path, str(name), spec, columns) for name, spec in found["fields"].items()}
    ids = _names(found.get("id"))
    skip = found.get("skip")
    return ColumnMap(
        kind=kind,
        source=str(found.get("source") or path.stem),
        id=ids,
        encoding=found.get("encoding"),
        separator=found.get("separator"),
        start=found.get("start"),
        fields=fields,
        columns=frozenset(columns | set(ids)),
        skip=str(skip) if skip else None,
        digest_of=content,
        path=path,
    )


def _field(path: Path, name: str, spec: Any, columns: set[str]) -> Getter | str:
    """The function that makes a field's value from a row, or the FEEL text of one."""
    if isinstance(spec, str):
        columns.add(spec)
        return lambda row: row[spec]
    if not isinstance(spec, dict) or len({"column", "value", "feel"} & set(spec)) != 1:
        raise _bad(path, f"field '{name}' must be a column's name, or have one of column, value, feel")
    unknown = sorted(set(spec) - {"column", "value", "feel", "map", "default", "date", "decimal"})
    if unknown:
        raise _bad(path, f"field '{name}' has '{unknown[0]}', which is none of map, default, date, decimal")
    if "value" in spec:
        return lambda row: spec["value"]
    if "feel" in spec:
        return str(spec["feel"])
    column = str(spec["column"])
    columns.add(column)
    return _column(name, column, spec)


def _column(name: str, column: str, spec: Mapping[str, Any]) -> Getter:
    choices = {str(key): value for key, value in (spec.get("map") or {}).items()}

    def get(row: Mapping[str, str]) -> Any:
        text = row[column]
        if text == "":
            return spec.get("default")
        if choices:
            if text not in choices and "default" not in spec:
                raise Invalid("CRM-068", f"{column}: '{text}' is not in the map of '{name}'", fix="Add it.")
            return choices.get(text, spec.get("default"))
        if "date" in spec:
            return _date(column, text, spec["date"])
        if spec.get("decimal") == ",":
            return text.replace(".", "").replace(" ", "").replace(",", ".")
        return text.replace(",", "") if spec.get("decimal") == "." else text

    return get


def _date(column: str, text: str, formats: Any) -> str:
    for one in _names(formats):
        try:
            return datetime.strptime(text, one).date().isoformat()  # noqa: DTZ007 (a calendar day has no zone)
        except ValueError:
            continue
    wanted = " or ".join(_names(formats))
    raise Invalid("CRM-068", f"{column}: '{text}' is not a date written as {wanted}", fix="Mend the row.")


def _names(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    found: Iterable[Any] = [given] if isinstance(given, str) else given
    return tuple(str(one) for one in found)


def _bad(path: Path, what: str) -> Invalid:
    return Invalid("CRM-066", f"The mapping '{path}' {what}.", fix="See docs/cli.md, 'Importing records'.")
