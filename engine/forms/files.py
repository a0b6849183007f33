"""Files in a form's data: which fields take them, whether one fits, and that what is named was really stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from engine.domain.errors import BadForm
from engine.forms.form import Form
from engine.forms.schema import Field
from engine.forms.texts import complaint
from engine.forms.validate import MISSING, get, put
from engine.forms.values import Misfit, fits_file

Look = Callable[[str], Mapping[str, Any] | None]
_NUMBER = re.compile(r"\[\d+\]")


def pickers(fields: Sequence[Field], prefix: str = "") -> Iterator[tuple[str, Field]]:
    """(path, field) of every field that takes files; entries of lists without their number."""
    for field in fields:
        path = prefix + ".".join(field.path)
        if field.type == "filepicker" and field.path:
            yield path, field
        elif field.fields:
            yield from pickers(field.fields, path + "." if field.path else prefix)


def accept(form: Form, path: str, file: Mapping[str, Any], locale: str = "en") -> None:
    """Whether a field takes a file ``{"id", "name", "type", "size"}``. Raises BadForm CRM-210, CRM-211."""
    field = dict(pickers(form.fields)).get(_NUMBER.sub("", path))
    if field is None:
        text = complaint("undeclared", locale)
        raise BadForm("CRM-211", f"The form '{form.id}' takes no file at '{path}'.", {path: (text,)})
    try:
        fits_file(field, file)
    except Misfit as misfit:
        text = complaint(misfit.key, locale, **misfit.values)
        raise BadForm("CRM-210", text, {path: (text,)}, fix="Choose another file.") from misfit


def with_facts(form: Form, data: Mapping[str, Any], look: Look) -> dict[str, Any]:
    """The data with every file as it was stored, whatever was claimed of it; ``look(id)`` gives its facts or None.

    A file that was not stored loses its id, and validation then complains at its field.
    """
    if not any(True for _ in pickers(form.fields)):
        return dict(data)
    out = deepcopy(dict(data))
    _fill(form.fields, out, look)
    return out


def _fill(fields: Sequence[Field], data: dict[str, Any], look: Look) -> None:
    for field in fields:
        inner = get(data, field.path) if field.path else data
        if inner is MISSING:
            continue
        if field.type == "filepicker" and field.path:
            many = [_facts(one, look) for one in inner] if isinstance(inner, list) else _facts(inner, look)
            put(data, field.path, many)
        elif field.repeats and isinstance(inner, list):
            for row in inner:
                if isinstance(row, dict):
                    _fill(field.fields, row, look)
        elif field.fields and isinstance(inner, dict):
            _fill(field.fields, inner, look)


def _facts(file: Any, look: Look) -> Any:
    if file in (None, ""):
        return file
    key = file.get("id") if isinstance(file, Mapping) else None
    found = look(key) if isinstance(key, str) else None
    return dict(found) if found is not None else {"id": None}
