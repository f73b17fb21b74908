"""Reading a recording's lineage from its samples. Usable alone: no web, no database.

The public face is :func:`ml.analysis.analyse`; see also :mod:`ml.training` and :mod:`ml.evaluation`. Nothing is
imported here, so that light parts (``ml.words``, ``ml.errors``) stay light.
"""
