"""A model file is believed only byte for byte."""

import json
import shutil

import numpy as np
import pytest

from ml import artifact
from ml.dataset import Table
from ml.errors import ModelMismatch, ModelTampered
from ml.evaluation import TABLE

KEY = b"a key of this test"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "model"
    manifest = {"task": "quality", "version": "7", "classes": ["a", "b"], "feature_version": "quality-1-x"}
    artifact.save(path, estimator={"weights": list(range(200))}, manifest=manifest)
    artifact.sign(path, key=KEY)
    return path


def test_what_was_saved_is_loaded(folder):
    loaded = artifact.load(folder, key=KEY)
    assert loaded.estimator == {"weights": list(range(200))}
    assert (loaded.task, loaded.version, loaded.classes) == ("quality", "7", ("a", "b"))
    assert loaded.manifest["libraries"]["numpy"]


@pytest.mark.parametrize("name", [artifact.MODEL, artifact.MANIFEST, artifact.SIGNATURE])
def test_every_flipped_byte_is_refused_before_unpickling(folder, name, monkeypatch):
    monkeypatch.setattr(artifact.joblib, "load", lambda *_: pytest.fail("unpickled"))
    path = folder / name
    good = path.read_bytes()
    for i in range(len(good.rstrip(b"\n"))):
        path.write_bytes(good[:i] + bytes([good[i] ^ 0x55]) + good[i + 1 :])
        with pytest.raises(ModelTampered):
            artifact.load(folder, key=KEY)


@pytest.mark.parametrize("name", [artifact.MODEL, artifact.MANIFEST, artifact.SIGNATURE])
def test_truncated_or_missing_is_refused(folder, name):
    path = folder / name
    good = path.read_bytes().rstrip(b"\n")
    for length in (0, 1, len(good) // 2, len(good) - 1):
        path.write_bytes(good[:length])
        with pytest.raises(ModelTampered):
            artifact.load(folder, key=KEY)
    path.unlink()
    with pytest.raises(ModelTampered):
        artifact.load(folder, key=KEY)


def test_anothers_key_is_refused(folder):
    with pytest.raises(ModelTampered):
        artifact.load(folder, key=b"another")


def test_two_models_cannot_swap_parts(folder, tmp_path):
    other = tmp_path / "other"
    artifact.save(other, estimator=[1, 2, 3], manifest=json.loads((folder / artifact.MANIFEST).read_text()))
    artifact.sign(other, key=KEY)
    shutil.copy(other / artifact.MODEL, folder / artifact.MODEL)
    with pytest.raises(ModelTampered):
        artifact.load(folder, key=KEY)


def test_another_protocol_is_said(folder, monkeypatch):
    monkeypatch.setattr(artifact, "PROTOCOL", 2)
    with pytest.raises(ModelMismatch):
        artifact.load(folder, key=KEY)


def test_the_shipped_model_is_whole():
    loaded = artifact.load_shipped("quality")
    assert loaded.estimator.spec.id == loaded.feature_version
    table = Table.load(TABLE)
    table = table.rows(np.arange(0, len(table), 50))
    proba = loaded.estimator.predict_proba(table.X)  # fails when the code has moved on without the pickle
    assert (np.array(loaded.classes)[proba.argmax(axis=1)] == table.labels).mean() > 0.9


def test_a_changed_shipped_model_is_refused(tmp_path, monkeypatch):
    copy = tmp_path / "shipped"
    shutil.copytree(artifact.SHIPPED, copy, ignore=shutil.ignore_patterns("*.npz"))
    monkeypatch.setattr(artifact, "SHIPPED", copy)
    monkeypatch.setattr(artifact, "SUMS", copy / "SHA256SUMS")
    artifact.load_shipped("quality")
    manifest = copy / "quality" / artifact.MANIFEST
    manifest.write_text(manifest.read_text().replace('"task"', '"tusk"', 1))
    with pytest.raises(ModelTampered):
        artifact.load_shipped("quality")
