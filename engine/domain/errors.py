"""One tree of errors; every error carries a stable code, names the culprit and says the way out.

::

    CrmflowError
    ├── Invalid        400  the input itself is wrong            CRM-0xx input, CRM-1xx models and packs, CRM-8xx models
    │   ├── Refused    422  a model, form or table with findings CRM-1xx
    │   └── BadForm    422  a form's data, field by field        CRM-21x
    ├── Unauthenticated 401 who are you?                         CRM-30x
    ├── Forbidden      403  you may not                          CRM-31x
    ├── NotFound       404  no such thing                        CRM-40x
    │   └── Hidden     404  not for you; said the same way       CRM-40x
    ├── Conflict       409  somebody was first, or wrong state   CRM-2xx
    │   └── Stale      412  If-Match did not match               CRM-29x
    ├── TooMany        429  slow down                            CRM-32x
    ├── ExpressionError 422 FEEL: syntax, bounds                 CRM-5xx
    ├── RunError       500  an instance could not go on          CRM-6xx
    └── Unavailable    503  database, mail server … not there    CRM-7xx

Messages end with what to do. Codes are never reused; ``docs/errors.md`` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from engine.domain.values import Finding


class CrmflowError(Exception):
    """Root of all errors of crmflow. ``code`` matches ``CRM-\\d{3}``; ``fix`` says the way out."""

    status: ClassVar[int] = 500

    def __init__(self, code: str, message: str, *, fix: str = "", **context: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.context = context

    def __str__(self) -> str:
        return f"[{self.code}] {self.message}" + (f" {self.fix}" if self.fix else "")


class Invalid(CrmflowError):
    """The input itself is wrong; sending it again will not help."""

    status = 400


class Refused(Invalid):
    """A model, form or table was refused; ``findings`` says all the reasons at once."""

    status = 422

    def __init__(self, code: str, message: str, findings: Sequence[Finding], *, fix: str = "") -> None:
        super().__init__(code, message, fix=fix)
        self.findings = tuple(findings)


class BadForm(Invalid):
    """A form's data does not fit; ``fields`` maps the field's path to its complaints."""

    status = 422

    def __init__(self, code: str, message: str, fields: Mapping[str, Sequence[str]], *, fix: str = "") -> None:
        super().__init__(code, message, fix=fix)
        self.fields = {k: tuple(v) for k, v in fields.items()}


class Unauthenticated(CrmflowError):
    """We do not know who is asking."""

    status = 401


class Forbidden(CrmflowError):
    """We know who is asking; they may not."""

    status = 403


class NotFound(CrmflowError):
    """No such thing, or not for this person."""

    status = 404


class Hidden(NotFound):
    """There is such a thing, and this person may not know: to them it is not there, in the audit they tried."""


class Conflict(CrmflowError):
    """Somebody was first, or the thing is in another state."""

    status = 409


class Stale(Conflict):
    """The revision in If-Match is not the present one."""

    status = 412


class TooMany(CrmflowError):
    """A rate or size limit was reached."""

    status = 429


class ExpressionError(CrmflowError):
    """FEEL that cannot be read, or that left its bounds."""

    status = 422


class RunError(CrmflowError):
    """An instance could not go on; becomes an incident that a person can see and retry."""

    status = 500


class Unavailable(CrmflowError):
    """Something crmflow depends on does not answer."""

    status = 503


def since_of(error: CrmflowError) -> tuple[str, str]:
    """Who was first, and when, as an error tells it; empty where it does not."""
    return str(error.context.get("by") or ""), str(error.context.get("at") or "")
