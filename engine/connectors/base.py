"""What connectors share: the work handed to them, secrets by reference, the list of hosts they may reach."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from engine.domain.errors import Unavailable
from engine.settings import Settings

_SECRET = re.compile(r"secret:([A-Za-z0-9][A-Za-z0-9_.-]{0,63})")


class ConnectorError(Unavailable):
    """The outside did not do what was asked."""

    def __init__(
        self, code: str, message: str, *, fix: str = "", final: bool = False, error_code: str | None = None
    ) -> None:
        super().__init__(code, message, fix=fix)
        self.final = final  # True: trying again cannot help
        self.error_code = error_code  # a BPMN error code, for a boundary event


@dataclass(frozen=True, slots=True)
class Work:
    """One job: evaluated inputs, static headers of the model, settings."""

    input: Mapping[str, Any]
    headers: Mapping[str, str]
    settings: Settings
    job: str | None = None  # its id, the same when it is done again

    def get(self, name: str) -> Any:
        """An input, or the static header of that name."""
        value = self.input.get(name)
        return self.headers.get(name) if value is None else value

    def text(self, name: str) -> str:
        """An input that must be a text; raises ``ConnectorError`` CRM-711."""
        value = self.get(name)
        if not isinstance(value, str) or not value.strip():
            raise ConnectorError(
                "CRM-711", f"The input '{name}' is missing.", fix="Mend the service task's input mapping.", final=True
            )
        return value.strip()

    def opened(self, value: Any) -> Any:
        """The value with references ``secret:NAME`` (whole texts) replaced by the secrets; nested values, too."""
        if isinstance(value, str):
            found = _SECRET.fullmatch(value)
            return self.secret(found[1]) if found else value
        if isinstance(value, Mapping):
            return {name: self.opened(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.opened(item) for item in value]
        return value

    def secret(self, name: str) -> str:
        """The content of a file in ``CRMFLOW_SECRETS_DIR``; raises ``ConnectorError`` CRM-712, never telling it."""
        folder = self.settings.secrets_dir
        path = None if folder is None else folder / name
        if path is None or not path.is_file():
            raise ConnectorError(
                "CRM-712", f"There is no secret '{name}'.", fix="Put a file of this name into CRMFLOW_SECRETS_DIR."
            )
        return path.read_text(encoding="utf-8").strip()

    def allowed(self, url: str) -> str:
        """The URL, if its host is on the list; raises ``ConnectorError`` CRM-713. Redirects are never followed."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        named = {host, f"{host}:{parts.port}"} if parts.port else {host}
        if parts.scheme not in ("http", "https") or not host or not named & self.settings.allowed_hosts:
            raise ConnectorError(
                "CRM-713",
                f"Connectors may not reach '{host or url[:80]}'.",
                fix="An administrator can add the host to CRMFLOW_ALLOW_HOSTS.",
                final=True,
            )
        return url
