"""``train``: a model from lossless masters."""

import argparse

from ml.training.genre import train_genre
from ml.training.quality import train_quality


def run(asked: argparse.Namespace) -> int:
    """Goes on where a stopped run was; writes the artifact and its table."""
    if asked.suite == "genre":
        train_genre(seed=asked.seed, output=asked.output, table=asked.table)
        return 0
    train_quality(
        per_class=asked.per_class, seed=asked.seed, jobs=asked.jobs, output=asked.output, table=asked.table
    )
    return 0
