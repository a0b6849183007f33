"""A person attaches a file to a form: it is sent, limited, kept, shown in the next task and handed out. (C9)"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from stage import Site, Visit

from engine.domain.access import SYSTEM
from engine.domain.commands import Deploy, StartInstance
from engine.domain.values import FileIn

pytestmark = pytest.mark.browser
MODELS = Path(__file__).parents[1] / "models"


def pick(page: Page, name: str, content: bytes) -> None:
    """Choose a file in the form's first picker."""
    page.locator("[data-form][data-ready]").wait_for()
    chosen = {"name": name, "mimeType": "application/pdf", "buffer": content}
    page.locator(".fjs-form input[type=file]").first.set_input_files(files=[chosen])  # type: ignore[arg-type]


def test_a_file_goes_from_one_task_to_the_next(site: Site, visit: Visit) -> None:
    names = ("contract.bpmn", "contract-form.json")
    files = tuple(FileIn(name, (MODELS / name).read_bytes().replace(b"bench", b"sales")) for name in names)
    site.engine.do(Deploy(files, SYSTEM, publish=True))
    task = site.engine.do(StartInstance("contract", SYSTEM)).tasks[0]
    page = visit("alice", f"/tasks/{task}")
    # Too large: the server's complaint lands at the field, nothing is done.
    pick(page, "large.pdf", b"%PDF-1.7 far more than ten bytes")
    page.click("[data-done]")
    expect(page.locator(".fjs-form-field-error").first).to_contain_text("larger than 10 bytes")
    pick(page, "contract.pdf", b"%PDF-1")
    page.click("[data-done]")
    expect(page.locator("h1")).to_have_text("Look at it")
    link = page.locator("[data-kept-files] a")
    expect(link).to_have_text("contract.pdf")
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "contract.pdf"
    assert Path(download.value.path()).read_bytes() == b"%PDF-1"


def test_a_complaint_lands_in_the_row_of_the_list_it_is_about(site: Site, visit: Visit) -> None:
    """C9: only the server knows how large a file may be, so this complaint is always the server's."""
    picker = {"type": "filepicker", "id": "f", "key": "paper", "label": "Paper", "properties": {"maxSize": 10}}
    rows = {"type": "dynamiclist", "id": "rows", "path": "papers", "label": "Papers", "isRepeating": True}
    rows |= {"defaultRepetitions": 2, "allowAddRemove": True, "components": [picker]}
    schema = {"type": "default", "id": "contract-form", "schemaVersion": 16, "components": [rows]}
    model = (MODELS / "contract.bpmn").read_bytes().replace(b"bench", b"sales")
    key = re.search(rb'formId="([^"]+)"', model)
    assert key is not None
    schema["id"] = key[1].decode()
    files = (FileIn("contract.bpmn", model), FileIn("contract-form.json", json.dumps(schema).encode()))
    site.engine.do(Deploy(files, SYSTEM, publish=True))
    task = site.engine.do(StartInstance("contract", SYSTEM)).tasks[0]
    page = visit("alice", f"/tasks/{task}")
    page.locator("[data-form][data-ready]").wait_for()
    inputs = page.locator(".fjs-form input[type=file]")
    expect(inputs).to_have_count(2)
    for place, content in ((0, b"%PDF-1"), (1, b"%PDF-1.7 far more than ten bytes")):
        chosen = {"name": f"{place}.pdf", "mimeType": "application/pdf", "buffer": content}
        inputs.nth(place).set_input_files(files=[chosen])  # type: ignore[arg-type]
    page.click("[data-done]")
    complaint = page.locator(".fjs-form-field-error")
    expect(complaint).to_have_count(1)
    expect(complaint).to_contain_text("larger than 10 bytes")
    fields = page.locator(".fjs-form-field-filepicker")
    expect(fields.nth(1).locator(".fjs-form-field-error")).to_have_count(1)
