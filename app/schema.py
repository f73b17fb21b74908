"""All tables in one place, for migrations and for tests that compare them with the migrated schema."""

from app.accounts.tables import Account, ApiToken
from app.admin.tables import Act, Figure, Switch
from app.db import Base
from app.jobs.tables import Job
from app.labels.tables import Decision, Label, Skip
from app.registry.tables import ModelAlias, ModelVersion, Promotion
from app.retraining.tables import TrainingNote, TrainingRow, TrainingRun
from app.storage.tables import StoredBlob
from app.submissions.tables import Measurement, Prediction, Submission

metadata = Base.metadata

__all__ = [
    "Account",
    "Act",
    "ApiToken",
    "Decision",
    "Figure",
    "Job",
    "Label",
    "Measurement",
    "ModelAlias",
    "ModelVersion",
    "Prediction",
    "Promotion",
    "Skip",
    "StoredBlob",
    "Submission",
    "Switch",
    "TrainingNote",
    "TrainingRow",
    "TrainingRun",
    "metadata",
]
