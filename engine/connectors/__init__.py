"""Connectors: work outside the engine's transaction, run as jobs. Each is one function from inputs to results.

``run(type, payload, settings)``: ``mail``, ``http``, ``webhook``. A failure raises ``ConnectorError``: ``final`` says
that trying again cannot help, ``error_code`` that it is a BPMN error for a boundary event to catch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.connectors.base import ConnectorError, Work
from engine.connectors.http import call
from engine.connectors.mail import send
from engine.connectors.webhook import post
from engine.settings import Settings

CONNECTORS: Mapping[str, Callable[[Work], Mapping[str, Any]]] = {"http": call, "mail": send, "webhook": post}

__all__ = ["CONNECTORS", "ConnectorError", "run"]


def run(type: str, payload: Mapping[str, Any], settings: Settings) -> Mapping[str, Any]:
    """Do one job. ``payload``: {"input": evaluated inputs, "headers": the model's static headers, "secrets": names}.

    Raises ``ConnectorError`` CRM-710 for a type nobody knows, and whatever the connector raises.
    """
    connector = CONNECTORS.get(type)
    if connector is None:
        raise ConnectorError(
            "CRM-710",
            f"There is no connector '{type}'.",
            fix=f"Use one of {', '.join(CONNECTORS)}, or a crmflow: service.",
            final=True,
        )
    work = Work(
        payload.get("input") or {},
        payload.get("headers") or {},
        settings,
        payload.get("job"),
        None if payload.get("secrets") is None else frozenset(payload["secrets"]),
    )
    return connector(work)
