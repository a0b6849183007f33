"""The OpenAPI document says exactly what is served, and the page made from it can be read."""

from __future__ import annotations

import re
from typing import Any

import pytest

from webui.api.document import build
from webui.api.routes import ROUTES, TAGS


def test_document_is_served_to_everybody(api: Any) -> None:
    got = api(None, "GET", "/openapi.json")
    assert got.json == build()
    assert got.json["openapi"] == "3.1.0"


def test_document_and_flask_hold_the_same_routes(api: Any) -> None:
    served = {
        (method, re.sub(r"<(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule in api.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint not in {"api.static", "api.schema", "api.page"}
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {(method.upper(), path) for path, item in build()["paths"].items() for method in item}
    assert served == told == {(route.method, route.path) for route in ROUTES}


def test_names_are_unique() -> None:
    names = [route.name for route in ROUTES]
    assert len(names) == len(set(names))


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(references(one) for one in value.values()))
    if isinstance(value, list):
        return set().union(*(references(one) for one in value))
    return set()


def test_every_reference_leads_somewhere() -> None:
    document = build()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


@pytest.mark.parametrize("route", ROUTES, ids=[route.name for route in ROUTES])
def test_every_operation_is_explained(route: Any) -> None:
    operation = build()["paths"][route.path][route.method.lower()]
    assert operation["summary"]
    assert operation["x-summary-zh"] != operation["summary"]
    assert str(route.status) in operation["responses"]
    assert {"400", "401", "403"} <= set(operation["responses"])
    assert operation.get("x-right") == (route.right.value if route.right else None)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_for_people(api: Any, language: str) -> None:
    got = api(None, "GET", f"/docs?lang={language}")
    assert got.status_code == 200
    for route in ROUTES:
        assert f'id="{route.name}"' in got.text
        assert (route.zh if language == "zh" else route.summary) in got.text.replace("&#39;", "'")
    for tag in TAGS:
        assert (tag.zh if language == "zh" else tag.about) in got.text
    assert 'lang="zh-Hans"' in got.text if language == "zh" else 'lang="en"' in got.text


def test_page_loads_nothing_from_elsewhere(api: Any) -> None:
    text = api(None, "GET", "/docs").text
    loaded = re.findall(r'(?:src|href)="([^"#?][^"]*)"', text)
    assert loaded
    assert all(address.startswith("/api/v1/") for address in loaded)
    assert "<script" not in text
    with api(None, "GET", "/static/docs.css") as style:
        assert style.mimetype == "text/css"
