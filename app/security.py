"""Headers, forged requests, and too many of them."""

from typing import Final

from flask import Flask, Request, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

from app.config import Settings
from app.errors import ForeignOrigin

_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # result links are secrets; they must not leak to other sites
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SAFE: Final = {"GET", "HEAD", "OPTIONS"}

csrf = CSRFProtect()
limiter = Limiter(get_remote_address)


def init_app(app: Flask, *, settings: Settings) -> None:
    """Headers on every answer, and the limiter for routes to use."""
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https:"),
        SESSION_COOKIE_NAME="lineage",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page may stay open for days
        RATELIMIT_STORAGE_URI=settings.redis_url or "memory://",
        RATELIMIT_SWALLOW_ERRORS=True,  # without Redis we serve without limits
    )
    app.after_request(_add_headers)
    limiter.init_app(app)


def bearer(asked: Request | None = None) -> str | None:
    """The token that a program sends to the API. Such a request has no cookie: one that came along is not read."""
    asked = asked or request
    kind, _, token = asked.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and asked.path.startswith("/api/") else None


def refuse_foreign_origin() -> None:
    """For routes without a form token. Raises ForeignOrigin.

    A browser says where a request comes from; other clients carry no cookie that a foreign page could use,
    and a foreign page knows no token.
    """
    if request.method in SAFE or bearer() is not None:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        foreign = origin is not None and origin.rstrip("/") != request.host_url.rstrip("/")
    if foreign:
        raise ForeignOrigin()


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store" if request.path != "/" else "no-cache")
    return response
