"""Connectors end to end: from a drawn service task over the outbox to a real server, with retries, secrets, HMAC."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine.app import Engine
from engine.connectors.webhook import HEADER, sign
from engine.domain.access import SYSTEM
from engine.domain.clock import FixedClock
from engine.domain.commands import AddTeam, Deploy, StartInstance
from engine.domain.questions import GetAudit, GetHistory, GetInstance, ListIncidents, ListJobs
from engine.domain.states import InstanceState
from engine.jobs import drain
from engine.settings import Settings
from tests.conftest import ROOT
from tests.store.drawing import END, START, flow, model, service

SECRET = "s3cret-of-the-crm"


class Far(BaseHTTPRequestHandler):
    """Fails as often as it is told to, then answers; keeps what it got."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server: Any = self.server
        server.got.append((dict(self.headers), body))
        status = 503 if len(server.got) <= server.fails else 200
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"number": 4711}')

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def far() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Far)
    server.got, server.fails = [], 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def house(sqlite_url: str, clock: FixedClock, tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "erp-key").write_text(f"{SECRET}\n")
    engine = Engine.open(sqlite_url, clock=clock, settings=Settings(allow_hosts="127.0.0.1", secrets_dir=tmp_path))
    engine.do(AddTeam("bench", SYSTEM, name="Bench"))
    yield engine
    engine.close()


def call(engine: Engine, kind: str, inputs: dict[str, str], output: str = "", order: str = "O-1") -> str:
    """A flow of one service task with these inputs (FEEL), deployed and started."""
    lines = "".join(f'<zeebe:input source="{source}" target="{name}"/>' for name, source in inputs.items())
    more = f"<zeebe:ioMapping>{lines}{output}</zeebe:ioMapping>"
    inner = START + service("call", kind, more=more) + END + flow("start>call", "call>end")
    engine.do(Deploy((model("calling", inner),), SYSTEM, publish=True))
    return engine.do(StartInstance("calling", SYSTEM, {"order": order})).instance_id


def test_http_is_tried_again_with_its_secret_and_the_answer_arrives(house: Engine, far: Any, clock: FixedClock) -> None:
    far.fails = 2
    address = f"http://127.0.0.1:{far.server_address[1]}/orders"
    asked = {
        "method": "POST",
        "url": address,
        "headers": "={Authorization: &quot;secret:erp-key&quot;}",
        "body": "={order: order}",
    }
    case = call(house, "http", asked, '<zeebe:output source="=body.number" target="number"/>')
    for tries in (1, 2, 3):
        drain(house)
        assert len(far.got) == tries
        clock.move(timedelta(minutes=5))
    view = house.ask(GetInstance(case, SYSTEM))
    assert (view.row.state, view.variables["number"]) == (InstanceState.COMPLETED, 4711)
    headers, body = far.got[-1]
    assert (headers["Authorization"], json.loads(body)) == (SECRET, {"order": "O-1"})
    told = repr((view, house.ask(GetHistory(case, SYSTEM)), house.ask(GetAudit(SYSTEM)), house.ask(ListJobs(SYSTEM))))
    assert SECRET not in told


def test_a_secret_named_in_data_is_not_sent(house: Engine, far: Any) -> None:
    asked = {"method": "POST", "url": f"http://127.0.0.1:{far.server_address[1]}/", "body": "={order: order}"}
    case = call(house, "http", asked, order="secret:erp-key")
    drain(house)
    assert json.loads(far.got[0][1]) == {"order": "secret:erp-key"}
    assert house.ask(GetInstance(case, SYSTEM)).row.state == InstanceState.COMPLETED


def test_http_that_never_answers_becomes_one_incident_with_its_cause(
    house: Engine, far: Any, clock: FixedClock
) -> None:
    far.fails = 99
    call(house, "http", {"method": "POST", "url": f"http://127.0.0.1:{far.server_address[1]}/"})
    for _ in range(4):
        drain(house)
        clock.move(timedelta(hours=1))
    assert len(far.got) == 3  # as many as the model allows
    (incident,) = house.ask(ListIncidents(SYSTEM)).items
    assert "CRM-715" in incident.message
    assert "503" in incident.message
    assert "tried again" not in incident.message  # it is not any more


def test_a_webhook_is_signed_so_that_its_receiver_can_check_it(house: Engine, far: Any) -> None:
    asked = {
        "url": f"http://127.0.0.1:{far.server_address[1]}/hook",
        "event": "order.booked",
        "data": "={order: order}",
        "secret": "secret:erp-key",
    }
    case = call(house, "webhook", asked)
    drain(house)
    assert house.ask(GetInstance(case, SYSTEM)).row.state == InstanceState.COMPLETED
    headers, body = far.got[0]
    signature = dict(part.split("=") for part in headers[HEADER].split(","))
    assert signature["v1"] == sign(SECRET, int(signature["t"]), body)
    assert json.loads(body) == {"event": "order.booked", "data": {"order": "O-1"}}


def test_every_connector_has_a_template_for_modelers() -> None:
    from engine.connectors import CONNECTORS
    from engine.services import registry

    registry.load_all()
    templates = json.loads((ROOT / "processes/element-templates/crmflow.json").read_text(encoding="utf-8"))
    offered = {p.get("value") for t in templates for p in t["properties"] if p["binding"].get("property") == "type"}
    assert set(CONNECTORS) <= offered
    assert {kind for kind in registry.calls if kind.startswith("crmflow:")} <= offered
    assert "crmflow.worker" in {t["id"] for t in templates}
