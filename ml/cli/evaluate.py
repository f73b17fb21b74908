"""``evaluate``: how right a model is, on recordings it was not trained on."""

import argparse

from ml.evaluation import evaluate_quality


def run(asked: argparse.Namespace) -> int:
    """Prints the figures of a cross-validation by supergroup."""
    print(evaluate_quality(jobs=asked.jobs, seed=asked.seed))
    return 0
