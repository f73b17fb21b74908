"""An import may only go down. The layers stand here, lowest first, as in the design.

``*`` stands for one name. A module that fits no line fails a test: give it a place.
"""

import re
import subprocess
import sys
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.imports import Import, part, read, top

LIGHT = [
    "ml.errors",
    "ml.answer",
    "ml.words",
    "ml.ribbon",
    "ml.intervals",
    "ml.gate",
    "ml.quality.classes",
    "ml.genre.classes",
    "ml.spectrogram.colormap",
]
"""These import nothing of weight, so the web process may use them."""

ASKING = ["app.accounts.tokens", "app.accounts.session", "app.accounts.rights"]
"""Who asks, and what they may."""

_TEXT = f"""
{" ".join(LIGHT)}
ml.units
ml.stft ml.sandbox ml.calibration
ml.decode ml.spectrogram ml.features ml.forensics ml.encode
ml.quality ml.genre ml.facts ml.dataset ml.artifact ml.corpus
ml.crossval
ml.training ml.evaluation ml.experiments
ml.tasks
ml.retraining
ml.analysis ml.examples
ml
ml.__main__ ml.cli
app app.*
app.db
app.storage app.jobs app.jobs.service app.storage.service app.*.tables
app.admin.service app.admin.switches
app.schema app.migrate app.security app.context
app.*.service app.labels.decisions app.labels.agreement app.registry.loader app.submissions.answer {" ".join(ASKING)}
app.admin.figures app.admin.words app.submissions.analyst app.submissions.intake app.submissions.schemas
app.retraining app.retraining.service
app.labels.review app.labels.learnt app.labels.conflicts app.labels.standing app.exchange.importing app.exchange.exporting
app.pages.present app.pages.table app.exchange.report
app.labels.screen
app.*.tasks app.*.forms app.*.views app.*.api app.http_errors app.exchange.commands
app.cli
app.factory
wsgi
"""
LAYERS = [line.split() for line in _TEXT.strip().splitlines()]

MAY_COMPUTE = {
    "app.admin.tasks",
    "app.submissions.tasks",
    "app.retraining.service",
    "app.retraining.songs",
    "app.retraining.store",
    "app.registry.loader",
    "app.lab.service",
    "app.http_errors",
}
"""Of the application, only these import what is heavy in ``ml``."""

HEAVY = {
    "numpy",
    "scipy",
    "librosa",
    "sklearn",
    "skimage",
    "numba",
    "lightgbm",
    "onnxruntime",
    "av",
    "soundfile",
    "PIL",
}
ML_STANDS_ON = HEAVY | {"joblib", "llvmlite", "mutagen", "soxr", "rich", "threadpoolctl"}

MODULES, IMPORTS = read(Path(__file__).resolve().parent.parent)
OWN = [one for one in IMPORTS if one.imported in MODULES]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_module_has_its_place(module: str) -> None:
    assert _layer(module) is not None, f"{module} fits no line of LAYERS"


def test_an_import_only_goes_down() -> None:
    assert [str(one) for one in OWN if _goes_up(one)] == []


def test_no_two_parts_import_each_other() -> None:
    graph = defaultdict(set)
    for one in OWN:
        if _unit(one.importer) != _unit(one.imported):
            graph[_unit(one.importer)].add(_unit(one.imported))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_ml_knows_only_science() -> None:
    allowed = sys.stdlib_module_names | ML_STANDS_ON | {"ml"}
    strangers = [one for one in IMPORTS if top(one.importer) == "ml" and top(one.imported) not in allowed]
    assert [str(one) for one in strangers] == []


def test_few_modules_of_the_application_compute() -> None:
    used = [one for one in OWN if top(one.importer) == "app" and top(one.imported) == "ml"]
    forbidden = [one for one in used if one.imported not in LIGHT and one.importer not in MAY_COMPUTE]
    assert [str(one) for one in forbidden] == []


def test_services_and_tables_know_no_flask() -> None:
    deep = [one for one in IMPORTS if re.search(r"\.(service|tables)$|^app\.(jobs|storage)", one.importer)]
    assert deep
    assert [str(one) for one in deep if top(one.imported).startswith("flask")] == []


@pytest.mark.parametrize("module", [*(name for name in LIGHT if name in MODULES), "wsgi"])
def test_what_the_web_process_imports_is_light(module: str, root: Path, tmp_path: Path) -> None:
    program = f"import sys, {module}; print([name for name in {sorted(HEAVY)} if name in sys.modules])"
    environment = {"PATH": "/usr/bin:/bin", "LINEAGE_STATE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def _goes_up(one: Import) -> bool:
    """Inside one part everything may import everything; a package's own face is no layer above it."""
    low, high = _layer(one.imported), _layer(one.importer)
    same = part(one.imported) == part(one.importer) and top(one.imported) == "ml"
    return not same and (low is None or high is None or low > high)


def _unit(module: str) -> str:
    """What must be free of cycles: a light module by itself, a part of ``ml``, a module of ``app``."""
    return part(module) if top(module) == "ml" and module not in LIGHT else module


def _layer(module: str) -> int | None:
    """Of the line whose pattern fits the most of the name."""
    fits = [
        (len(pattern.split(".")) - ("*" in pattern) / 2, level)
        for level, layer in enumerate(LAYERS)
        for pattern in layer
        if _fits(pattern, module)
    ]
    return max(fits)[1] if fits else None


def _fits(pattern: str, module: str) -> bool:
    """``ml`` and ``app`` stand for themselves alone, other names for all that is in them."""
    rest = "" if "." not in pattern else r"(\..+)?"
    return re.fullmatch(re.escape(pattern).replace(r"\*", r"[^.]+") + rest, module) is not None


@pytest.mark.parametrize(
    ("importer", "imported", "wrong"),
    [
        ("ml.decode.probe", "ml.errors", False),
        ("ml.stft", "ml.decode", True),
        ("ml.features.timbre", "ml.quality.verdict", True),
        ("ml.features.timbre", "ml.quality.classes", False),
        ("ml.training", "app.db", True),
        ("app.labels.tables", "app.db", False),
        ("app.labels.tables", "app.labels.service", True),
        ("app.labels.service", "app.labels.views", True),
        ("app.labels.views", "app.labels.service", False),
        ("app.labels.service", "wsgi", True),
    ],
)
def test_the_rule_itself(importer: str, imported: str, wrong: bool) -> None:
    assert _goes_up(Import(importer, imported, 1)) is wrong
