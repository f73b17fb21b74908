"""From lossless masters to labelled examples of what sound goes through::

    from ml.corpus import masters, plan, realise
    examples = plan(masters(), per_class=300, seed=1)
    y, sr = realise(examples[0])

Examples are plain picklable records: spread them over processes, cache by ``example.id``, split by
``example.supergroup``. Nothing but the sound itself tells the label: lengths, rates, depths, levels,
trims and treatments are drawn alike for every class.
"""

from ml.corpus.masters import Master, data_folder, load, masters
from ml.corpus.plan import Example, plan, worst
from ml.corpus.realise import excerpt, kbps_spent, realise
from ml.corpus.spent import as_spent, is_averaged

__all__ = [
    "Example",
    "Master",
    "as_spent",
    "data_folder",
    "excerpt",
    "is_averaged",
    "kbps_spent",
    "load",
    "masters",
    "plan",
    "realise",
    "worst",
]
