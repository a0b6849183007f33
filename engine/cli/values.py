"""Values from the command line: ``--var name=value``, JSON texts and files, model files by path."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.domain.errors import Invalid
from engine.domain.values import FileIn

MODELS = (".bpmn", ".dmn", ".form", ".json", ".xml")


def variables(pairs: Iterable[str], text: str | None = None) -> dict[str, Any]:
    """``name=value`` pairs on top of a JSON object. A value that is JSON is taken as such, else as text."""
    found = json_object(text) if text else {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip():
            raise Invalid("CRM-063", f"'{pair}' is not of the form name=value.", fix="Write --var name=value.")
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            found[name.strip()] = value
    return found


def json_object(text: str) -> dict[str, Any]:
    """A JSON object given as text, or as ``@file``. Raises CRM-064."""
    source = "the text"
    if text.startswith("@"):
        source = f"'{text[1:]}'"
        text = read(Path(text[1:])).decode("utf-8", errors="replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(
            "CRM-064", f"{source} is not JSON: {error}.", fix="""Write a JSON object, as in '{"approved": true}'."""
        ) from error
    if not isinstance(value, dict):
        raise Invalid("CRM-064", f"{source} is JSON, but not an object.", fix="Put it into {…}.")
    return value


def read(path: Path) -> bytes:
    """A file's content. Raises CRM-061."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(
            "CRM-061", f"'{path}' cannot be read: {error.strerror}.", fix="Check the path and its permissions."
        ) from error


def _is_model(path: Path) -> bool:
    """Models, forms, labels, scenarios; not the JSON Schemas and templates that lie beside them."""
    if path.name.endswith(".schema.json") or "element-templates" in path.parts:
        return False
    return (
        path.suffix in MODELS or path.name.startswith("labels.") or path.name.endswith((".scenario.yaml", ".sla.yaml"))
    )


def model_files(paths: Iterable[str]) -> tuple[FileIn, ...]:
    """The files named, and in folders all models, forms and labels below, by name. Raises CRM-062 if there is none."""
    found: dict[Path, FileIn] = {}
    named = [Path(path) for path in paths]
    for path in named:
        inside = sorted(one for one in path.rglob("*") if _is_model(one)) if path.is_dir() else [path]
        for one in inside:
            found.setdefault(one.resolve(), FileIn(str(one), read(one)))
    if not found:
        raise Invalid(
            "CRM-062",
            f"There is no model in {', '.join(str(path) for path in named)}.",
            fix=f"Name files that end in {', '.join(MODELS)}, or a folder with some.",
        )
    return tuple(found.values())
