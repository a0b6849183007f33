"""``mail``: sends one mail by the SMTP server of ``CRMFLOW_SMTP_URL``. Inputs: to, cc, subject, text, html."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from engine.connectors.base import ConnectorError, Work


def send(work: Work) -> Mapping[str, Any]:
    """Send once. Result: ``id`` of the mail. Raises ``ConnectorError`` CRM-717 (no server), CRM-718 (refused)."""
    configured = work.settings.smtp_url
    if configured is None:
        raise ConnectorError(
            "CRM-717", "No mail server is configured.", fix="Set CRMFLOW_SMTP_URL, then retry.", final=True
        )
    server = urlsplit(configured.get_secret_value())
    mail = written(work)
    try:
        with _connect(server, work.settings.http_timeout) as smtp:
            if server.username:
                smtp.login(unquote(server.username), unquote(server.password or ""))
            refused = smtp.send_message(mail)
    except smtplib.SMTPResponseException as error:
        final = 500 <= error.smtp_code < 600
        raise ConnectorError(
            "CRM-718",
            f"The mail server refused: {error.smtp_code}.",
            fix="Check address and log-in." if final else "It is tried again.",
            final=final,
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        # A server that greylists says 450 to everybody it does not know yet, and takes the mail some minutes later.
        final = any(code >= 500 for code, _ in error.recipients.values())
        fix = "Mend the address." if final else "It is tried again."
        raise ConnectorError("CRM-718", "The mail server refused the recipient.", fix=fix, final=final) from error
    except smtplib.SMTPNotSupportedError as error:
        said = "The mail server cannot do what this mail needs."
        raise ConnectorError("CRM-718", said, fix="Mend the address or the server.", final=True) from error
    except (OSError, smtplib.SMTPException) as error:
        raise ConnectorError("CRM-717", "The mail server cannot be reached.", fix="It is tried again.") from error
    if refused:
        fix = "Mend the address, or go on: a retry sends it to all of them again."
        raise ConnectorError(
            "CRM-718", f"The mail server refused {len(refused)} of the recipients.", fix=fix, final=True
        )
    return {"id": mail["Message-ID"]}


def written(work: Work) -> EmailMessage:
    """The mail; a line break in an address or subject cannot smuggle in a header."""
    mail = EmailMessage()
    mail["From"] = work.settings.mail_from
    mail["To"] = ", ".join(_addresses(work, "to"))
    if work.get("cc"):
        mail["Cc"] = ", ".join(_addresses(work, "cc"))
    mail["Subject"] = " ".join(work.text("subject").split())
    mail["Date"] = formatdate()
    # A job sent again after a crash is the same mail to every mail program.
    mail["Message-ID"] = f"<{work.job}@crmflow>" if work.job else make_msgid(domain="crmflow")
    mail.set_content(str(work.get("text") or ""))
    if work.get("html"):
        mail.add_alternative(str(work.get("html")), subtype="html")
    return mail


def _addresses(work: Work, name: str) -> list[str]:
    given = work.get(name)
    found = [" ".join(str(a).split()) for a in (given if isinstance(given, (list, tuple)) else [given]) if a]
    if not found or not all("@" in address for address in found):
        raise ConnectorError("CRM-711", f"'{name}' names no mail address.", fix="Mend the service task.", final=True)
    return found


def _connect(server: SplitResult, timeout: float) -> smtplib.SMTP:
    host = server.hostname or "localhost"
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=timeout, context=ssl.create_default_context())
    smtp = smtplib.SMTP(host, server.port or 25, timeout=timeout)
    if server.scheme == "smtp+starttls":
        smtp.starttls(context=ssl.create_default_context())
    return smtp
