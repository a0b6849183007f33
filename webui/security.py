"""What the browser is told: content policy, CSRF tokens, security headers."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()

#: No inline scripts and no eval. Style attributes are needed by the diagram and form libraries.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def harden(response: Response) -> Response:
    """Add the headers; a view may have set its own policy."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        # Pages hold customers' data: no shared cache keeps them, and a shared computer's back button asks anew.
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def set_up(app: Flask) -> None:
    """Attach CSRF protection and headers."""
    csrf.init_app(app)
    app.after_request(harden)
