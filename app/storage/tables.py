"""Which submission uses which blob. A blob that no row names is an orphan."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class StoredBlob(Base):
    """One use of a blob; the same bytes may be used by several submissions."""

    __tablename__ = "stored_blob"

    submission_id: Mapped[str] = mapped_column(
        ForeignKey("submission.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    """original, picture, spectrogram-L, -R, -M, -S, card."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int]
