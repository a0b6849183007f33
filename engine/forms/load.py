"""Reads a form-js schema (Camunda Forms) into fields, and gathers what is wrong with it (codes in ``schema``)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine import feel
from engine.domain.errors import ExpressionError, Refused
from engine.domain.states import Severity
from engine.domain.values import Finding
from engine.feel import tree as t
from engine.feel.values import kind_of
from engine.forms.browser import differs, reads_hidden
from engine.forms.patterns import Unsafe, safe
from engine.forms.schema import CHOICES, CONTAINERS, INPUTS, REFUSED, SHOWN, Field, Rule, split

LIMIT = 1024 * 1024
DEPTH = 20
_KEY = re.compile(r"[^\s.\[\]]+(\.[^\s.\[\]]+)*\Z")
_LIMITS = ("min", "max", "minLength", "maxLength")


def read(content: bytes) -> tuple[dict[str, Any], tuple[Field, ...], list[Finding]]:
    """(schema, fields, warnings). Raises Refused CRM-160 or CRM-161 with every finding."""
    reader = _Reader()
    schema = reader.schema(content)
    fields = reader.fields(schema.get("components", []), 0) if schema is not None else ()
    for field, name in reads_hidden(fields):
        reader.note(
            "CRM-167",
            f"a condition reads '{name}', which may be hidden: the browser then knows its value, the server does not",
            f"条件读取了可能被隐藏的“{name}”：此时浏览器知道它的值，而服务器不知道",
            field.raw,
            severity=Severity.WARNING,
            fix="Read what decides about hiding it instead.",
            fix_zh="请改为读取决定其隐藏的字段。",
        )
    errors = [f for f in reader.found if f.severity is Severity.ERROR]
    if schema is None or errors:
        code = "CRM-160" if schema is None else "CRM-161"
        raise Refused(code, "The form cannot be used.", reader.found, fix="Mend what the findings name.")
    return schema, fields, reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.ids: set[str] = set()

    def note(
        self,
        code: str,
        text: str,
        zh: str,
        raw: Mapping[str, Any] | None = None,
        *,
        severity: Severity = Severity.ERROR,
        fix: str = "Mend it in a form editor and send the form again.",
        fix_zh: str = "请在表单编辑器中修正后重新提交。",
    ) -> None:
        raw = raw or {}
        self.found.append(
            Finding(
                code=code,
                severity=severity,
                message=text,
                message_zh=zh,
                element=str(raw["id"]) if raw.get("id") else None,
                name=str(raw.get("label") or raw.get("key") or "") or None,
                fix=fix,
                fix_zh=fix_zh,
            )
        )

    def schema(self, content: bytes) -> dict[str, Any] | None:
        """The JSON object, or None with a finding."""
        if len(content) > LIMIT:
            self.note("CRM-160", f"the form has more than {LIMIT} bytes", f"表单超过 {LIMIT} 字节")
            return None
        try:
            schema = json.loads(content)
        except (ValueError, RecursionError) as error:
            self.note("CRM-160", f"the form is not JSON: {error}", f"表单不是有效的 JSON：{error}")
            return None
        if (
            not isinstance(schema, dict)
            or schema.get("type", "default") != "default"
            or not isinstance(schema.get("components"), list)
        ):
            self.note(
                "CRM-160",
                'the file is not a form-js schema: it needs "type": "default" and a list "components"',
                '文件不是 form-js 表单：需要 "type": "default" 和列表 "components"',
            )
            return None
        if not schema.get("id"):
            self.note("CRM-160", "the form has no id", "表单没有标识（id）")
        return schema

    def fields(self, components: Any, depth: int) -> tuple[Field, ...]:
        if depth > DEPTH:
            self.note("CRM-161", f"fields are nested more than {DEPTH} deep", f"字段嵌套超过 {DEPTH} 层")
            return ()
        made = []
        for raw in components if isinstance(components, list) else []:
            if isinstance(raw, dict):
                found = self.field(raw, depth)
                if found is not None:
                    made.append(found)
            else:
                self.note("CRM-161", "a component is not an object", "有一个组件不是对象")
        return tuple(made)

    def field(self, raw: dict[str, Any], depth: int) -> Field | None:
        kind = raw.get("type")
        if isinstance(kind, str) and kind in REFUSED:
            self.note("CRM-163", f"field type '{kind}' is refused: {REFUSED[kind]}", f"不允许使用字段类型“{kind}”", raw)
            return None
        if not isinstance(kind, str) or kind not in INPUTS | SHOWN | CONTAINERS:
            self.note("CRM-161", f"field type '{kind}' is not known", f"未知的字段类型“{kind}”", raw)
            return None
        self._id(raw)
        _numbers(self, raw)
        validate = raw.get("validate") if isinstance(raw.get("validate"), dict) else {}
        assert isinstance(validate, dict)
        conditional = raw.get("conditional") if isinstance(raw.get("conditional"), dict) else {}
        assert isinstance(conditional, dict)
        return Field(
            type=kind,
            id=str(raw.get("id") or ""),
            path=self._path(raw, kind),
            label=str(raw.get("label") or raw.get("key") or raw.get("id") or ""),
            raw=raw,
            hide=unary(self._rule(conditional.get("hide"), raw)),
            readonly=self._rule(raw.get("readonly"), raw, bool(raw.get("disabled"))),
            validate={k: self._limit(v, k, raw) for k, v in validate.items() if v not in (None, "")},
            pattern=self._pattern(validate.get("pattern"), raw),
            fields=self.fields(raw.get("components"), depth + 1),
            program=self._expression(raw.get("expression"), raw) if kind == "expression" else None,
            **self._options(raw, kind),
        )

    def _id(self, raw: dict[str, Any]) -> None:
        if raw.get("id") in (None, ""):
            return
        key = str(raw["id"])
        if key in self.ids:
            self.note("CRM-161", f"id '{key}' is used twice", f"标识“{key}”重复", raw)
        self.ids.add(key)

    def _path(self, raw: dict[str, Any], kind: str) -> tuple[str, ...]:
        if kind in SHOWN:
            return ()
        key = raw.get("path") if kind in CONTAINERS else raw.get("key")
        if key in (None, ""):
            if kind in INPUTS or kind == "dynamiclist":
                what = "path" if kind == "dynamiclist" else "key"
                self.note("CRM-161", f"a {kind} needs a {what}", f"{kind} 需要 {what}", raw)
            return ()
        if not isinstance(key, str) or not _KEY.match(key):
            self.note("CRM-161", f"key '{key}' is not well formed", f"键“{key}”格式不正确", raw)
            return ()
        return split(key)

    def _rule(self, value: Any, raw: Mapping[str, Any], fixed: bool = False) -> Rule:
        if isinstance(value, str) and value.startswith("="):
            return Rule(fixed, self._expression(value, raw))
        return Rule(fixed or value is True)

    def _expression(self, text: Any, raw: Mapping[str, Any]) -> Any:
        """The program of ``=…``; None for what is no expression."""
        if not isinstance(text, str) or not text.startswith("="):
            return None
        try:
            program = feel.compile(text[1:].strip())
            self._compare(program, raw)
            return program
        except ExpressionError as error:
            self.note(
                "CRM-162",
                f"'{text[:200]}' cannot be read: {error.message}",
                f"表达式“{text[:200]}”无法解析：{error.message}",
                raw,
                fix=error.fix,
            )
            return None

    def _compare(self, program: Any, raw: Mapping[str, Any]) -> None:
        """Warn where the browser's engine may read it otherwise."""
        found = differs(program)
        if found is not None:
            self.note(
                "CRM-167",
                f"'={program.text[:200]}': {found[0]}",
                f"“={program.text[:200]}”：{found[1]}",
                raw,
                severity=Severity.WARNING,
                fix="The server's answer holds. Write it within the subset of docs/forms.md to have both agree.",
                fix_zh="以服务器的结果为准。若要两边一致，请使用 docs/forms.md 中列出的子集。",
            )

    def _limit(self, value: Any, name: str, raw: Mapping[str, Any]) -> Any:
        if name not in _LIMITS:
            return value
        if isinstance(value, str) and value.startswith("="):
            return self._expression(value, raw)
        number = feel.from_json(value) if not isinstance(value, str) else feel.evaluate("number(v)", {"v": value})
        if kind_of(number) != "number":
            self.note("CRM-166", f"'{name}' is '{value}', not a number", f"“{name}”的值“{value}”不是数字", raw)
        return number

    def _pattern(self, text: Any, raw: Mapping[str, Any]) -> Any:
        if not text:
            return None
        try:
            return safe(str(text))
        except Unsafe as error:
            self.note(
                "CRM-164",
                f"pattern '{text}' is refused: {error}",
                f"不接受格式“{text}”：{error.zh}",
                raw,
                fix="Write it without a repetition inside a repetition.",
                fix_zh="请避免在重复中再嵌套重复。",
            )
            return None

    def _options(self, raw: dict[str, Any], kind: str) -> dict[str, Any]:
        """Where the choices of a field come from."""
        if kind not in CHOICES:
            return {}
        program = self._expression(raw.get("valuesExpression"), raw)
        if program is not None:
            return {"options_program": program}
        if raw.get("valuesKey"):
            return {"options_key": split(raw["valuesKey"])}
        values = raw.get("values")
        if isinstance(values, list):
            return {"options": tuple(choices(values))}
        if not raw.get("valuesExpression"):
            self.note("CRM-165", f"a {kind} offers no choices", f"{kind} 没有可选项", raw)
        return {}


def _numbers(reader: _Reader, raw: Mapping[str, Any]) -> None:
    """Limits that stand outside ``validate`` must be numbers."""
    properties = raw.get("properties")
    size = properties.get("maxSize") if isinstance(properties, Mapping) else None
    for name, value, shape in (
        ("increment", raw.get("increment"), r"\d{1,15}(\.\d{1,15})?"),
        ("decimalDigits", raw.get("decimalDigits"), r"\d{1,2}"),
        ("maxSize", size, r"\d{1,15}"),
    ):
        if value not in (None, "") and not re.fullmatch(shape, str(value)):
            text, zh = f"'{name}' is '{value}', not a number", f"“{name}”的值“{value}”不是数字"
            reader.note("CRM-166", text, zh, raw)


def unary(rule: Rule) -> Rule:
    """A condition to hide, as form-js reads it: a unary test of nothing, so that null is true and ``not`` is a test."""
    node = None if rule.program is None else rule.program.tree
    if not isinstance(node, t.Call) or node.function != t.Name("not") or len(node.args) != 1:
        return rule
    return Rule(rule.fixed, feel.Program(rule.program.text, "expression", node.args[0]), negated=True)


def choices(values: Any) -> Iterator[Any]:
    """The values of a list of choices: plain ones, or objects with ``value`` (and ``label``)."""
    for one in values if isinstance(values, list) else []:
        if isinstance(one, Mapping):
            if "value" in one:
                yield one["value"]
            elif "label" in one:
                yield one["label"]
        else:
            yield one
