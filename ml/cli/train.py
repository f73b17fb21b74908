"""``train``: a model from lossless masters."""

import argparse

from ml.training import train_quality


def run(asked: argparse.Namespace) -> int:
    """Goes on where a stopped run was; writes the artifact and its table."""
    train_quality(
        per_class=asked.per_class, seed=asked.seed, jobs=asked.jobs, output=asked.output, table=asked.table
    )
    return 0
