"""Who sent this request: the cookie's owner, and perhaps somebody who logged in."""

import secrets
from dataclasses import dataclass

from flask import session
from flask_login import LoginManager, UserMixin, current_user

from app.accounts.tables import Account
from app.context import here

logins = LoginManager()
logins.login_view = "accounts.login"
logins.login_message = "Please log in first."


@dataclass(frozen=True, slots=True)
class User(UserMixin):  # type: ignore[misc]
    """An account as Flask-Login sees it."""

    account: Account

    def get_id(self) -> str:
        return f"{self.account.id}:{self.account.session_key}"


@logins.user_loader  # type: ignore[untyped-decorator]
def load(key: str) -> User | None:
    """None when the account or this session of it no longer exists, or the account was disabled."""
    number, _, session_key = key.partition(":")
    with here().database.read() as db:
        account = db.get(Account, int(number)) if number.isdecimal() else None
    if account is None or account.disabled_at is not None:
        return None
    if not secrets.compare_digest(account.session_key, session_key):
        return None
    return User(account)


def current_owner() -> str:
    """Id of this browser, from its signed cookie; a new one gets one."""
    if "owner" not in session:
        session["owner"] = secrets.token_hex(16)
        session.permanent = True
    return str(session["owner"])


def known_owner() -> str | None:
    """The same, without giving one to those who only read."""
    return session.get("owner")


def account() -> Account | None:
    """Of whoever logged in, or of a program's token."""
    return current_user.account if current_user.is_authenticated else None


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
