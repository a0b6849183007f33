"""The browser and the server say the same of a form's data: form-js in Chromium against ``engine.forms`` (A6, C7).

Forms and data are drawn at random from the subset that ``docs/forms.md`` promises: every field type a person types
into, all validations, limits and conditions written in FEEL, groups and repeating lists. What the browser would send
is what the server is given; the verdict, the fields complained of and the data kept must be the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from engine import forms
from engine.domain.errors import BadForm

pytestmark = pytest.mark.browser

SCRIPT = Path(__file__).parents[2] / "webui/static/vendor/form-js/form-viewer.min.js"
SUBMIT = """async ([schema, inputs, patience]) => {
  const told = [];
  const box = document.createElement('div');
  document.body.replaceChildren(box);
  const form = new FormViewer.Form({container: box});
  for (const data of inputs) {
    await form.importSchema(schema, data);
    let before, answer, same = 0;
    while (same < patience) {  // the page is drawn in steps; what is hidden goes last
      await new Promise(done => requestAnimationFrame(() => setTimeout(done, 1)));
      const {data: sent, errors} = form.submit();
      answer = JSON.stringify({sent, errors});
      same = answer === before ? same + 1 : 0;
      before = answer;
    }
    told.push(JSON.parse(answer));
  }
  form.destroy();
  return told;
}"""

TEXTS = ["", "a", "Ann", "Annabella", "AB12", "  a ", "线索", "😀😀", "a@b.de", "a@b", "+4930664040900", "12", "a\tb"]
NUMBERS = [None, 0, 1, 3, 5, -2, 2.5, 0.1, 99, 1.25, 1000000]
PATTERNS = ["^[A-Z]{2}\\d+$", "n", "^.{0,3}$", "^\\S+@\\S+$"]
SHAPES = [{"pattern": p} for p in PATTERNS] + [{"validationType": "email"}, {"validationType": "phone"}]
CONDITIONS = [
    "=n > 2",
    "=n = null",
    "=ok",
    "=not(ok)",
    "=ok != true",
    '=grade = "hot"',
    '=grade in ["hot", "cold"]',
    "=n >= low and n <= 5",
    '=list contains(tags, "x")',
    "=count(tags) > 1",
    "=if ok then n > 1 else false",
    "=n between 1 and 4",
    "=some t in tags satisfies t = grade",
    "=string length(name) > 3",
]
LIMITS = [0, 1, 3, "=low", "=low + 2", "=if ok then 5 else 1"]
CHOICES = [{"label": "H", "value": "hot"}, {"label": "C", "value": "cold"}, {"label": "X", "value": "x"}]
VARIABLES = {"low": 1, "offers": CHOICES}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page that knows form-js."""
    page = browser.new_page()
    page.set_content("<body></body>")
    page.add_script_tag(path=str(SCRIPT))
    yield page
    page.close()


def a_field(dice: random.Random, kind: str, key: str, number: int) -> dict[str, Any]:
    """A field of a kind, with some of the rules it may have."""
    field: dict[str, Any] = {"type": kind, "key": key, "id": f"F{number}", "label": key}
    rules: dict[str, Any] = {}
    if dice.random() < 0.4:
        rules["required"] = True
    if kind in ("textfield", "textarea"):
        if dice.random() < 0.5:
            rules[dice.choice(["minLength", "maxLength"])] = dice.choice(LIMITS)
        if kind == "textfield" and dice.random() < 0.4:
            rules.update(
                dice.choice(
                    [{"pattern": p} for p in PATTERNS] + [{"validationType": "email"}, {"validationType": "phone"}]
                )
            )
    if kind == "number":
        if dice.random() < 0.6:
            rules[dice.choice(["min", "max"])] = dice.choice(LIMITS)
        if dice.random() < 0.3:
            field["decimalDigits"] = dice.choice([0, 1, 2])
        elif dice.random() < 0.2:
            field["increment"] = dice.choice([0.5, 2])
    if kind in ("select", "radio", "taglist", "checklist"):
        field.update(dice.choice([{"values": CHOICES}, {"valuesKey": "offers"}, {"valuesExpression": "=offers"}]))
    if kind == "datetime":
        field["subtype"] = "date"
    field["validate"] = rules
    if dice.random() < 0.35:
        field["conditional"] = {"hide": dice.choice(CONDITIONS)}
    return field


def a_form(dice: random.Random) -> dict[str, Any]:
    kinds = ["textfield", "textarea", "number", "checkbox", "select", "radio", "taglist", "checklist", "datetime"]
    fixed = [("textfield", "name"), ("number", "n"), ("checkbox", "ok"), ("select", "grade"), ("taglist", "tags")]
    parts = [a_field(dice, kind, key, n) for n, (kind, key) in enumerate(fixed)]
    for part in parts:
        part.pop("conditional", None)  # conditions read these
    parts += [a_field(dice, dice.choice(kinds), f"k{n}", 10 + n) for n in range(3)]
    inner = [a_field(dice, dice.choice(kinds), f"g{n}", 20 + n) for n in range(2)]
    group: dict[str, Any] = {"type": "group", "id": "G", "path": "g", "label": "g", "components": inner}
    if dice.random() < 0.3:
        group["conditional"] = {"hide": dice.choice(CONDITIONS)}
    entry = [a_field(dice, dice.choice(["number", "textfield"]), f"e{n}", 30 + n) for n in range(2)]
    entry[0]["conditional"] = {"hide": dice.choice(["=ok", "=n > 2", "=i[1] = 1", "=this.e1 = null"])}
    entry[1].pop("conditional", None)  # what conditions read is never hidden itself
    lines = {"type": "dynamiclist", "id": "L", "path": "lines", "label": "lines", "components": entry}
    return {"type": "default", "id": "f", "components": [*parts, group, lines]}


def a_value(dice: random.Random, field: dict[str, Any]) -> Any:
    """What a person may type or click."""
    kind = field["type"]
    if kind in ("textfield", "textarea"):
        return dice.choice(TEXTS)
    if kind == "number":
        return dice.choice(NUMBERS)
    if kind == "checkbox":
        return dice.random() < 0.5
    if kind == "datetime":
        return dice.choice([None, "2026-02-28"])
    values = [choice["value"] for choice in CHOICES]
    if kind in ("select", "radio"):
        return dice.choice([None, *values])
    return dice.sample(values, dice.randint(0, 3))


def some_data(dice: random.Random, components: list[dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for part in components:
        if part["type"] == "group":
            data[part["path"]] = some_data(dice, part["components"])
        elif part["type"] == "dynamiclist":
            data[part["path"]] = [some_data(dice, part["components"]) for _ in range(dice.randint(0, 3))]
        else:
            data[part["key"]] = a_value(dice, part)
    return data


def blamed(errors: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """Paths the browser complains of; entries of a list by their position."""
    paths: dict[str, str] = {}
    for part in schema["components"]:
        if "key" in part:
            paths[part["id"]] = part["key"]
        for inner in part.get("components", ()):
            paths[inner["id"]] = f"{part['path']}{{}}.{inner['key']}"
    found = set()
    for key, texts in errors.items():
        if paths[key].startswith("lines"):
            found |= {paths[key].format(f"[{n}]") for n, one in enumerate(texts) if one}
        elif texts:
            found.add(paths[key].format(""))
    return found


def plain(value: Any) -> Any:
    """Without what is empty: the browser leaves out what the server may keep as null."""
    if isinstance(value, dict):
        made = {key: plain(inner) for key, inner in value.items()}
        return {key: inner for key, inner in made.items() if inner not in (None, {}, [])}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return float(value)
    return value


@pytest.mark.timeout(1500)  # thousands of forms drawn one by one, in full
def test_browser_and_server_agree(page: Page, many: Callable[[int, int], int]) -> None:
    dice = random.Random(20260302)
    for _ in range(many(8, 40)):
        schema = a_form(dice)
        made = forms.load(json.dumps(schema))
        inputs = [some_data(dice, schema["components"]) for _ in range(many(20, 50))]
        asked = [{**VARIABLES, **data} for data in inputs]
        told = page.evaluate(SUBMIT, [schema, asked, 2])
        for data, answer in zip(asked, told, strict=True):
            if not agreed(made, schema, answer):
                # On a busy machine the page may not have hidden yet what it is about to hide.
                (answer,) = page.evaluate(SUBMIT, [schema, [data], 40])
            assert agreed(made, schema, answer), json.dumps({"schema": schema, "answer": answer}, ensure_ascii=False)


def agreed(made: forms.Form, schema: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether the server blames the fields that the browser blames, and keeps what the browser sent."""
    try:
        kept = made.validate(answer["sent"], VARIABLES)
    except BadForm as error:
        return set(error.fields) == blamed(answer["errors"], schema)
    return blamed(answer["errors"], schema) == set() and plain(kept) == plain(answer["sent"])
