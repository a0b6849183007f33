"""What a form says when data does not fit: English, and Simplified Chinese by ``locale``."""

from __future__ import annotations

from typing import Any

_TEXTS: dict[str, tuple[str, str]] = {
    "undeclared": ("The form has no such field.", "表单中没有此字段。"),
    "required": ("Field is required.", "此字段必填。"),
    "pattern": ("Field must match pattern {pattern}.", "此字段必须符合格式 {pattern}。"),
    "min": ("Field must have minimum value of {limit}.", "此字段的最小值为 {limit}。"),
    "max": ("Field must have maximum value of {limit}.", "此字段的最大值为 {limit}。"),
    "min_length": ("Field must have minimum length of {limit}.", "此字段至少需要 {limit} 个字符。"),
    "max_length": ("Field must have maximum length of {limit}.", "此字段最多 {limit} 个字符。"),
    "phone": (
        "Field must be a valid international phone number, e.g. +4930664040900.",
        "此字段必须是有效的国际电话号码，例如 +8613800138000。",
    ),
    "email": ("Field must be a valid email.", "此字段必须是有效的电子邮件地址。"),
    "number": ("Value is not a number.", "此值不是数字。"),
    "integer": ("Value is expected to be an integer.", "此值必须是整数。"),
    "decimals": ("Value has more than {limit} decimal digits.", "此值最多 {limit} 位小数。"),
    "increment": ("Value must be a multiple of {limit}.", "此值必须是 {limit} 的倍数。"),
    "text": ("Value is not a text.", "此值不是文本。"),
    "too_long": ("Text has more than {limit} characters.", "文本超过 {limit} 个字符。"),
    "boolean": ("Value is neither true nor false.", "此值必须为真或假。"),
    "list": ("Value is not a list.", "此值不是列表。"),
    "too_many": ("The list has more than {limit} entries.", "列表超过 {limit} 项。"),
    "object": ("Value is not a group of fields.", "此值不是字段组。"),
    "choice": ("{value} is not one of the choices.", "{value} 不在可选项之中。"),
    "date": ("Value is not a date, e.g. 2026-03-31.", "此值不是日期，例如 2026-03-31。"),
    "time": ("Value is not a time, e.g. 09:30.", "此值不是时间，例如 09:30。"),
    "datetime": (
        "Value is not a date and time, e.g. 2026-03-31T09:30+02:00.",
        "此值不是日期时间，例如 2026-03-31T09:30+08:00。",
    ),
    "zone": (
        "The time needs an offset from UTC, e.g. 09:30+02:00.",
        "时间需要时区偏移，例如 09:30+08:00。",
    ),
    "no_zone": ("The time must not have an offset from UTC.", "时间不能带时区偏移。"),
    "passed": ("The date has passed.", "日期已过。"),
    "file": ("Value is not a reference to an uploaded file.", "此值不是已上传文件的引用。"),
    "file_type": ("{value} is not of an accepted type ({accept}).", "{value} 的类型不被接受（{accept}）。"),
    "file_size": ("{value} is larger than {limit} bytes.", "{value} 超过 {limit} 字节。"),
    "one_file": ("Only one file may be given.", "只能提供一个文件。"),
    "limit": ("The form's own limit '{limit}' cannot be evaluated.", "表单的限制“{limit}”无法求值。"),
}


def is_chinese(locale: str) -> bool:
    """Is this one of the names of Simplified Chinese (zh, zh_Hans, zh-CN …)?"""
    return locale.replace("-", "_").split("_")[0].lower() == "zh"


def complaint(key: str, locale: str, **values: Any) -> str:
    """The text of a complaint in a language."""
    english, chinese = _TEXTS[key]
    return (chinese if is_chinese(locale) else english).format(**values)
