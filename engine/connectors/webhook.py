"""``webhook``: posts an event, signed, so that the receiver can tell it is ours and fresh.

Inputs: url, event, data, secret (a reference). Header ``X-Crmflow-Signature: t=SECONDS,v1=HEX`` where HEX is
HMAC-SHA256 over ``SECONDS.BODY``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from engine.connectors.base import Work
from engine.connectors.http import exchange
from engine.domain.clock import SystemClock

HEADER = "X-Crmflow-Signature"


def post(work: Work) -> Mapping[str, Any]:
    """Post once; failures as in ``http``. Result: ``status``."""
    url = work.allowed(work.text("url"))
    body = json.dumps({"event": work.text("event"), "data": work.get("data")}, ensure_ascii=False).encode()
    seconds = int(SystemClock().now().timestamp())  # the receiver's clock is a real one, whatever ours is in a test
    headers = {"Content-Type": "application/json"}
    if work.get("secret") is not None:
        headers[HEADER] = f"t={seconds},v1={sign(str(work.opened(work.get('secret'))), seconds, body)}"
    answer = exchange(work, "POST", url, headers=headers, body=body)
    return {"status": answer["status"]}


def sign(secret: str, seconds: int, body: bytes) -> str:
    """The signature of a body sent at a time (seconds since 1970)."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
