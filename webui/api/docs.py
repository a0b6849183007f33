"""The document as JSON, and a page for people made from it: plain HTML, nothing loaded from elsewhere."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, render_template, request

from webui.api.document import build
from webui.api.problem import TITLES
from webui.api.routes import TAGS
from webui.api.routing import PREFIX


def schema() -> Response:
    """``/openapi.json``."""
    return Response(json.dumps(build(), ensure_ascii=False, indent=1), content_type="application/json")


def page() -> str:
    """``/docs``: every route with its right, what goes in, what comes out; ``?lang=zh`` for Chinese."""
    document = build()
    return render_template(
        "api/docs.html",
        document=document,
        tags=TAGS,
        prefix=PREFIX,
        titles=TITLES,
        zh=_wants_chinese(),
        sample=_sample,
        schemas=sorted(document["components"]["schemas"].items()),
        kind=_kind,
    )


def _wants_chinese() -> bool:
    chosen = request.args.get("lang") or request.accept_languages.best_match(["en", "zh", "zh-CN", "zh-Hans"]) or "en"
    return chosen.startswith("zh")


def _kind(schema: dict[str, Any]) -> str:
    """A schema's type in a few words: ``list of TaskRow``, ``text or null``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[1]
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    words = {"string": "text", "integer": "whole number", "null": "null", "object": "object"}
    plain = words.get(schema.get("type", ""), schema.get("type", "any"))
    return f"{plain} ({schema['format']})" if "format" in schema else str(plain)


def _sample(path: str, method: str, operation: dict[str, Any]) -> str:
    """How to call it with curl."""
    lines = ['curl -H "Authorization: Bearer $TOKEN"']
    if method != "get":
        lines.append(f"-X {method.upper()}")
    if any(one["name"] == "If-Match" and one["required"] for one in operation["parameters"]):
        lines.append("-H 'If-Match: \"1\"'")
    if "requestBody" in operation:
        lines.append("-H 'Content-Type: application/json' -d '{…}'")
    lines.append(f"$CRMFLOW{PREFIX}{path}")
    return " ".join(lines)
