"""A loaded form: its schema, its keys, and the validation of data against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.domain.errors import BadForm
from engine.domain.values import Finding
from engine.forms.load import read
from engine.forms.reads import reads
from engine.forms.schema import Field
from engine.forms.texts import complaint, is_chinese
from engine.forms.validate import Place, Validation, undeclared


class Form:
    """A form-js form. Immutable; may be shared between threads."""

    def __init__(self, schema: dict[str, Any], fields: Sequence[Field], findings: Sequence[Finding]) -> None:
        self.schema = schema
        self.id = str(schema["id"])
        self.fields = tuple(fields)
        self.findings = tuple(findings)  # warnings of loading
        self.keys = tuple(dict.fromkeys(_keys(self.fields, "")))
        self.reads = reads(schema)  # paths its conditions, templates and choices look at

    def validate(
        self, data: Mapping[str, Any], scope: Mapping[str, Any] | None = None, *, locale: str = "en"
    ) -> dict[str, Any]:
        """The cleaned data, nested as the keys say; ``scope``: the task's variables, as the form was drawn from.

        Data of hidden and read-only fields is dropped. A field that is not in ``data`` keeps the variable's value,
        or takes its default value. Merge the result into the variables with ``merge``.
        Raises BadForm CRM-211 for data the form does not declare, CRM-210 with every complaint by field path.
        """
        strange = undeclared(self.fields, data)
        if strange:
            text = complaint("undeclared", locale)
            raise BadForm(
                "CRM-211",
                f"The form '{self.id}' does not declare: {', '.join(strange[:20])}.",
                dict.fromkeys(strange, (text,)),
                fix="Send only fields of the form.",
            )
        scope = scope or {}
        check = Validation(locale)
        out: dict[str, Any] = {}
        check.walk(self.fields, Place(scope, data, out, scope))
        if check.complaints:
            fields = ", ".join(check.complaints)
            chinese = is_chinese(locale)
            raise BadForm(
                "CRM-210",
                f"表单“{self.id}”的数据不正确：{fields}。" if chinese else f"Check the fields {fields}.",
                check.complaints,
            )
        return out


def load(content: bytes | str) -> Form:
    """Read a form-js schema (JSON). Raises Refused CRM-160 … CRM-161 with every finding."""
    return Form(*read(content.encode() if isinstance(content, str) else content))


def merge(variables: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Variables with cleaned form data over them, group by group; lists are replaced as a whole."""
    out = dict(variables)
    for name, value in data.items():
        old = out.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            out[name] = merge(old, value)
        else:
            out[name] = value
    return out


def _keys(fields: Sequence[Field], prefix: str) -> Iterator[str]:
    for field in fields:
        path = prefix + ".".join(field.path)
        if field.keyed or field.repeats:
            yield path
        elif field.fields:
            yield from _keys(field.fields, path + "." if field.path else prefix)
