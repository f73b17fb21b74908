"""Passwords and accounts."""

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.errors import Conflict

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))


def create_admin(session: Session, *, name: str, now: datetime) -> str:
    """A new admin's password, shown once. Raises Conflict when the name is taken."""
    if session.scalar(select(Account).where(Account.name == name)):
        raise Conflict()
    password = secrets.token_urlsafe(15)
    session.add(
        Account(
            name=name,
            role="admin",
            password_hash=_hasher.hash(password),
            session_key=secrets.token_hex(16),
            created_at=now,
        )
    )
    session.flush()
    return password


def has_admin(session: Session) -> bool:
    return session.scalar(select(Account.id).where(Account.role == "admin").limit(1)) is not None


def check_password(session: Session, *, name: str, password: str) -> Account | None:
    """None: no such account or wrong password, which take the same time."""
    account = session.scalar(select(Account).where(Account.name == name))
    try:
        _hasher.verify(account.password_hash if account else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return account
