"""What connectors share: the work handed to them, secrets by reference, the list of hosts they may reach."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from engine.domain.errors import Unavailable
from engine.settings import Settings

_NAME = "secret:([A-Za-z0-9][A-Za-z0-9_.-]{0,63})"
_SECRET = re.compile(_NAME)
_IN_HEADER = re.compile(rf"(?:(\S+) )?{_NAME}")  # "Bearer secret:erp"
_SHORTEST = 6  # what is shorter is no secret, and would be found in any text


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
    #: The secrets that the drawn task itself names; None: a job written before this was kept. Data of a case may hold
    #: the words "secret:erp", too: whoever typed them must not get the secret sent anywhere.
    named: frozenset[str] | None = None
    told: dict[str, str] = field(default_factory=dict)  # secrets opened so far, and their names

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
        """The value with references ``secret:NAME`` (whole texts) that the task names replaced by the secrets; nested
        values, too. Other texts that look like a reference are somebody's words and stay what they are."""
        if isinstance(value, str):
            found = _SECRET.fullmatch(value)
            return self.secret(found[1]) if found and self.may(found[1]) else value
        if isinstance(value, Mapping):
            return {name: self.opened(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.opened(item) for item in value]
        return value

    def opened_header(self, name: str, value: str) -> str:
        """The value of a header; a reference may follow one word (``Bearer secret:NAME``).

        Raises CRM-712 where the task does not name the secret, CRM-711 where no header can carry the value.
        """
        found = _IN_HEADER.fullmatch(value)
        if found is not None:
            if not self.may(found[2]):
                raise ConnectorError(
                    "CRM-712",
                    f"The task does not name the secret '{found[2]}' itself.",
                    fix=f"Write secret:{found[2]} into the task's own inputs; from data no secret is opened.",
                    final=True,
                )
            value = f"{found[1]} {self.secret(found[2])}" if found[1] else self.secret(found[2])
        if not value.isascii() or not value.isprintable():
            raise ConnectorError(
                "CRM-711",
                f"The header '{name}' is of several lines or not of ASCII.",
                fix="Mend the service task's inputs, or the file of the secret.",
                final=True,
            )
        return value

    def may(self, name: str) -> bool:
        """Whether the task itself names this secret."""
        return self.named is None or name in self.named

    def hidden(self, value: Any) -> Any:
        """What came back, with the secrets that were sent replaced by their references; nested values, too."""
        if not self.told:
            return value
        if isinstance(value, str):
            for secret, name in self.told.items():
                value = value.replace(secret, f"secret:{name}")
            return value
        if isinstance(value, Mapping):
            return {self.hidden(name): self.hidden(item) for name, item in value.items()}
        return [self.hidden(item) for item in value] if isinstance(value, list) else value

    def secret(self, name: str) -> str:
        """The content of a file in ``CRMFLOW_SECRETS_DIR``; raises ``ConnectorError`` CRM-712, never telling it."""
        folder = self.settings.secrets_dir
        path = None if folder is None else folder / name
        if path is None or not path.is_file():
            raise ConnectorError(
                "CRM-712", f"There is no secret '{name}'.", fix="Put a file of this name into CRMFLOW_SECRETS_DIR."
            )
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except UnicodeDecodeError:
            # Without its cause, which holds what was read.
            raise ConnectorError(
                "CRM-712", f"The secret '{name}' is not text in UTF-8.", fix="Write its file anew.", final=True
            ) from None
        # An answer may tell it without the word before it ("Bearer …").
        self.told.update({part: name for part in (secret, secret.rpartition(" ")[2]) if len(part) >= _SHORTEST})
        return secret

    def allowed(self, url: str) -> str:
        """The URL, if its host is on the list; raises ``ConnectorError`` CRM-713. Redirects are never followed."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError as error:
            raise ConnectorError(
                "CRM-711", f"'{url[:80]}' is no address: {error}.", fix="Mend the service task.", final=True
            ) from error
        named = {host, f"{host}:{port}"} if port else {host}
        if parts.scheme not in ("http", "https") or not host or not named & self.settings.allowed_hosts:
            raise ConnectorError(
                "CRM-713",
                f"Connectors may not reach '{host or url[:80]}'.",
                fix="An administrator can add the host to CRMFLOW_ALLOW_HOSTS.",
                final=True,
            )
        return url
