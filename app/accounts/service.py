"""Accounts, their roles and passwords."""

import re
import secrets
from datetime import datetime
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.accounts.tables import ROLES, Account
from app.admin import service as audit
from app.db import lock
from app.errors import (
    BadName,
    Conflict,
    LastAdmin,
    NameTaken,
    NoAccount,
    UnknownRole,
    WeakPassword,
    WrongPassword,
)
from app.ids import unguessable

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{1,31}")
LEAST_PASSWORD: Final = 10
MOST_PASSWORD: Final = 200

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))


def create(session: Session, *, name: str, password: str, role: str, now: datetime) -> Account:
    """Raises BadName, WeakPassword, UnknownRole, NameTaken."""
    if not NAME.fullmatch(name):
        raise BadName(name=name[:40])
    _check_role(role)
    _check_strength(password, name=name)
    lock(session, f"account:{name}")
    if by_name(session, name) is not None:
        raise NameTaken(name=name)
    account = Account(
        name=name,
        role=role,
        password_hash=_hasher.hash(password),
        session_key=secrets.token_hex(16),
        created_at=now,
    )
    session.add(account)
    session.flush()
    return account


def sign_up(session: Session, *, name: str, password: str, now: datetime) -> Account:
    """A new member. Raises BadName, WeakPassword, NameTaken."""
    account = create(session, name=name, password=password, role="member", now=now)
    audit.record(session, by=f"account:{name}", act="account.sign_up", on=name, now=now)
    return account


def create_admin(session: Session, *, name: str, now: datetime) -> str:
    """A new admin's password, shown once. Raises BadName, NameTaken."""
    password = unguessable(bytes=15)
    create(session, name=name, password=password, role="admin", now=now)
    audit.record(session, by="command", act="account.create", on=name, facts={"role": "admin"}, now=now)
    return password


def has_admin(session: Session) -> bool:
    return session.scalar(select(Account.id).where(Account.role == "admin").limit(1)) is not None


def by_name(session: Session, name: str) -> Account | None:
    if "\0" in name:
        return None  # PostgreSQL wouldn't even ask
    return session.scalar(select(Account).where(Account.name == name))


def listed(
    session: Session, *, like: str = "", limit: int = 100, offset: int = 0
) -> tuple[list[Account], int]:
    """Those whose name begins so, admins and reviewers first, and how many there are."""
    wanted = Account.name.startswith(like, autoescape=True)
    rank = case({"admin": 0, "reviewer": 1}, value=Account.role, else_=2)
    rows = select(Account).where(wanted).order_by(rank, Account.name).limit(limit).offset(offset)
    total = session.scalar(select(func.count()).select_from(Account).where(wanted)) or 0
    return list(session.scalars(rows)), total


def check_password(session: Session, *, name: str, password: str) -> Account | None:
    """None: no such account, a disabled one or a wrong password, which take the same time."""
    account = by_name(session, name)
    try:
        _hasher.verify(account.password_hash if account else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return account if account and account.disabled_at is None else None


def change_password(session: Session, account_id: int, *, old: str, new: str, now: datetime) -> Account:
    """Ends all sessions; the one that asked goes on with the account returned. Raises WrongPassword, WeakPassword."""
    account = session.get_one(Account, account_id)
    if check_password(session, name=account.name, password=old) is None:
        raise WrongPassword()
    _check_strength(new, name=account.name)
    account.password_hash = _hasher.hash(new)
    audit.record(session, by=f"account:{account.name}", act="account.password", on=account.name, now=now)
    return end_sessions(session, account_id)


def end_sessions(session: Session, account_id: int) -> Account:
    """Whoever is logged in with it must log in again."""
    account = session.get_one(Account, account_id)
    account.session_key = secrets.token_hex(16)
    session.flush()
    return account


def set_role(
    session: Session, *, name: str, role: str, by: str, now: datetime, seen: str | None = None
) -> None:
    """``seen``: the role that was shown to whoever decides. Raises NoAccount, UnknownRole, LastAdmin, Conflict."""
    _check_role(role)
    account = _locked(session, name)
    old = account.role
    if old == role:
        return
    if seen not in (None, old):
        raise Conflict()
    _keep_an_admin(session, account)
    account.role = role
    audit.record(session, by=by, act="account.role", on=name, facts={"from": old, "to": role}, now=now)


def set_disabled(session: Session, *, name: str, disabled: bool, by: str, now: datetime) -> None:
    """Nobody can log in with it, and its sessions and tokens no longer count. Raises NoAccount, LastAdmin."""
    account = _locked(session, name)
    if disabled == (account.disabled_at is not None):
        return
    if disabled:
        _keep_an_admin(session, account)
    account.disabled_at = now if disabled else None
    account.session_key = secrets.token_hex(16)
    act = "account.disable" if disabled else "account.enable"
    audit.record(session, by=by, act=act, on=name, now=now)


def _locked(session: Session, name: str) -> Account:
    """All changes of roles wait for each other, so that two admins can't remove one another at once."""
    lock(session, "accounts")
    account = by_name(session, name)
    if account is None:
        raise NoAccount(name=name[:40])
    return account


def _keep_an_admin(session: Session, account: Account) -> None:
    if account.role != "admin" or account.disabled_at is not None:
        return
    others = select(func.count()).select_from(Account)
    others = others.where(Account.role == "admin", Account.disabled_at.is_(None), Account.id != account.id)
    if not session.scalar(others):
        raise LastAdmin(name=account.name)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise UnknownRole(role=role[:40], known=ROLES)


def _check_strength(password: str, *, name: str) -> None:
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD or password.lower() == name:
        raise WeakPassword(least=LEAST_PASSWORD)
