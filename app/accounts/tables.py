"""People with a password. Anonymous senders have no row, only a signed cookie."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base

ROLES: Final = ("member", "reviewer", "admin")
"""Each may do all that the ones before it may."""


class Account(Base):
    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    """One of ROLES."""
    password_hash: Mapped[str] = mapped_column(String(200))
    session_key: Mapped[str] = mapped_column(String(32))
    """Part of the login cookie; a new one ends all sessions."""
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    """Since then nobody can log in with it."""


class ApiToken(Base):
    """Lets a program act as an account."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))
    """What its owner calls it."""
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the token, which is shown once and kept nowhere."""
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
