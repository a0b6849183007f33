"""The OpenAPI 3.1 document, made from the table of routes and the types themselves."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from webui.api.models import Problem
from webui.api.problem import TITLES
from webui.api.routes import ROUTES, TAGS
from webui.api.routing import PREFIX, Route

_REF = "#/components/schemas/{model}"
_ABOUT = """Everything the pages of crmflow do, for programs.

Send `Authorization: Bearer <token>` (`crmflow token issue LOGIN`), or use the browser's session and send its CSRF
token in `X-CSRFToken` with every change. Errors are `application/problem+json` with a stable `code`, a `fix`, and
`findings` or `fields` where there are any. Lists come in pages: follow `next` (or the `Link` header). What has a
`revision` comes with an `ETag`; send it back in `If-Match` so that nobody's change is lost. `Idempotency-Key` makes
a start or a message safe to repeat."""


@cache
def build() -> dict[str, Any]:
    """The document as data: paths, schemas, security. The same for every caller."""
    schemas, defs = _schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "crmflow", "version": "1", "description": _ABOUT, "license": {"name": "Apache-2.0"}},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": tag.name, "description": tag.about} for tag in TAGS],
        "paths": paths,
        "components": {
            "schemas": defs,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
        },
    }


_Key = tuple[str, JsonSchemaMode]


def _schemas() -> tuple[dict[_Key, dict[str, Any]], dict[str, Any]]:
    """A schema for each body and answer, sharing definitions."""
    inputs: list[tuple[_Key, JsonSchemaMode, TypeAdapter[Any]]] = [
        (("Problem", "serialization"), "serialization", TypeAdapter(Problem))
    ]
    for route in ROUTES:
        if route.body is not None:
            inputs.append(((route.name, "validation"), "validation", TypeAdapter(route.body)))
        if route.answer is not None and route.media == "application/json":
            inputs.append(((route.name, "serialization"), "serialization", TypeAdapter(route.answer)))
    found, extra = TypeAdapter.json_schemas(inputs, ref_template=_REF)
    return {key: schema for (key, _), schema in found.items()}, extra.get("$defs", {})


def _operation(route: Route, schemas: dict[_Key, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "x-summary-zh": route.zh,
        "description": _text(route),
        "parameters": _parameters(route),
        "responses": _responses(route, schemas),
    }
    if route.right is not None:
        operation["x-right"] = route.right.value
    if route.body is not None:
        schema = schemas[(route.name, "validation")]
        content = {"application/json": {"schema": schema}}
        if route.upload:
            content["multipart/form-data"] = {"schema": _upload_schema(route.body)}
        operation["requestBody"] = {"required": _is_required(route.body), "content": content}
    return operation


def _text(route: Route) -> str:
    right = f"Needs the right `{route.right.value}`." if route.right else "For everybody we know."
    return f"{route.about} {right}".strip()


def _is_required(body: type[BaseModel]) -> bool:
    return any(field.is_required() for field in body.model_fields.values())


def _upload_schema(body: type[BaseModel]) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "file": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
    }
    if "publish" in body.model_fields:
        properties["publish"] = {"type": "boolean", "default": False}
    return {"type": "object", "properties": properties, "required": ["file"], "additionalProperties": False}


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 255}}
        for name in route.parameters
    ]
    if route.query is not None:
        schema = TypeAdapter(route.query).json_schema(ref_template=_REF)
        defs = schema.get("$defs", {})
        for name, one in schema["properties"].items():
            found.append(_query_parameter(name, one, defs, name in schema.get("required", ())))
    if route.guarded:
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": route.guarded == "must",
                "description": "ETag of the revision the change was made from.",
                "schema": {"type": "string", "pattern": '^("[0-9]{1,9}"|\\*)$', "examples": ['"1"']},
            }
        )
    if route.repeatable:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "The same key with the same request is done once.",
                "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"},
            }
        )
    return found


def _query_parameter(name: str, schema: dict[str, Any], defs: dict[str, Any], required: bool) -> dict[str, Any]:
    """A field of the query model; "or null" of the model means that the parameter may be left out."""
    schema = dict(schema)
    about = schema.pop("description", None)
    choices = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        schema.update(choices[0])
    schema.pop("title", None)
    if schema.get("default", 0) is None:
        schema.pop("default")
    if "$ref" in schema:
        schema.update(defs[schema.pop("$ref").rsplit("/", 1)[1]])
        schema.pop("title", None)
    parameter = {"name": name, "in": "query", "required": required, "schema": schema}
    return {**parameter, "description": about} if about else parameter


def _responses(route: Route, schemas: dict[_Key, dict[str, Any]]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done."}
    if route.media != "application/json":
        good["content"] = {route.media: {"schema": {"type": "string"}}}
    elif route.answer is not None:
        good["content"] = {"application/json": {"schema": schemas[(route.name, "serialization")]}}
    found = {str(route.status): good}
    if route.repeatable:
        found["200"] = {**good, "description": "Known already; nothing was done again."}
    problem = schemas[("Problem", "serialization")]
    for status in route.statuses:
        found[str(status)] = {
            "description": TITLES[status],
            "content": {"application/problem+json": {"schema": problem}},
        }
    return dict(sorted(found.items()))
