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
    """None when the account or this session of it no longer exists."""
    number, _, session_key = key.partition(":")
    with here().database.read() as db:
        account = db.get(Account, int(number)) if number.isdecimal() else None
    if account is None or not secrets.compare_digest(account.session_key, session_key):
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


def is_admin() -> bool:
    return bool(current_user.is_authenticated and current_user.account.role == "admin")


def labeller() -> str:
    """Who a label is recorded for."""
    return f"account:{current_user.account.name}" if current_user.is_authenticated else current_owner()
