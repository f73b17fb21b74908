"""How far people agree beyond chance: Krippendorff's alpha for names without an order.

K. Krippendorff, Computing Krippendorff's Alpha-Reliability, University of Pennsylvania, 2011.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.labels.tables import Label


@dataclass(frozen=True, slots=True)
class Agreement:
    """1: always agree; 0: as by chance. None: too little to say, or only one class was ever named."""

    alpha: float | None
    units: int
    """Songs that at least two people have labelled."""
    values: int
    """Labels on those."""


def alpha(units: Iterable[Sequence[str]]) -> Agreement:
    """``units``: for each song what each person said about it.

    >>> alpha([["a", "a"], ["b", "b"], ["a", "a", "b"]]).alpha
    0.5
    >>> alpha([["a"], ["a", "a"]]).alpha is None
    True
    """
    pairable = [Counter(values) for values in units if len(values) >= 2]
    totals: Counter[str] = sum(pairable, Counter())
    n = totals.total()
    differ = sum(
        (m * m - sum(k * k for k in unit.values())) / (m - 1) for unit in pairable if (m := unit.total())
    )
    by_chance = (n * n - sum(k * k for k in totals.values())) / (n - 1) if n else 0.0
    value = round(1 - differ / by_chance, 6) if by_chance else None
    return Agreement(value, len(pairable), n)


def of_task(session: Session, task: str, *, blind: bool = False) -> Agreement:
    """Of everybody's last words; ``blind``: only of those given without seeing the model's answer."""
    last = select(func.max(Label.id)).where(Label.task == task).group_by(Label.submission_id, Label.by)
    said = select(Label.submission_id, Label.label).where(Label.id.in_(last), Label.label.is_not(None))
    units: dict[str, list[str]] = {}
    for submission_id, label in session.execute(said.where(Label.blind) if blind else said):
        units.setdefault(submission_id, []).append(str(label))
    return alpha(units.values())
