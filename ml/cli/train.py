"""``train``: a model from lossless masters."""

import argparse

from ml.training import train_quality


def run(asked: argparse.Namespace) -> int:
    train_quality(per_class=asked.per_class, seed=asked.seed, jobs=asked.jobs, output=asked.output)
    return 0
