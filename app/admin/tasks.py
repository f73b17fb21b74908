"""Drift: whether what people send still looks like what the champion has learnt from. Workers measure it.

Of each measurement the 1st and 99th percentile of the shipped training table are known; of the newest answers,
the share outside is counted. Rows like those of the table have about 2 % outside.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.admin.figures import DRIFT
from app.admin.tables import Figure
from app.db import Database
from app.registry import service as registry
from app.submissions.tables import Prediction
from ml.artifact import SHIPPED
from ml.dataset import Table

NEWEST: Final = 200
FEWEST: Final = 20
"""Of fewer answers a share says nothing."""
WORST: Final = 8
EVERY: Final = timedelta(minutes=5)

Bounds = tuple[tuple[str, ...], NDArray[np.float32]]


def measure_drift(database: Database, *, now: datetime) -> bool:
    """Keep the figure of now; False: somebody has just done so, or nothing is new."""
    with database.read() as session:
        kept = session.get(Figure, DRIFT)
        newest = session.scalar(select(func.max(Prediction.id)))
        fresh = kept is not None and (now - kept.at < EVERY or kept.value["newest"] == newest)
        if newest is None or fresh:
            return False
        tasks = {task: _drift(session, task, version.feature_version)
                 for task, version in registry.champions(session).items()}  # fmt: skip
    with database.write() as session:
        session.merge(Figure(name=DRIFT, value={"newest": newest, "tasks": tasks}, at=now))
    return True


def outside(features: list[Mapping[str, Any]], bounds: Bounds) -> dict[str, Any]:
    """n, the mean share outside, and the measurements that are outside most often."""
    names, limits = bounds
    values = np.array([[row.get(name) for name in names] for row in features], dtype=np.float32)
    values = np.clip(values, -60000, 60000).astype(np.float16)  # as the table keeps them
    known = np.isfinite(values)
    beyond = known & ((values < limits[0]) | (values > limits[1]))
    share = beyond.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    worst = np.argsort(-share, kind="stable")[:WORST]
    return {
        "n": len(features),
        "share": round(float(beyond.sum() / max(known.sum(), 1)), 4),
        "worst": [[names[i], round(float(share[i]), 3)] for i in worst if share[i] > 0],
    }


def _drift(session: Session, task: str, feature_version: str) -> dict[str, Any]:
    bounds = _bounds(task, feature_version)
    rows = session.scalars(
        select(Prediction.features)
        .where(Prediction.task == task, Prediction.feature_version == feature_version)
        .order_by(Prediction.id.desc())
        .limit(NEWEST)
    )
    features = list(rows) if bounds else []
    if bounds is None or len(features) < FEWEST:
        return {"n": len(features), "share": None, "worst": []}
    return outside(features, bounds)


@cache
def _bounds(task: str, feature_version: str) -> Bounds | None:
    """None: no table of these features came with the code."""
    path = SHIPPED / task / "table.npz"
    table = Table.load(path, task=task) if path.is_file() else None
    if table is None or table.spec.id != feature_version:
        return None
    return table.spec.names, bounds_of(table.X)


def bounds_of(X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shape (2, d): 1st and 99th percentile of each column, without what could not be measured."""
    columns = [column[np.isfinite(column)] for column in X.T]
    limits = [np.percentile(c, [1, 99]) if len(c) else np.array([-np.inf, np.inf]) for c in columns]
    return np.array(limits, dtype=np.float32).T.astype(np.float16)
