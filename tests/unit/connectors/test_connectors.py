"""Connectors against real servers on this machine: allow-list, secrets, time-outs, signatures, mail."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engine import connectors
from engine.connectors.base import ConnectorError
from engine.connectors.webhook import HEADER, sign
from engine.settings import Settings


class Far(BaseHTTPRequestHandler):
    """Answers what the path says and remembers what it got."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.got.append((self.command, self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status = int(self.path.partition("?")[0].strip("/") or 200)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://elsewhere.example/")
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        if status == 203:  # a drop now and then, for ever
            with contextlib.suppress(OSError):  # until the other side has had enough
                while not self.server.over.wait(0.05):  # type: ignore[attr-defined]
                    self.wfile.write(b" ")
            return
        echo = {"said": self.headers.get("Authorization")}
        answers = {206: b"x" * 1_100_000, 207: json.dumps(echo).encode(), 208: body}
        self.wfile.write(answers.get(status, b'{"ok": true}'))

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def far() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Far)
    server.got, server.over = [], threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.over.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "crm-key").write_text("s3cret\n")
    return Settings(allow_hosts="127.0.0.1", secrets_dir=tmp_path, http_timeout=5)


def url(far: ThreadingHTTPServer, path: str = "/200") -> str:
    return f"http://127.0.0.1:{far.server_address[1]}{path}"


def test_a_service_is_called_with_secrets_by_reference(far: Any, settings: Settings) -> None:  # H5, I2
    asked = {"method": "post", "url": url(far), "headers": {"X-Key": "secret:crm-key"}, "body": {"名": "线索"}}
    result = connectors.run("http", {"input": asked, "headers": {}}, settings)
    assert (result["status"], result["body"]) == (200, {"ok": True})
    method, _, headers, body = far.got[0]
    assert (method, headers["X-Key"], json.loads(body)) == ("POST", "s3cret", {"名": "线索"})


@pytest.mark.parametrize(
    "target", ["http://elsewhere.example/", "file:///etc/passwd", "http://127.0.0.1@evil.example/", "nonsense"]
)
def test_hosts_not_on_the_list_are_never_reached(settings: Settings, target: str) -> None:
    with pytest.raises(ConnectorError, match="CRM-713") as caught:
        connectors.run("http", {"input": {"url": target}}, settings)
    assert caught.value.final


@pytest.mark.parametrize(
    ("path", "code", "final"),
    [("/404", "CRM-715", True), ("/302", "CRM-715", True), ("/429", "CRM-715", False), ("/503", "CRM-715", False)],
)
def test_a_failure_says_whether_to_try_again(far: Any, settings: Settings, path: str, code: str, final: bool) -> None:
    with pytest.raises(ConnectorError, match=code) as caught:
        connectors.run("http", {"input": {"url": url(far, path)}}, settings)
    assert caught.value.final is final


def test_a_failure_can_be_a_bpmn_error(far: Any, settings: Settings) -> None:
    with pytest.raises(ConnectorError) as caught:
        connectors.run("http", {"input": {"url": url(far, "/409")}, "headers": {"errorCode": "TAKEN"}}, settings)
    assert caught.value.error_code == "TAKEN"


def test_answers_are_bounded(far: Any, settings: Settings) -> None:
    with pytest.raises(ConnectorError, match="CRM-716"):
        connectors.run("http", {"input": {"url": url(far, "/206")}}, settings)


def test_nobody_there_is_tried_again(settings: Settings) -> None:
    with pytest.raises(ConnectorError, match="CRM-714") as caught:
        connectors.run("http", {"input": {"url": "http://127.0.0.1:1/"}}, settings)
    assert not caught.value.final


def test_a_missing_secret_is_named_and_nothing_is_sent(far: Any, settings: Settings) -> None:
    with pytest.raises(ConnectorError, match=r"CRM-712.*'other'"):
        connectors.run("http", {"input": {"url": url(far), "headers": {"X": "secret:other"}}}, settings)
    assert far.got == []


def test_data_opens_no_secret(far: Any, settings: Settings) -> None:
    """Whoever types "secret:crm-key" into a form must not get the secret sent anywhere."""
    asked = {"method": "POST", "url": url(far), "body": {"note": "secret:crm-key"}}
    connectors.run("http", {"input": asked, "secrets": []}, settings)
    assert json.loads(far.got[0][3]) == {"note": "secret:crm-key"}
    with pytest.raises(ConnectorError, match=r"CRM-712.*'crm-key'"):
        connectors.run("http", {"input": {**asked, "headers": {"X": "secret:crm-key"}}, "secrets": []}, settings)
    with pytest.raises(ConnectorError, match="CRM-712"):
        connectors.run("webhook", {"input": {"url": url(far), "event": "e", "secret": "hunter2"}}, settings)
    assert len(far.got) == 1


def test_a_secret_may_follow_the_word_bearer_and_an_answer_does_not_tell_it(far: Any, settings: Settings) -> None:
    asked = {"url": url(far, "/207"), "headers": {"Authorization": "Bearer secret:crm-key", "X-Count": 2}}
    result = connectors.run("http", {"input": asked, "secrets": ["crm-key"]}, settings)
    assert (far.got[0][2]["Authorization"], far.got[0][2]["X-Count"]) == ("Bearer s3cret", "2")
    assert result["body"] == {"said": "Bearer secret:crm-key"}


@pytest.mark.parametrize("secret", [b"s3cret\nof two lines", "s\u00e9cret-secret".encode(), b"s3cret\xff"])
def test_a_secret_that_no_header_can_carry_is_told_nowhere(far: Any, settings: Settings, secret: bytes) -> None:
    (settings.secrets_dir / "crm-key").write_bytes(secret)  # type: ignore[operator]
    with pytest.raises(ConnectorError, match=r"CRM-71[12]") as caught:
        connectors.run("http", {"input": {"url": url(far), "headers": {"X": "secret:crm-key"}}}, settings)
    assert "cret" not in "".join(traceback.format_exception(caught.value)).replace("secret", "").replace("SECRET", "")
    assert (caught.value.final, far.got) == (True, [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"headers": {"X": None}},
        {"headers": [1]},
        {"headers": {"a b": "c"}},
        {"query": "q"},
        {"timeout": "soon"},
        {"timeout": -1},
        {"url": "http://127.0.0.1:99999/"},
    ],
)
def test_a_wrong_input_is_named_and_not_tried_again(far: Any, settings: Settings, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConnectorError, match="CRM-711") as caught:
        connectors.run("http", {"input": {"url": url(far), **wrong}}, settings)
    assert caught.value.final


def test_a_far_end_that_drips_is_cut_off(far: Any, settings: Settings) -> None:
    with pytest.raises(ConnectorError, match=r"CRM-714.*within 0.3 s"):
        connectors.run("http", {"input": {"url": url(far, "/203"), "timeout": 0.3}}, settings)


@pytest.mark.parametrize("odd", ['{"a": "\\ud800"}', '{"a": "\\u0000"}', f"[{9**30}]", "[" * 90 + "]" * 90])
def test_an_answer_that_no_case_can_keep_is_refused_at_once(far: Any, settings: Settings, odd: str) -> None:
    """Found out later, the call would be done again and again."""
    with pytest.raises(ConnectorError, match="CRM-716") as caught:
        connectors.run("http", {"input": {"url": url(far, "/208"), "method": "POST", "body": odd}}, settings)
    assert caught.value.final


def test_a_webhook_is_signed(far: Any, settings: Settings) -> None:
    asked = {"url": url(far), "event": "order.created", "data": {"id": "1"}, "secret": "secret:crm-key"}
    assert connectors.run("webhook", {"input": asked}, settings) == {"status": 200}
    _, _, headers, body = far.got[0]
    at, _, signature = headers[HEADER].partition(",v1=")
    assert signature == sign("s3cret", int(at.removeprefix("t=")), body)
    assert json.loads(body) == {"event": "order.created", "data": {"id": "1"}}


class Post(socketserver.StreamRequestHandler):
    """As much SMTP as a sender needs."""

    def handle(self) -> None:
        self.say("220 ready")
        taking, mail = False, []
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if taking:
                taking = line != "."
                mail.append(line)
                if not taking:
                    self.server.mails.append("\n".join(mail))  # type: ignore[attr-defined]
                    self.say("250 kept")
            elif line.upper().startswith("RCPT") and "nobody@" in line:
                self.say("550 no such box")
            elif line.upper().startswith("RCPT") and "later@" in line:
                self.say("450 greylisted")
            elif line.upper() == "DATA":
                taking = True
                self.say("354 go on")
            elif line.upper() == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def post() -> Iterator[socketserver.ThreadingTCPServer]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post)
    server.daemon_threads = True
    server.mails = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_mail_reaches_the_server(post: Any) -> None:  # G1
    settings = Settings(smtp_url=f"smtp://127.0.0.1:{post.server_address[1]}")
    asked = {"to": "ann@example.com", "subject": "Überfällig\nBcc: all@example.com", "text": "请尽快联系"}
    assert "crmflow" in connectors.run("mail", {"input": asked}, settings)["id"]
    assert "To: ann@example.com" in post.mails[0]
    assert "\nBcc:" not in post.mails[0]


def test_a_refused_mail_is_final_and_a_missing_server_is_told(post: Any) -> None:
    settings = Settings(smtp_url=f"smtp://127.0.0.1:{post.server_address[1]}")
    with pytest.raises(ConnectorError, match="CRM-718") as caught:
        connectors.run("mail", {"input": {"to": "nobody@example.com", "subject": "x"}}, settings)
    assert caught.value.final
    with pytest.raises(ConnectorError, match="CRM-718") as caught:
        connectors.run("mail", {"input": {"to": "later@example.com", "subject": "x"}}, settings)
    assert not caught.value.final, "greylisting is over in some minutes"
    with pytest.raises(ConnectorError, match="refused 1 of the recipients") as caught:
        connectors.run("mail", {"input": {"to": ["ann@example.com", "nobody@example.com"], "subject": "x"}}, settings)
    assert caught.value.final, "who had it would get it again"
    with pytest.raises(ConnectorError, match="CRM-717"):
        connectors.run("mail", {"input": {"to": "ann@example.com", "subject": "x"}}, Settings(smtp_url=None))
    with pytest.raises(ConnectorError, match="CRM-710"):
        connectors.run("fax", {}, settings)
