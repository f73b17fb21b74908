"""Tokens let a program act as an account. The database knows only their hashes."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from app.accounts.tables import Account, ApiToken
from app.admin import service as audit
from app.db import lock
from app.errors import NotFound, TooManyTokens

PREFIX: Final = "lineage_"
"""So that people and scanners of leaked secrets know what it is."""
MOST: Final = 20
NOTED: Final = timedelta(minutes=1)
"""How exactly the last use is known: not every request writes."""


def make(session: Session, account: Account, *, name: str, now: datetime) -> str:
    """The secret, to be shown once. Raises TooManyTokens."""
    lock(session, f"tokens:{account.id}")
    if len(listed(session, account.id)) >= MOST:
        raise TooManyTokens(most=MOST)
    secret = PREFIX + secrets.token_urlsafe(32)
    session.add(ApiToken(account_id=account.id, name=name[:64], sha256=_hash(secret), created_at=now))
    session.flush()
    audit.record(session, by=f"account:{account.name}", act="token.create", on=name, now=now)
    return secret


def listed(session: Session, account_id: int) -> list[ApiToken]:
    """Those that count, newest first."""
    mine = select(ApiToken).where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
    return list(session.scalars(mine.order_by(ApiToken.id.desc())))


def revoke(session: Session, account: Account, token_id: int, *, now: datetime) -> None:
    """From now on it is nobody's. Raises NotFound for another's, or one that was revoked before."""
    ended = session.execute(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.account_id == account.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    assert isinstance(ended, CursorResult)
    if ended.rowcount != 1:
        raise NotFound()
    name = session.get_one(ApiToken, token_id).name
    audit.record(session, by=f"account:{account.name}", act="token.revoke", on=name, now=now)


def find(session: Session, secret: str) -> tuple[ApiToken, Account] | None:
    """None: unknown, revoked, or of a disabled account."""
    found = session.execute(
        select(ApiToken, Account)
        .join(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.sha256 == _hash(secret), ApiToken.revoked_at.is_(None), Account.disabled_at.is_(None))
    ).first()
    return (found[0], found[1]) if found else None


def is_noted(token: ApiToken, *, now: datetime) -> bool:
    """Whether its last use is known well enough."""
    return token.used_at is not None and now - token.used_at < NOTED


def note_use(session: Session, token_id: int, *, now: datetime) -> None:
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))


def _hash(secret: str) -> str:
    """Random enough that it needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
