"""Who sent this request: the cookie's owner, perhaps somebody who logged in, or a program with a token."""

import secrets
from dataclasses import dataclass
from typing import Any

from flask import Flask, Request, Response, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user

from app.accounts import tokens
from app.accounts.tables import Account
from app.context import here
from app.db import utcnow
from app.security import bearer

logins = LoginManager()


@dataclass(frozen=True, slots=True)
class User(UserMixin):  # type: ignore[misc]
    """An account as Flask-Login sees it."""

    account: Account

    def get_id(self) -> str:
        return f"{self.account.id}:{self.account.session_key}"


class _Sessions(SecureCookieSessionInterface):
    """A program with a token neither sends nor gets a cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return self.session_class() if bearer(request) is not None else super().open_session(app, request)

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if bearer() is None:
            super().save_session(app, session, response)


def init_app(app: Flask) -> None:
    app.session_interface = _Sessions()
    logins.init_app(app)


@logins.user_loader  # type: ignore[untyped-decorator]
def load(key: str) -> User | None:
    """None when the account or this session of it no longer exists, or the account was disabled."""
    number, _, session_key = key.partition(":")
    with here().database.read() as db:
        found = db.get(Account, int(number)) if number.isdecimal() else None
    if found is None or found.disabled_at is not None:
        return None
    return User(found) if secrets.compare_digest(found.session_key, session_key) else None


@logins.request_loader  # type: ignore[untyped-decorator]
def load_bearer(request: Request) -> User | None:
    """None: no token, or one that counts no longer."""
    secret, now = bearer(request), utcnow()
    if secret is None:
        return None
    with here().database.read() as db:
        found = tokens.find(db, secret)
    if found is None:
        return None
    token, owner = found
    if not tokens.is_noted(token, now=now):
        with here().database.write() as db:
            tokens.note_use(db, token.id, now=now)
    return User(owner)


def current_owner() -> str:
    """Id of this browser, from its signed cookie; a new one gets one. Of a program: its account's."""
    if bearer() is not None:
        return known_owner() or ""
    if "owner" not in session:
        session["owner"] = secrets.token_hex(16)
        session.permanent = True
    return str(session["owner"])


def known_owner() -> str | None:
    """The same, without giving one to those who only read."""
    if bearer() is not None:
        found = account()
        return f"account:{found.id}" if found else None
    return session.get("owner")


def account() -> Account | None:
    """Of whoever logged in, or of a program's token."""
    return current_user.account if current_user.is_authenticated else None


def my_account() -> Account:
    """Behind ``@needs("member")``, where there is one."""
    found = account()
    assert found is not None
    return found


def role() -> str | None:
    """One of ROLES; None: nobody logged in."""
    found = account()
    return found.role if found else None


def is_admin() -> bool:
    return role() == "admin"


def is_reviewer() -> bool:
    """Admins are reviewers, too."""
    return role() in ("reviewer", "admin")


def labeller() -> str:
    """Who a label or an act is recorded for: ``account:<name>``, or the owner id of the cookie."""
    found = account()
    return f"account:{found.name}" if found else current_owner()
