"""A person attaches a file to a form: it is sent, limited, kept, shown in the next task and handed out. (C9)"""

from __future__ import annotations

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
