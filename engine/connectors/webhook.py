"""``webhook``: posts an event, signed, so that the receiver can tell it is ours and fresh.

Inputs: url, event, data, and ``secret`` (a reference) or a ``signature`` that was made when the event was written.
Headers: ``X-Crmflow-Id``, the job's id, the same at every retry: whoever has taken it once may answer 200 and leave it.
``X-Crmflow-Signature: t=SECONDS,v1=HEX`` where HEX is HMAC-SHA256 over ``SECONDS.BODY``. What was signed when it was
written has the id in its body, too, and is the same to the byte at every retry.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from engine.connectors.base import ConnectorError, Work
from engine.connectors.http import exchange
from engine.domain.clock import SystemClock

HEADER = "X-Crmflow-Signature"
ID = "X-Crmflow-Id"


def post(work: Work) -> Mapping[str, Any]:
    """Post once; failures as in ``http``. Result: ``status``."""
    url = work.allowed(work.text("url"))
    signed = work.get("signature") is not None
    body = body_of(work.text("event"), work.get("data"), work.job if signed else None)
    headers = {"Content-Type": "application/json"}
    if work.job:
        headers[ID] = work.job
    if signed:
        headers[HEADER] = work.text("signature")
    elif work.get("secret") is not None:
        # The receiver's clock is a real one, whatever ours is in a test.
        headers[HEADER] = header(_secret(work), int(SystemClock().now().timestamp()), body)
    answer = exchange(work, "POST", url, headers=headers, body=body)
    return {"status": answer["status"]}


def _secret(work: Work) -> str:
    """What to sign with. A value in a model or in data is no secret: everybody who may look at the flow reads it."""
    said = work.text("secret")
    opened = str(work.opened(said))
    if opened == said:
        raise ConnectorError(
            "CRM-712",
            "A webhook is signed with a secret that its task names.",
            fix="Write secret:NAME into the task's input 'secret'; an administrator keeps the secret itself.",
            final=True,
        )
    return opened


def body_of(event: str, data: Any, job: str | None) -> bytes:
    """The JSON that is posted: the same bytes for the same event, whatever order the database keeps fields in."""
    said = {"event": event, "data": data, **({"id": job} if job else {})}
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()


def header(secret: str, seconds: int, body: bytes) -> str:
    """The value of ``HEADER`` for a body written at a time (seconds since 1970)."""
    return f"t={seconds},v1={sign(secret, seconds, body)}"


def sign(secret: str, seconds: int, body: bytes) -> str:
    """The signature of a body sent at a time (seconds since 1970)."""
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
