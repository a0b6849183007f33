"""The stage of the browser tests: a furnished installation that listens, sizes of screens, the hour it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread

import pytest
from pages_house import House
from playwright.sync_api import Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from engine.app import Engine
from engine.domain.clock import FixedClock
from webui import create_app
from webui.pages import login

OPENED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
WIDE, NARROW = (1440, 900), (390, 844)
SIZES = {"desk": WIDE, "phone": NARROW}
Visit = Callable[..., Page]
_WAYS = {f"{size}-{tongue[:2]}": (tongue, SIZES[size]) for size in SIZES for tongue in ("en", "zh_Hans")}


def each_way(*by_default: str) -> pytest.MarkDecorator:
    """A day in both languages at both sizes (``language``, ``size``); what is not named only in the long run."""
    long = pytest.mark.prove(only=True)
    ways = [pytest.param(*way, id=name, marks=[] if name in by_default else long) for name, way in _WAYS.items()]
    return pytest.mark.parametrize(("language", "size"), ways)


class Quiet(WSGIRequestHandler):
    """Requests are not news in a test."""

    def log(self, type: str, message: str, *args: object) -> None:
        pass


class Site(House):
    """A furnished installation that listens."""

    url: str = ""


@contextmanager
def listening(engine: Engine, clock: FixedClock) -> Iterator[Site]:
    """The web over an engine, on a free port of this machine."""
    login.failures.forget()
    app = create_app(engine, {"SECRET_KEY": "only for this test"})
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site = Site(engine, app, clock)
    site.url = f"http://127.0.0.1:{server.server_port}"
    yield site
    server.shutdown()
    thread.join(10)
    server.server_close()


def heard(page: Page) -> None:
    """Wait until the page that is shown now hears keys and clicks: after whatever led to it was seen."""
    expect(page.locator("html[data-ready]")).to_be_attached()


def until(page: Page, said: str) -> None:
    """Wait until the script says true. Asked from here: what Playwright's own waiting asks later, CSP refuses."""
    for _ in range(300):
        if page.evaluate(said):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not within 30 s: {said}")
