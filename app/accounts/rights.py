"""Who may do what: each view says what it needs, and what says nothing is refused.

``@needs("reviewer")`` stands right under the route. "anyone" and "owner" let everybody in; with
"owner" the service compares the row with who asks. The three roles include each other.
"""

import logging
from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar, get_args

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.session import role
from app.accounts.tables import ROLES
from app.context import here
from app.errors import LoginNeeded, NotAllowed, ReadOnly
from app.security import SAFE, bearer

log = logging.getLogger(__name__)

Need = Literal["anyone", "owner", "member", "reviewer", "admin"]
View = TypeVar("View", bound=Callable[..., Any])
_MARK: Final = "lineage_needs"
_OTHERS: Final[dict[str, Need]] = {"static": "anyone", "openapi.spec": "anyone"}
"""Views that aren't ours to mark."""

_ALWAYS: Final = {"accounts.login", "accounts.logout"}
"""What may be sent to a site that is read-only, besides what admins do."""


def needs(what: Need) -> Callable[[View], View]:
    """Marks a view. Decorators above it carry the mark on."""
    assert what in get_args(Need), what

    def mark(view: View) -> View:
        setattr(view, _MARK, what)
        return view

    return mark


def need_of(app: Flask, endpoint: str) -> Need | None:
    """None: nobody said, so nobody may."""
    found: Need | None = getattr(app.view_functions.get(endpoint), _MARK, None)
    return found or _OTHERS.get(endpoint)


def init_app(app: Flask) -> None:
    """After the check of forged forms, so that those learn nothing."""
    app.before_request(_check)


def _check() -> ResponseReturnValue | None:
    """Raises LoginNeeded, ReadOnly, NotAllowed."""
    if request.endpoint is None:
        return None  # no such address
    if bearer() is not None and role() is None:
        raise LoginNeeded()  # a token that counts no longer isn't taken for nobody's
    need = need_of(current_app, request.endpoint)
    if request.method not in SAFE and need != "admin" and request.endpoint not in _ALWAYS and _read_only():
        raise ReadOnly()
    if need in ("anyone", "owner"):
        return None
    if need is None:
        log.error("%s says nothing about who may use it", request.endpoint)
        raise NotAllowed(role="nobody")
    mine = role()
    if mine is None:
        return _ask_to_log_in()
    if ROLES.index(mine) < ROLES.index(need):
        raise NotAllowed(role=need)
    return None


def _read_only() -> bool:
    return bool(here().switches["read_only"])


def _ask_to_log_in() -> ResponseReturnValue:
    """A page leads to the login and back; everything else is told."""
    if request.method != "GET" or request.path.startswith("/api/"):
        raise LoginNeeded()
    return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
