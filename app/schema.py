"""All tables in one place, for migrations and for tests that compare them with the migrated schema."""

from app.accounts.tables import Account
from app.db import Base
from app.jobs.tables import Job
from app.labels.tables import Label
from app.registry.tables import ModelAlias, ModelVersion, Promotion
from app.storage.tables import StoredBlob
from app.submissions.tables import Prediction, Submission

metadata = Base.metadata

__all__ = [
    "Account",
    "Job",
    "Label",
    "ModelAlias",
    "ModelVersion",
    "Prediction",
    "Promotion",
    "StoredBlob",
    "Submission",
    "metadata",
]
